"""Tells what a task finds around it: shipped files, unpacked archives, variables, its job."""

import os

from mrjob.compat import jobconf_from_env
from mrjob.job import MRJob


def text_of(path):
    with open(path) as file:
        return file.read().strip()


class Surroundings(MRJob):
    FILES = ["common_words.txt"]  # noqa: RUF012 - mrjob's way to write it

    def configure_args(self):
        super().configure_args()
        self.add_passthru_arg("--look-at", action="append", default=[])

    def mapper(self, _, line):
        yield line, 1

    def reducer(self, line, counts):
        yield line, sum(counts)

    def reducer_final(self):
        for path in self.options.look_at:
            yield path, text_of(path)
        yield "files", sorted(name for name in os.listdir(".") if name.endswith(".txt"))
        yield "GREETING", os.environ.get("GREETING")
        yield "FROM_SETUP", os.environ.get("FROM_SETUP")
        yield "reduces", jobconf_from_env("mapreduce.job.reduces")
        yield "own", jobconf_from_env("my.own.property")


if __name__ == "__main__":
    Surroundings.run()
