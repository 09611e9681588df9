"""The names of Hadoop's classes, and what each is good for.

All public classes of Hadoop 3.3 that an option or property of a streaming job may name. That a
class is here says that Hadoop would find it, not that it can be used here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What a class may be used as; the value is Hadoop's interface."""

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
    #: Of the other API. Streaming jobs find these and cannot use them.
    NEW_MAPPER = "org.apache.hadoop.mapreduce.Mapper"
    NEW_REDUCER = "org.apache.hadoop.mapreduce.Reducer"
    NEW_INPUT_FORMAT = "org.apache.hadoop.mapreduce.InputFormat"
    NEW_OUTPUT_FORMAT = "org.apache.hadoop.mapreduce.OutputFormat"
    NEW_PARTITIONER = "org.apache.hadoop.mapreduce.Partitioner"
    NEW_RECORD_READER = "org.apache.hadoop.mapreduce.RecordReader"


@dataclass(frozen=True, slots=True)
class JavaClass:
    """A class by its full name (``Outer$Inner`` for a class within another)."""

    full_name: str
    kinds: frozenset[Kind]


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

#: Kind, package, and names without it.
_TABLE: tuple[tuple[Kind, str, str], ...] = (
    (Kind.MAPPER, f"{_MAPRED}.lib", "IdentityMapper InverseMapper TokenCountMapper RegexMapper"),
    (Kind.MAPPER, f"{_MAPRED}.lib", "FieldSelectionMapReduce ChainMapper DelegatingMapper"),
    (Kind.MAPPER, f"{_MAPRED}.lib.aggregate", _AGGREGATES),
    (Kind.MAPPER, _STREAMING, "PipeMapper"),
    (Kind.REDUCER, f"{_MAPRED}.lib", "IdentityReducer LongSumReducer FieldSelectionMapReduce"),
    (Kind.REDUCER, f"{_MAPRED}.lib", "ChainReducer"),
    (Kind.REDUCER, f"{_MAPRED}.lib.aggregate", _AGGREGATES),
    (Kind.REDUCER, _STREAMING, "PipeReducer PipeCombiner"),
    (Kind.INPUT_FORMAT, _MAPRED, f"{_FILE_INPUTS} {_SEQUENCE_INPUTS}"),
    (Kind.INPUT_FORMAT, f"{_MAPRED}.lib", f"NLineInputFormat {_COMBINE_INPUTS}"),
    (Kind.INPUT_FORMAT, f"{_MAPRED}.lib", "DelegatingInputFormat"),
    (Kind.INPUT_FORMAT, f"{_MAPRED}.lib.db", "DBInputFormat"),
    (Kind.INPUT_FORMAT, f"{_MAPRED}.join", "CompositeInputFormat"),
    (Kind.INPUT_FORMAT, _STREAMING, "AutoInputFormat StreamInputFormat"),
    (Kind.OUTPUT_FORMAT, _MAPRED, f"TextOutputFormat {_SEQUENCE_OUTPUTS}"),
    (Kind.OUTPUT_FORMAT, f"{_MAPRED}.lib", "NullOutputFormat LazyOutputFormat FilterOutputFormat"),
    (Kind.OUTPUT_FORMAT, f"{_MAPRED}.lib", "MultipleTextOutputFormat"),
    (Kind.OUTPUT_FORMAT, f"{_MAPRED}.lib", "MultipleSequenceFileOutputFormat"),
    (Kind.OUTPUT_FORMAT, f"{_MAPRED}.lib.db", "DBOutputFormat"),
    (Kind.PARTITIONER, f"{_MAPRED}.lib", _PARTITIONERS),
    (Kind.RECORD_READER, _STREAMING, "StreamXmlRecordReader"),
    (Kind.RECORD_READER, _MAPRED, "LineRecordReader KeyValueLineRecordReader"),
    (Kind.RECORD_READER, _MAPRED, "SequenceFileRecordReader SequenceFileAsTextRecordReader"),
    (Kind.RECORD_READER, _MAPRED, "FixedLengthRecordReader"),
    (Kind.MAP_RUNNER, _MAPRED, "MapRunner"),
    (Kind.MAP_RUNNER, f"{_MAPRED}.lib", "MultithreadedMapRunner"),
    (Kind.MAP_RUNNER, _STREAMING, "PipeMapRunner"),
    (Kind.COMPARATOR, f"{_MAPRED}.lib", "KeyFieldBasedComparator"),
    (Kind.COMPARATOR, f"{_NEW}.partition", "KeyFieldBasedComparator"),
    (Kind.COMPARATOR, _IO, "WritableComparator Text$Comparator BytesWritable$Comparator"),
    (Kind.COMPARATOR, _IO, "LongWritable$Comparator LongWritable$DecreasingComparator"),
    (Kind.COMPARATOR, _IO, "IntWritable$Comparator ShortWritable$Comparator UTF8$Comparator"),
    (Kind.COMPARATOR, _IO, "ByteWritable$Comparator BooleanWritable$Comparator"),
    (Kind.COMPARATOR, _IO, "FloatWritable$Comparator DoubleWritable$Comparator"),
    (Kind.COMPARATOR, _IO, "NullWritable$Comparator MD5Hash$Comparator"),
    (Kind.CODEC, f"{_IO}.compress", "DefaultCodec DeflateCodec GzipCodec BZip2Codec"),
    (Kind.CODEC, f"{_IO}.compress", "ZStandardCodec SnappyCodec Lz4Codec PassthroughCodec"),
    (Kind.WRITABLE, _IO, f"{_WRITABLES} {_MORE_WRITABLES} {_NUMBERS}"),
    (Kind.WRITABLE, "org.apache.hadoop.typedbytes", "TypedBytesWritable"),
    (Kind.NEW_MAPPER, f"{_NEW}.map", "InverseMapper RegexMapper TokenCounterMapper"),
    (Kind.NEW_MAPPER, f"{_NEW}.map", "MultithreadedMapper WrappedMapper"),
    (Kind.NEW_MAPPER, f"{_NEW}.fieldsel", "FieldSelectionMapper"),
    (Kind.NEW_MAPPER, f"{_NEW}.aggregate", "ValueAggregatorMapper"),
    (Kind.NEW_MAPPER, f"{_NEW}.chain", "ChainMapper"),
    (Kind.NEW_MAPPER, f"{_NEW}.input", "DelegatingMapper"),
    (Kind.NEW_MAPPER, "org.apache.hadoop.mapreduce", "Mapper"),
    (Kind.NEW_REDUCER, f"{_NEW}.reduce", "IntSumReducer LongSumReducer WrappedReducer"),
    (Kind.NEW_REDUCER, f"{_NEW}.fieldsel", "FieldSelectionReducer"),
    (Kind.NEW_REDUCER, f"{_NEW}.aggregate", "ValueAggregatorReducer ValueAggregatorCombiner"),
    (Kind.NEW_REDUCER, f"{_NEW}.chain", "ChainReducer"),
    (Kind.NEW_REDUCER, "org.apache.hadoop.mapreduce", "Reducer"),
    (Kind.NEW_INPUT_FORMAT, f"{_NEW}.input", f"{_FILE_INPUTS} NLineInputFormat"),
    (Kind.NEW_INPUT_FORMAT, f"{_NEW}.input", f"{_SEQUENCE_INPUTS} {_COMBINE_INPUTS}"),
    (Kind.NEW_INPUT_FORMAT, f"{_NEW}.input", "DelegatingInputFormat"),
    (Kind.NEW_INPUT_FORMAT, f"{_NEW}.join", "CompositeInputFormat"),
    (Kind.NEW_INPUT_FORMAT, f"{_NEW}.db", "DBInputFormat DataDrivenDBInputFormat"),
    (Kind.NEW_INPUT_FORMAT, f"{_STREAMING}.mapreduce", "StreamInputFormat"),
    (Kind.NEW_OUTPUT_FORMAT, f"{_NEW}.output", f"TextOutputFormat {_SEQUENCE_OUTPUTS}"),
    (Kind.NEW_OUTPUT_FORMAT, f"{_NEW}.output", "NullOutputFormat LazyOutputFormat"),
    (Kind.NEW_OUTPUT_FORMAT, f"{_NEW}.output", "FilterOutputFormat"),
    (Kind.NEW_OUTPUT_FORMAT, f"{_NEW}.db", "DBOutputFormat"),
    (Kind.NEW_PARTITIONER, f"{_NEW}.partition", f"{_PARTITIONERS} RehashPartitioner"),
    (Kind.NEW_RECORD_READER, f"{_STREAMING}.mapreduce", "StreamXmlRecordReader"),
)


def _classes() -> dict[str, JavaClass]:
    kinds: dict[str, set[Kind]] = {}
    for kind, package, names in _TABLE:
        for name in names.split():
            kinds.setdefault(f"{package}.{name}", set()).add(kind)
    return {name: JavaClass(name, frozenset(found)) for name, found in kinds.items()}


#: By full name.
CLASSES = _classes()


def find_class(name: str, default_package: str | None = _STREAMING) -> JavaClass | None:
    """The class that *name* means to Hadoop [StreamUtil.goodClassOrNull]; None: there is none.

    A name without a dot may be of *default_package*.
    """
    found = CLASSES.get(name)
    if found is None and default_package is not None and "." not in name:
        found = CLASSES.get(f"{default_package}.{name}")
    return found
