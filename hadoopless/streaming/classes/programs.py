"""Puts programs in the place of Hadoop's ready-made classes, and adjusts a job's rules to them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from hadoopless.rules import (
    FieldRange,
    KeyFields,
    PairFormat,
    Partitioner,
    PartitionRules,
    Pipe,
    Rules,
)
from hadoopless.streaming.classes.catalog import HADOOP_CLASSES, Interface, implements
from hadoopless.streaming.classes.formats import IDENTITY_REDUCER, TEXT_INPUT
from hadoopless.streaming.classes.library_command import library_command
from hadoopless.streaming.classes.types import (
    LONG,
    MAPPERS,
    REDUCERS,
    Signature,
    combiner_failure,
    map_output_types,
    mapper_failure,
    reducer_failure,
)
from hadoopless.streaming.exits import crash, failure
from hadoopless.streaming.notices import error
from hadoopless.streaming.request import CommandOrClass, Request

_IDENTITY_MAPPER = "org.apache.hadoop.mapred.lib.IdentityMapper"

#: The forms of pairs that are no text.
_BYTES = (Pipe.RAW_BYTES, Pipe.TYPED_BYTES)
_CAT = "/bin/cat"

_WHOLE_KEY = FieldRange(numeric=True)
#: Class that compares keys that are numbers -> the order that it means.
_NUMBER_ORDERS = {
    "": _WHOLE_KEY,
    f"{LONG}$Comparator": _WHOLE_KEY,
    f"{LONG}$DecreasingComparator": replace(_WHOLE_KEY, reverse=True),
}


class JobPrograms(Struct, frozen=True):
    """The programs of a job, in which nothing is a class any more, and its rules."""

    rules: Rules
    #: Command lines, for Hadoop's own way to cut them into words. Of a job without reduces, the
    #: reducer is one that is never run.
    mapper: str
    combiner: str | None
    reducer: str


def check_interfaces(request: Request) -> None:
    """Check that each class can be what an option names it for; raises StreamingExit, status 1."""
    named = (
        (request.input_format, Interface.INPUT_FORMAT),
        (_class_of(request.mapper), Interface.MAPPER),
        (_class_of(request.combiner), Interface.REDUCER),
        (_class_of(request.reducer), Interface.REDUCER),
        (request.output_format, Interface.OUTPUT_FORMAT),
        (_class_of(request.partitioner), Interface.PARTITIONER),
    )
    for name, interface in named:
        if name in HADOOP_CLASSES and not implements(name, interface):
            raise crash(f"java.lang.RuntimeException: class {name} not {interface.value}")


def programs_of(request: Request, rules: Rules) -> JobPrograms:
    """*rules* and the commands of *request*, with programs in the place of classes.

    Raises StreamingExit for a class that cannot be used, or not for what an option names it.
    """
    check_interfaces(request)
    reducer = _reducer(request)
    combiner = _combiner(request)
    if _class_of(request.combiner) == IDENTITY_REDUCER and rules.map_output.pipe in _BYTES:
        # The pairs must pass unchanged, and the program of the library would write the bytes as
        # Java shows them.
        combiner = _CAT
        rules = replace(rules, combiner_pairs=(PairFormat(rules.map_output.pipe),) * 2)
    return JobPrograms(
        rules=_with_key_types(_with_plain_reducer(rules, request), request),
        mapper=_mapper(request),
        combiner=combiner,
        reducer=reducer,
    )


def _class_of(program: CommandOrClass | None) -> str:
    return "" if program is None else program.java_class or ""


def _mapper(request: Request) -> str:
    if request.mapper is not None and request.mapper.java_class is None:
        return request.mapper.command
    signature = _signature(MAPPERS, _class_of(request.mapper) or _IDENTITY_MAPPER)
    flags: tuple[str, ...] = ()
    if signature.program == "FieldSelectionMapper" and request.input_format != TEXT_INPUT:
        flags = ("whole",)
    return library_command(
        signature, request.configuration, mapper_failure(request, signature), flags
    )


def _combiner(request: Request) -> str | None:
    if request.combiner is None or request.map_only:
        return None
    if request.combiner.java_class is None:
        broken = combiner_failure(request, None)
        if broken is None:
            return request.combiner.command
        return library_command(MAPPERS[_IDENTITY_MAPPER], request.configuration, broken)
    signature = _signature(REDUCERS, request.combiner.java_class)
    broken = combiner_failure(request, signature)
    if signature.program == "FieldSelectionReducer":
        # The reducer may leave out keys or values, but records that are sorted need both.
        signature = replace(signature, program="FieldSelectionCombiner")
    return library_command(signature, request.configuration, broken)


def _reducer(request: Request) -> str:
    if request.reducer is not None and request.reducer.java_class is None:
        return request.reducer.command
    signature = _signature(REDUCERS, _class_of(request.reducer) or IDENTITY_REDUCER)
    broken = None if request.map_only else reducer_failure(request, signature)
    return library_command(signature, request.configuration, broken)


def _signature(known: dict[str, Signature], name: str) -> Signature:
    if name not in known:
        usable = ", ".join(sorted(one.rpartition(".")[2] for one in known if known[one].program))
        raise failure(error(f"{name} is not supported here; these are: {usable}"))
    return known[name]


def _with_plain_reducer(rules: Rules, request: Request) -> Rules:
    """Lines for an IdentityReducer behind a mapper of lines: they pass the road as they are.

    That is safe where keys hold no tab, and keys and values no end of a line.
    """
    is_identity = _class_of(request.reducer) in ("", IDENTITY_REDUCER)
    if request.reducer is not None and request.reducer.java_class is None:
        is_identity = False
    if not is_identity or rules.map_output != PairFormat() or request.map_only:
        return rules
    combiner_pairs = rules.combiner_pairs
    if request.combiner is not None and combiner_pairs is None:
        combiner_pairs = (rules.reduce_input, rules.reduce_output)
    if combiner_pairs is not None and combiner_pairs[1] != PairFormat():
        # A combiner may write keys and values that a mapper's lines cannot hold.
        return rules
    return replace(
        rules,
        reduce_input=PairFormat(),
        reduce_output=PairFormat(),
        combiner_pairs=combiner_pairs,
    )


def _with_key_types(rules: Rules, request: Request) -> Rules:
    """Keys that are numbers are sorted and partitioned as numbers."""
    if request.map_only:
        return rules
    types = map_output_types(request)
    rules = replace(rules, long_keys=types.key == LONG, long_values=types.value == LONG)
    if types.key != LONG:
        return rules
    comparator = request.configuration.get("mapreduce.job.output.key.comparator.class")
    if comparator in _NUMBER_ORDERS:
        rules = replace(rules, order=KeyFields((_NUMBER_ORDERS[comparator],)))
    if request.num_reduces > 1 and rules.partition == PartitionRules():
        command = library_command(Signature("LongPartitioner"), request.configuration)
        rules = replace(rules, partition=PartitionRules(Partitioner.COMMAND, command=command))
    return rules
