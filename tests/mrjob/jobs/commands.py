"""Steps that are command lines: filters before a mapper and a reducer; commands alone."""

from mrjob.job import MRJob
from mrjob.step import MRStep


class Commands(MRJob):
    def steps(self):
        return [
            MRStep(
                mapper_pre_filter='grep -v "^#"',
                mapper=self.words,
                combiner_pre_filter="cat",
                combiner=self.total,
                reducer_pre_filter="grep -v skip",
                reducer=self.total,
            ),
            MRStep(mapper_cmd="tr a-z A-Z", reducer_cmd="sed 's/^/= /'"),
        ]

    def words(self, _, line):
        for word in line.split():
            yield word, 1

    def total(self, word, counts):
        yield word, sum(counts)


if __name__ == "__main__":
    Commands.run()
