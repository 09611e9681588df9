"""Ready-made formats of Hadoop around a job: pairs come in, packed files go out."""

from mrjob.job import MRJob
from mrjob.protocol import RawProtocol, RawValueProtocol


class Formats(MRJob):
    HADOOP_INPUT_FORMAT = "org.apache.hadoop.mapred.KeyValueTextInputFormat"
    HADOOP_OUTPUT_FORMAT = "org.apache.hadoop.mapred.TextOutputFormat"
    JOBCONF = {  # noqa: RUF012 - mrjob's way to write it
        "mapreduce.output.fileoutputformat.compress": "true",
        "mapreduce.output.fileoutputformat.compress.codec": (
            "org.apache.hadoop.io.compress.GzipCodec"
        ),
        "mapreduce.input.keyvaluelinerecordreader.key.value.separator": "=",
    }
    INPUT_PROTOCOL = RawProtocol
    OUTPUT_PROTOCOL = RawValueProtocol

    def mapper(self, name, value):
        yield name, value

    def reducer(self, name, values):
        yield None, f"{name}: {', '.join(sorted(values))}"


if __name__ == "__main__":
    Formats.run()
