"""A mapper that gets a file of its own, downloaded and unpacked, for each input: mapper_raw."""

from mrjob.job import MRJob


class WholeFiles(MRJob):
    def mapper_raw(self, path, uri):
        with open(path, "rb") as file:
            content = file.read()
        name = uri.rpartition("/")[2]
        yield name, [len(content), content.count(b"\n")]
        if "boom" in name:
            raise ValueError("this file is bad")

    def reducer(self, name, found):
        yield name, list(found)


if __name__ == "__main__":
    WholeFiles.run()
