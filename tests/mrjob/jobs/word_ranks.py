"""Three steps; a combiner, counters, shipped word lists, values in order, a step without a mapper.

The words of a text by how often they occur, without those of two lists.
"""

from pathlib import Path

from mrjob.job import MRJob
from mrjob.step import MRStep


class WordRanks(MRJob):
    FILES = ["common_words.txt"]  # noqa: RUF012 - mrjob's way to write it

    def configure_args(self):
        super().configure_args()
        self.add_file_arg("--more-common-words")
        self.add_passthru_arg("--at-least", type=int, default=1)

    def steps(self):
        return [
            MRStep(
                mapper_init=self.read_lists,
                mapper=self.find_words,
                combiner=self.add_up,
                reducer=self.add_up,
                jobconf={"mapreduce.job.reduces": "3"},
            ),
            MRStep(mapper=self.by_count, reducer=self.in_order),
            MRStep(reducer=self.number_of_words),
        ]

    def read_lists(self):
        names = ["common_words.txt", self.options.more_common_words]
        texts = [Path(name).read_text() for name in names if name]
        self.common = {word for text in texts for word in text.split()}

    def find_words(self, _, line):
        for word in line.split():
            if word in self.common:
                self.increment_counter("words, all", "left out, too common", 1)
            else:
                yield word, 1
        self.set_status("reading")

    def add_up(self, word, counts):
        yield word, sum(counts)

    def by_count(self, word, count):
        if count >= self.options.at_least:
            yield count, word

    def in_order(self, count, words):
        self.increment_counter("ranks", "found")
        for place, word in enumerate(sorted(words)):
            yield count, [place, word]

    def number_of_words(self, count, words):
        yield count, sorted(words)


if __name__ == "__main__":
    WordRanks.run()
