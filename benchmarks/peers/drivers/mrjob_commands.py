"""A job of mrjob whose mapper, reducer and combiner are the commands of its options."""

from __future__ import annotations

from typing import Any

from mrjob.job import MRJob


class Commands(MRJob):  # type: ignore[misc]
    """One step of commands, as ``--mapper``, ``--reducer`` and ``--combiner`` name them."""

    def configure_args(self) -> None:
        """Add the options for the commands and for the order of the values."""
        super().configure_args()
        for name in ("--mapper-line", "--reducer-line", "--combiner-line"):
            self.add_passthru_arg(name)
        self.add_passthru_arg("--sorted-values", action="store_true")

    def mapper_cmd(self) -> Any:
        """The command of the mapper."""
        return self.options.mapper_line

    def reducer_cmd(self) -> Any:
        """The command of the reducer."""
        return self.options.reducer_line

    def combiner_cmd(self) -> Any:
        """The command of the combiner, or None."""
        return self.options.combiner_line

    def sort_values(self) -> Any:
        """True if the values of each key come sorted."""
        return self.options.sorted_values


if __name__ == "__main__":
    Commands.run()
