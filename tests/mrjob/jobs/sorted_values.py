"""Sorts by Hadoop's own means: SORT_VALUES, a partitioner, a comparator; plain text goes out."""

from itertools import pairwise

from mrjob.job import MRJob
from mrjob.protocol import RawProtocol
from mrjob.step import MRStep


class SortedValues(MRJob):
    SORT_VALUES = True
    INTERNAL_PROTOCOL = RawProtocol
    OUTPUT_PROTOCOL = RawProtocol

    def steps(self):
        return [
            MRStep(mapper=self.pairs, reducer=self.first_and_last),
            MRStep(
                mapper=self.by_length,
                reducer=self.as_they_come,
                jobconf={
                    "mapreduce.job.output.key.comparator.class": (
                        "org.apache.hadoop.mapreduce.lib.partition.KeyFieldBasedComparator"
                    ),
                    "mapreduce.partition.keycomparator.options": "-k1,1nr -k2",
                    "stream.num.map.output.key.fields": "2",
                    "mapreduce.job.reduces": "1",
                },
            ),
        ]

    def pairs(self, _, line):
        words = line.split()
        yield from pairwise(words)

    def first_and_last(self, word, following):
        # Hadoop ends a line that is a key as a whole with a TAB.
        words = [each.removesuffix("\t") for each in following]
        yield word, f"{words[0]} {words[-1]} {len(words)}"

    def by_length(self, word, about):
        yield str(len(word)), f"{word} {about}"

    def as_they_come(self, length, words):
        for word in words:
            yield length, word


if __name__ == "__main__":
    SortedValues.run()
