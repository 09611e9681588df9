"""One job of the benchmarks, as a user in the repository types it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT


@dataclass(frozen=True, slots=True)
class Job:
    """The options of one ``coordinator.py`` run; paths as a user in the repository types them."""

    mapper: str
    reducer: str
    directory: Path
    reducers: int
    more: tuple[str, ...] = ()

    def options(self) -> list[str]:
        """The words of the command line behind the program."""
        return [
            f"--mapperPath={self.mapper}",
            f"--reducerPath={self.reducer}",
            f"--jobPath={shown(self.directory)}",
            f"--numReducers={self.reducers}",
            *self.more,
        ]

    def outputs(self) -> list[Path]:
        """The files that the job writes."""
        return [self.directory / f"{index}.out" for index in range(self.reducers)]

    def discard_outputs(self) -> None:
        """Remove all outputs in the job directory."""
        for path in self.directory.glob("*.out"):
            path.unlink()


def shown(path: Path) -> str:
    """*path* as it is typed in the repository."""
    return str(path.relative_to(ROOT) if path.is_relative_to(ROOT) else path)
