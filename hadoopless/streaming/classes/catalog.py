"""All public classes of Hadoop 3.3 that an option or a property of a streaming job may name.

A class in this catalog is one that Hadoop would find. It need not be supported here.
"""

from __future__ import annotations

from enum import Enum


class Interface(Enum):
    """A use that a class may be put to; the value is Hadoop's name for it."""

    MAPPER = "org.apache.hadoop.mapred.Mapper"
    REDUCER = "org.apache.hadoop.mapred.Reducer"
    INPUT_FORMAT = "org.apache.hadoop.mapred.InputFormat"
    OUTPUT_FORMAT = "org.apache.hadoop.mapred.OutputFormat"
    PARTITIONER = "org.apache.hadoop.mapred.Partitioner"
    RECORD_READER = "org.apache.hadoop.mapred.RecordReader"
    MAP_RUNNER = "org.apache.hadoop.mapred.MapRunnable"
    COMPARATOR = "org.apache.hadoop.io.RawComparator"
    CODEC = "org.apache.hadoop.io.compress.CompressionCodec"
    WRITABLE = "org.apache.hadoop.io.Writable"
    #: These belong to the other API: streaming jobs find such classes and cannot use them.
    NEW_MAPPER = "org.apache.hadoop.mapreduce.Mapper"
    NEW_REDUCER = "org.apache.hadoop.mapreduce.Reducer"
    NEW_INPUT_FORMAT = "org.apache.hadoop.mapreduce.InputFormat"
    NEW_OUTPUT_FORMAT = "org.apache.hadoop.mapreduce.OutputFormat"
    NEW_PARTITIONER = "org.apache.hadoop.mapreduce.Partitioner"
    NEW_RECORD_READER = "org.apache.hadoop.mapreduce.RecordReader"


_MAPRED = "org.apache.hadoop.mapred"
_NEW = "org.apache.hadoop.mapreduce.lib"
_STREAMING = "org.apache.hadoop.streaming"
_IO = "org.apache.hadoop.io"

_AGGREGATES = "ValueAggregatorMapper ValueAggregatorReducer ValueAggregatorCombiner"
_WRITABLES = "Text BytesWritable NullWritable LongWritable IntWritable"
_MORE_WRITABLES = "VLongWritable VIntWritable ObjectWritable MapWritable SortedMapWritable"
_NUMBERS = "BooleanWritable ByteWritable ShortWritable FloatWritable DoubleWritable MD5Hash UTF8"
_FILE_INPUTS = "TextInputFormat KeyValueTextInputFormat FixedLengthInputFormat"
_SEQUENCE_INPUTS = (
    "SequenceFileInputFormat SequenceFileAsTextInputFormat SequenceFileAsBinaryInputFormat"
    " SequenceFileInputFilter"
)
_SEQUENCE_OUTPUTS = "SequenceFileOutputFormat SequenceFileAsBinaryOutputFormat MapFileOutputFormat"
_COMBINE_INPUTS = "CombineTextInputFormat CombineSequenceFileInputFormat"
_PARTITIONERS = "HashPartitioner KeyFieldBasedPartitioner TotalOrderPartitioner BinaryPartitioner"

#: Interface -> package -> the names of its classes, without the package.
_TABLE: dict[Interface, dict[str, str]] = {
    Interface.MAPPER: {
        f"{_MAPRED}.lib": (
            "IdentityMapper InverseMapper TokenCountMapper RegexMapper"
            " FieldSelectionMapReduce ChainMapper DelegatingMapper"
        ),
        f"{_MAPRED}.lib.aggregate": _AGGREGATES,
        _STREAMING: "PipeMapper",
    },
    Interface.REDUCER: {
        f"{_MAPRED}.lib": ("IdentityReducer LongSumReducer FieldSelectionMapReduce ChainReducer"),
        f"{_MAPRED}.lib.aggregate": _AGGREGATES,
        _STREAMING: "PipeReducer PipeCombiner",
    },
    Interface.INPUT_FORMAT: {
        _MAPRED: f"{_FILE_INPUTS} {_SEQUENCE_INPUTS}",
        f"{_MAPRED}.lib": (f"NLineInputFormat {_COMBINE_INPUTS} DelegatingInputFormat"),
        f"{_MAPRED}.lib.db": "DBInputFormat",
        f"{_MAPRED}.join": "CompositeInputFormat",
        _STREAMING: "AutoInputFormat StreamInputFormat",
    },
    Interface.OUTPUT_FORMAT: {
        _MAPRED: f"TextOutputFormat {_SEQUENCE_OUTPUTS}",
        f"{_MAPRED}.lib": (
            "NullOutputFormat LazyOutputFormat FilterOutputFormat"
            " MultipleTextOutputFormat"
            " MultipleSequenceFileOutputFormat"
        ),
        f"{_MAPRED}.lib.db": "DBOutputFormat",
    },
    Interface.PARTITIONER: {
        f"{_MAPRED}.lib": _PARTITIONERS,
    },
    Interface.RECORD_READER: {
        _STREAMING: "StreamXmlRecordReader",
        _MAPRED: (
            "LineRecordReader KeyValueLineRecordReader"
            " SequenceFileRecordReader SequenceFileAsTextRecordReader"
            " FixedLengthRecordReader"
        ),
    },
    Interface.MAP_RUNNER: {
        _MAPRED: "MapRunner",
        f"{_MAPRED}.lib": "MultithreadedMapRunner",
        _STREAMING: "PipeMapRunner",
    },
    Interface.COMPARATOR: {
        f"{_MAPRED}.lib": "KeyFieldBasedComparator",
        f"{_NEW}.partition": "KeyFieldBasedComparator",
        _IO: (
            "WritableComparator Text$Comparator BytesWritable$Comparator"
            " LongWritable$Comparator LongWritable$DecreasingComparator"
            " IntWritable$Comparator ShortWritable$Comparator UTF8$Comparator"
            " ByteWritable$Comparator BooleanWritable$Comparator"
            " FloatWritable$Comparator DoubleWritable$Comparator"
            " NullWritable$Comparator MD5Hash$Comparator"
        ),
    },
    Interface.CODEC: {
        f"{_IO}.compress": (
            "DefaultCodec DeflateCodec GzipCodec BZip2Codec"
            " ZStandardCodec SnappyCodec Lz4Codec PassthroughCodec"
        ),
    },
    Interface.WRITABLE: {
        _IO: f"{_WRITABLES} {_MORE_WRITABLES} {_NUMBERS}",
        "org.apache.hadoop.typedbytes": "TypedBytesWritable",
    },
    Interface.NEW_MAPPER: {
        f"{_NEW}.map": (
            "InverseMapper RegexMapper TokenCounterMapper MultithreadedMapper WrappedMapper"
        ),
        f"{_NEW}.fieldsel": "FieldSelectionMapper",
        f"{_NEW}.aggregate": "ValueAggregatorMapper",
        f"{_NEW}.chain": "ChainMapper",
        f"{_NEW}.input": "DelegatingMapper",
        "org.apache.hadoop.mapreduce": "Mapper",
    },
    Interface.NEW_REDUCER: {
        f"{_NEW}.reduce": "IntSumReducer LongSumReducer WrappedReducer",
        f"{_NEW}.fieldsel": "FieldSelectionReducer",
        f"{_NEW}.aggregate": "ValueAggregatorReducer ValueAggregatorCombiner",
        f"{_NEW}.chain": "ChainReducer",
        "org.apache.hadoop.mapreduce": "Reducer",
    },
    Interface.NEW_INPUT_FORMAT: {
        f"{_NEW}.input": (
            f"{_FILE_INPUTS} NLineInputFormat"
            f" {_SEQUENCE_INPUTS} {_COMBINE_INPUTS}"
            " DelegatingInputFormat"
        ),
        f"{_NEW}.join": "CompositeInputFormat",
        f"{_NEW}.db": "DBInputFormat DataDrivenDBInputFormat",
        f"{_STREAMING}.mapreduce": "StreamInputFormat",
    },
    Interface.NEW_OUTPUT_FORMAT: {
        f"{_NEW}.output": (
            f"TextOutputFormat {_SEQUENCE_OUTPUTS}"
            " NullOutputFormat LazyOutputFormat"
            " FilterOutputFormat"
        ),
        f"{_NEW}.db": "DBOutputFormat",
    },
    Interface.NEW_PARTITIONER: {
        f"{_NEW}.partition": f"{_PARTITIONERS} RehashPartitioner",
    },
    Interface.NEW_RECORD_READER: {
        f"{_STREAMING}.mapreduce": "StreamXmlRecordReader",
    },
}


def _classes() -> dict[str, frozenset[Interface]]:
    found: dict[str, set[Interface]] = {}
    for interface, packages in _TABLE.items():
        for package, names in packages.items():
            for name in names.split():
                found.setdefault(f"{package}.{name}", set()).add(interface)
    return {name: frozenset(interfaces) for name, interfaces in found.items()}


#: Full name of a class -> what it implements; ``Outer$Inner`` for a class within another.
HADOOP_CLASSES = _classes()


def find_class(name: str, default_package: str | None = _STREAMING) -> str | None:
    """The full name of the class that *name* means to Hadoop, None when there is none.

    A name without a dot may be of *default_package* [StreamUtil.goodClassOrNull].
    """
    if name in HADOOP_CLASSES:
        return name
    full = f"{default_package}.{name}"
    return full if default_package and "." not in name and full in HADOOP_CLASSES else None


def implements(name: str, interface: Interface) -> bool:
    """True if *name* is a class of Hadoop that may be used as *interface* says."""
    return interface in HADOOP_CLASSES.get(name, ())
