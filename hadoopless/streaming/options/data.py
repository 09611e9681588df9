"""The options for a job's data: -input, -output, their formats, -inputreader, -io."""

from __future__ import annotations

from hadoopless.java.values import split, split_paths
from hadoopless.streaming.classes import chosen, formats
from hadoopless.streaming.exits import refusal
from hadoopless.streaming.options.draft import Draft

#: The forms of pairs at all places where they pass between the road and a program.
_PIPES = ("stream.map.input", "stream.map.output", "stream.reduce.input", "stream.reduce.output")
#: A user's own words may stand for the star.
_READER_PARAMETER = "stream.recordreader.*"


def require_paths(draft: Draft) -> None:
    """Refuse a job without an input or an output."""
    if not draft.options.all("input"):
        raise refusal("Required argument: -input <name>")
    output = draft.options.first("output")
    if output is None:
        raise refusal("Required argument: -output ")
    draft.output = output


def set_inputs(draft: Draft) -> None:
    """Add the paths of -input to those that properties name."""
    name = "mapreduce.input.fileinputformat.inputdir"
    before = draft.configuration.get(name)
    words = [before] if before else []
    for one in draft.options.all("input"):
        words += [draft.qualified(path) for path in split_paths(one)]
    draft.configuration.set(name, ",".join(words))


def find_input_format(draft: Draft) -> None:
    """The class of -inputformat, and the forms of pairs that -io chooses."""
    draft.input_format = chosen.input_format(
        draft.options.first("inputformat"), "inputreader" in draft.options
    )
    draft.configuration.set("mapred.input.format.class", draft.input_format)
    identifier = draft.options.first("io")
    if identifier is not None:
        for name in _PIPES:
            draft.configuration.set(name, identifier)
    draft.configuration.set("stream.addenvironment", " ".join(draft.cmdenv))


def find_reader(draft: Draft) -> None:
    """The class and the parameters of -inputreader, as properties."""
    spec = draft.options.first("inputreader")
    if spec is None:
        return
    word, *parameters = split(spec, ",") or [""]
    draft.configuration.set("stream.recordreader.class", chosen.input_reader(word))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        draft.configuration.set(_READER_PARAMETER.replace("*", key), value)


def set_output(draft: Draft) -> None:
    """The directory of -output and the class of -outputformat."""
    output = draft.qualified(draft.output)
    draft.configuration.set("mapreduce.output.fileoutputformat.outputdir", output)
    draft.output = draft.in_working_directory(draft.configuration.expanded(draft.output))
    draft.output_format = written = chosen.output_format(draft.options.first("outputformat"))
    if "lazyOutput" in draft.options:
        draft.configuration.set("mapreduce.output.lazyoutputformat.outputformat", written)
        written = formats.LAZY_OUTPUT
    draft.configuration.set("mapred.output.format.class", written)
