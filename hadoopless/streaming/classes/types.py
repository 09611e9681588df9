"""The Java classes of a job's keys and values, and the failures of Hadoop that come from them.

The programs of the library know only text. Hadoop's tasks fail as soon as a key or a value is of
another class than the one that was configured, or that a class can work with. A job that fails
there must fail here, too.
"""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from hadoopless.streaming.classes import formats
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import CommandOrClass, Request

TEXT = "org.apache.hadoop.io.Text"
LONG = "org.apache.hadoop.io.LongWritable"
BYTES = "org.apache.hadoop.io.BytesWritable"
NULL = "org.apache.hadoop.io.NullWritable"
TYPED_BYTES = "org.apache.hadoop.typedbytes.TypedBytesWritable"


class PairClasses(NamedTuple):
    """The classes of a key and of a value."""

    key: str
    value: str


_ANY = PairClasses("", "")
_SAME = PairClasses("key", "value")


class Signature(Struct, frozen=True):
    """The classes of the pairs that a ready-made class takes, and of those that it gives."""

    #: Its name in :mod:`hadoopless.library`; empty: it always fails with ``fails``.
    program: str
    #: The only classes it can work with; empty: any.
    takes: PairClasses = _ANY
    #: ``key`` and ``value`` stand for the class of what was taken.
    gives: PairClasses = _SAME
    fails: str = ""


class StageFailure(Struct, frozen=True):
    """The reason why a stage fails at the first pair that it reads, or else that it writes."""

    message: str
    of_input: bool = True


_LIB = "org.apache.hadoop.mapred.lib"
_AGGREGATE = f"{_LIB}.aggregate"
_NOT_CALLED = Signature("", fails="java.io.IOException: should not be called")
_NO_COMMAND = Signature(
    "", fails="java.lang.RuntimeException: Error in configuring object: there is no command"
)

MAPPERS = {
    f"{_LIB}.IdentityMapper": Signature("IdentityMapper"),
    f"{_LIB}.InverseMapper": Signature("InverseMapper", gives=PairClasses("value", "key")),
    f"{_LIB}.TokenCountMapper": Signature(
        "TokenCountMapper", PairClasses("", TEXT), gives=PairClasses(TEXT, LONG)
    ),
    f"{_LIB}.RegexMapper": Signature(
        "RegexMapper", PairClasses("", TEXT), gives=PairClasses(TEXT, LONG)
    ),
    f"{_LIB}.FieldSelectionMapReduce": Signature(
        "FieldSelectionMapper", gives=PairClasses(TEXT, TEXT)
    ),
    f"{_AGGREGATE}.ValueAggregatorMapper": Signature(
        "ValueAggregatorMapper", gives=PairClasses(TEXT, TEXT)
    ),
    f"{_AGGREGATE}.ValueAggregatorReducer": _NOT_CALLED,
    f"{_AGGREGATE}.ValueAggregatorCombiner": _NOT_CALLED,
    "org.apache.hadoop.streaming.PipeMapper": _NO_COMMAND,
}

REDUCERS = {
    f"{_LIB}.IdentityReducer": Signature("IdentityReducer"),
    f"{_LIB}.LongSumReducer": Signature(
        "LongSumReducer", PairClasses("", LONG), gives=PairClasses("key", LONG)
    ),
    f"{_LIB}.FieldSelectionMapReduce": Signature(
        "FieldSelectionReducer", PairClasses(TEXT, TEXT), gives=PairClasses(TEXT, TEXT)
    ),
    f"{_AGGREGATE}.ValueAggregatorReducer": Signature(
        "ValueAggregatorReducer", PairClasses(TEXT, ""), gives=PairClasses(TEXT, TEXT)
    ),
    f"{_AGGREGATE}.ValueAggregatorCombiner": Signature(
        "ValueAggregatorCombiner", PairClasses(TEXT, ""), gives=PairClasses(TEXT, TEXT)
    ),
    f"{_AGGREGATE}.ValueAggregatorMapper": _NOT_CALLED,
    # Without a command these pass all pairs on.
    "org.apache.hadoop.streaming.PipeReducer": Signature("IdentityReducer"),
    "org.apache.hadoop.streaming.PipeCombiner": Signature("IdentityReducer"),
}

#: The input formats whose keys are text. All others that can be read here give lines by offsets.
_TEXT_INPUTS = {formats.KEY_VALUE_INPUT, formats.STREAM_INPUT, formats.SEQUENCE_AS_TEXT_INPUT}

_OF_PIPES = {
    "rawbytes": PairClasses(BYTES, BYTES),
    "typedbytes": PairClasses(TYPED_BYTES, TYPED_BYTES),
    "keyonlytext": PairClasses(TEXT, NULL),
}


def input_types(input_format: str) -> PairClasses:
    """The classes of the records that *input_format* gives."""
    return PairClasses(TEXT if input_format in _TEXT_INPUTS else LONG, TEXT)


def map_output_types(request: Request) -> PairClasses:
    """The classes of pairs that a job expects of its maps.

    [StreamJob.setJobConf, JobConf.getMapOutputKeyClass]
    """
    configuration = request.configuration
    if _is_command(request.mapper) or configuration.is_set("stream.map.output"):
        return _piped(configuration, "stream.map.output")
    output = _output_types(request)
    return PairClasses(
        configuration.get("mapreduce.map.output.key.class") or output.key,
        configuration.get("mapreduce.map.output.value.class") or output.value,
    )


def _output_types(request: Request) -> PairClasses:
    configuration = request.configuration
    if _is_command(request.reducer) or configuration.is_set("stream.reduce.output"):
        return _piped(configuration, "stream.reduce.output")
    return PairClasses(
        configuration.get("mapreduce.job.output.key.class") or LONG,
        configuration.get("mapreduce.job.output.value.class") or TEXT,
    )


def _piped(configuration: Configuration, edge: str) -> PairClasses:
    """The classes of pairs that are read from a program [IdentifierResolver]."""
    return _OF_PIPES.get(configuration.get(edge).lower(), PairClasses(TEXT, TEXT))


def _is_command(program: CommandOrClass | None) -> bool:
    return program is not None and program.java_class is None


def mapper_failure(request: Request, signature: Signature) -> StageFailure | None:
    """The failure of maps that run a class, None if they go well [MapOutputBuffer.collect]."""
    given = input_types(request.input_format)
    broken = _cast(signature, given)
    if broken is not None or request.map_only:
        return broken
    expected, received = map_output_types(request), _given(signature, given)
    for part, wanted, got in zip(PairClasses._fields, expected, received, strict=True):
        if wanted != got:
            return StageFailure(
                f"java.io.IOException: Type mismatch in {part} from map: expected {wanted},"
                f" received {got}",
                of_input=False,
            )
    return None


def combiner_failure(request: Request, signature: Signature | None) -> StageFailure | None:
    """The failure of a combiner, which is a command if it has no *signature* [IFile.Writer]."""
    expected = map_output_types(request)
    if signature is None:
        received = _piped(request.configuration, "stream.reduce.output")
    else:
        broken = _cast(signature, expected)
        if broken is not None:
            return broken
        received = _given(signature, expected)
    for part, wanted, got in zip(PairClasses._fields, expected, received, strict=True):
        if wanted != got:
            return StageFailure(
                f"java.io.IOException: wrong {part} class: class {got} is not class {wanted}",
                of_input=False,
            )
    return None


def reducer_failure(request: Request, signature: Signature) -> StageFailure | None:
    """The failure of reduces that run a class."""
    return _cast(signature, map_output_types(request))


def _cast(signature: Signature, given: PairClasses) -> StageFailure | None:
    if not signature.program:
        return StageFailure(signature.fails)
    for wanted, got in zip(signature.takes, given, strict=True):
        if wanted not in ("", got):
            return StageFailure(
                f"java.lang.ClassCastException: class {got} cannot be cast to class {wanted}"
            )
    return None


def _given(signature: Signature, taken: PairClasses) -> PairClasses:
    names = {"key": taken.key, "value": taken.value}
    return PairClasses(*(names.get(one, one) for one in signature.gives))
