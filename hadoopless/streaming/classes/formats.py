"""The full names of Hadoop's classes that mean something special to a job."""

from __future__ import annotations

DEFAULT_PACKAGE = "org.apache.hadoop.streaming"
_MAPRED = "org.apache.hadoop.mapred"

TEXT_INPUT = f"{_MAPRED}.TextInputFormat"
KEY_VALUE_INPUT = f"{_MAPRED}.KeyValueTextInputFormat"
SEQUENCE_INPUT = f"{_MAPRED}.SequenceFileInputFormat"
SEQUENCE_AS_TEXT_INPUT = f"{_MAPRED}.SequenceFileAsTextInputFormat"
N_LINE_INPUT = f"{_MAPRED}.lib.NLineInputFormat"
COMBINE_INPUT = f"{_MAPRED}.lib.CombineTextInputFormat"
AUTO_INPUT = f"{DEFAULT_PACKAGE}.AutoInputFormat"
STREAM_INPUT = f"{DEFAULT_PACKAGE}.StreamInputFormat"
XML_READER = f"{DEFAULT_PACKAGE}.StreamXmlRecordReader"
TEXT_OUTPUT = f"{_MAPRED}.TextOutputFormat"
NULL_OUTPUT = f"{_MAPRED}.lib.NullOutputFormat"
MULTIPLE_TEXT_OUTPUT = f"{_MAPRED}.lib.MultipleTextOutputFormat"
LAZY_OUTPUT = f"{_MAPRED}.lib.LazyOutputFormat"

IDENTITY_REDUCER = f"{_MAPRED}.lib.IdentityReducer"
AGGREGATE_REDUCER = f"{_MAPRED}.lib.aggregate.ValueAggregatorReducer"
AGGREGATE_COMBINER = f"{_MAPRED}.lib.aggregate.ValueAggregatorCombiner"
