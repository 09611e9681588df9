"""Turns properties into the forms in which programs read and write pairs."""

from __future__ import annotations

from typing import NamedTuple

from hadoopless.java.values import utf8
from hadoopless.rules import PairFormat, Pipe
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.request import CommandOrClass

#: The form for the road's own programs.
_OWN_PAIRS = PairFormat(Pipe.PAIRS)


class Edge(NamedTuple):
    """A place where pairs pass between the road and a program, by the names of its properties."""

    pipe: str
    separator: str
    #: The property has a name only where a program writes.
    key_fields: str | None = None


MAP_INPUT = Edge("stream.map.input", "stream.map.input.field.separator")
MAP_OUTPUT = Edge(
    "stream.map.output", "stream.map.output.field.separator", "stream.num.map.output.key.fields"
)
REDUCE_INPUT = Edge("stream.reduce.input", "stream.reduce.input.field.separator")
REDUCE_OUTPUT = Edge(
    "stream.reduce.output",
    "stream.reduce.output.field.separator",
    "stream.num.reduce.output.key.fields",
)


def pair_format(
    configuration: Configuration, edge: Edge, program: CommandOrClass | None
) -> PairFormat:
    """The form of pairs for *program*; None and classes are programs of the road."""
    if program is None or program.java_class is not None:
        return _OWN_PAIRS
    fields = 1
    if edge.key_fields is not None:
        fields = max(configuration.get_int(edge.key_fields), 1)
    separator = utf8(configuration.get(edge.separator))
    return PairFormat(pipe_of(configuration, edge), separator, fields)


def combiner_pairs(
    configuration: Configuration,
    combiner: CommandOrClass | None,
    reducer: CommandOrClass | None,
) -> tuple[PairFormat, PairFormat] | None:
    """The forms that the combiner reads and writes; None if they are those of the reducer."""
    if combiner is None:
        return None
    pairs, as_reducer = (
        (
            pair_format(configuration, REDUCE_INPUT, program),
            pair_format(configuration, REDUCE_OUTPUT, program),
        )
        for program in (combiner, reducer)
    )
    return None if pairs == as_reducer else pairs


def pipe_of(configuration: Configuration, edge: Edge) -> Pipe:
    """The form of pairs for commands at *edge*."""
    known = {pipe.value: pipe for pipe in Pipe if pipe is not Pipe.PAIRS}
    return known.get(configuration.get(edge.pipe).lower(), Pipe.TEXT)
