"""Turns properties into the rules by which inputs are read."""

from __future__ import annotations

from msgspec.structs import replace

from hadoopless.java.values import utf8
from hadoopless.rules import InputRules, PairFormat, Pipe, Reader
from hadoopless.streaming.classes import formats
from hadoopless.streaming.exits import failure, job_failure
from hadoopless.streaming.notices import error
from hadoopless.streaming.properties.configuration import Configuration

#: Input format of lines -> whether textinputformat.record.delimiter may end them.
_LINE_INPUTS = {
    formats.TEXT_INPUT: True,
    formats.COMBINE_INPUT: True,
    formats.AUTO_INPUT: True,
    formats.N_LINE_INPUT: False,
}
_LONGEST_LINE = (1 << 31) - 1


def input_rules(input_format: str, configuration: Configuration, pairs: PairFormat) -> InputRules:
    """The rules of the class *input_format*; the mapper's stdin is written as *pairs*."""
    # Only the writer of text can leave keys out.
    ignore_key = pairs.pipe is Pipe.TEXT and configuration.get_boolean(
        "stream.map.input.ignoreKey", input_format == formats.TEXT_INPUT
    )
    longest = configuration.get_int("mapreduce.input.linerecordreader.line.maxlength")
    rules = InputRules(
        longest_line=None if longest >= _LONGEST_LINE else longest,
        ignore_key=ignore_key,
        pairs=pairs,
    )
    if input_format in _LINE_INPUTS:
        delimiter = configuration.get("textinputformat.record.delimiter")
        if not delimiter or not _LINE_INPUTS[input_format]:
            return rules
        return replace(rules, delimiter=utf8(delimiter))
    reader = configuration.get("stream.recordreader.class")
    if input_format == formats.STREAM_INPUT and reader == formats.XML_READER:
        return _xml(rules, configuration)
    line_reader = not reader or "LineRecordReader" in reader
    if input_format == formats.KEY_VALUE_INPUT or (
        input_format == formats.STREAM_INPUT and line_reader
    ):
        return replace(rules, reader=Reader.KEY_VALUE, key_separator=_key_separator(configuration))
    if input_format == formats.STREAM_INPUT:
        raise job_failure(f"java.lang.RuntimeException: Class not found: {reader}")
    raise failure(error(f"-inputformat : {input_format} cannot be read here"))


def _key_separator(configuration: Configuration) -> bytes:
    """The low byte of the first character: Hadoop casts it to a byte."""
    name = "mapreduce.input.keyvaluelinerecordreader.key.value.separator"
    first = (configuration.get(name) or "\t")[0]
    return first.encode("utf-16-be", "surrogatepass")[1:2]


def _xml(rules: InputRules, configuration: Configuration) -> InputRules:
    for mark in ("stream.recordreader.begin", "stream.recordreader.end"):
        if configuration.get_or_none(mark) is None:
            raise job_failure(f"JobConf: missing required property: {mark}")
    longest = configuration.get_int("stream.recordreader.maxrec")
    return replace(
        rules,
        reader=Reader.XML,
        begin=utf8(configuration.get("stream.recordreader.begin")),
        end=utf8(configuration.get("stream.recordreader.end")),
        slow_match=configuration.get_boolean("stream.recordreader.slowmatch"),
        longest_record=longest,
        look_ahead=configuration.get_int("stream.recordreader.lookahead", 2 * longest),
    )
