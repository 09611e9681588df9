"""Fails in its reducer, at the line that says so, or not at all; counts until then."""

from mrjob.job import MRJob


class Failing(MRJob):
    def configure_args(self):
        super().configure_args()
        self.add_passthru_arg("--at", choices=["reducer", "end"], required=True)

    def mapper(self, _, line):
        self.increment_counter("lines", "mapped")
        yield line, 1

    def reducer(self, line, counts):
        if self.options.at == "reducer" and "boom" in line:
            raise ValueError(f"cannot reduce {line}")
        yield line, sum(counts)


if __name__ == "__main__":
    Failing.run()
