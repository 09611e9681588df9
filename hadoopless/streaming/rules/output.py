"""Turns properties into the rules by which output is written."""

from __future__ import annotations

from hadoopless.java.values import utf8
from hadoopless.rules import Codec, OutputRules
from hadoopless.streaming.classes import formats
from hadoopless.streaming.classes.catalog import Interface, implements
from hadoopless.streaming.exits import StreamingExit, failure, job_failure
from hadoopless.streaming.notices import error
from hadoopless.streaming.properties.configuration import Configuration

_CODECS = "org.apache.hadoop.io.compress"
_CODEC_OF = {
    f"{_CODECS}.DefaultCodec": Codec.DEFLATE,
    f"{_CODECS}.DeflateCodec": Codec.DEFLATE,
    f"{_CODECS}.GzipCodec": Codec.GZIP,
    f"{_CODECS}.BZip2Codec": Codec.BZIP2,
    f"{_CODECS}.ZStandardCodec": Codec.ZSTANDARD,
}
_MISSING_CODECS = {
    f"{_CODECS}.SnappyCodec",
    f"{_CODECS}.Lz4Codec",
    f"{_CODECS}.PassthroughCodec",
    "com.hadoop.compression.lzo.LzoCodec",
    "com.hadoop.compression.lzo.LzopCodec",
}
_FILE_OUTPUTS = {formats.TEXT_OUTPUT, formats.MULTIPLE_TEXT_OUTPUT, formats.NULL_OUTPUT}


def output_rules(output_format: str, lazy: bool, configuration: Configuration) -> OutputRules:
    """The rules of the class *output_format*, if *lazy* without files that stay empty."""
    name = output_format
    if name == formats.LAZY_OUTPUT:
        name = configuration.get("mapreduce.output.lazyoutputformat.outputformat")
        lazy = True
    if name not in _FILE_OUTPUTS:
        raise failure(error(f"-outputformat : {name} cannot be written here"))
    if name == formats.MULTIPLE_TEXT_OUTPUT:
        # Each of its files is opened by the first record that belongs into it.
        lazy = True
    return OutputRules(
        separator=utf8(configuration.get("mapreduce.output.textoutputformat.separator")),
        codec=_codec(configuration),
        lazy=lazy,
        nothing=name == formats.NULL_OUTPUT,
    )


def check_ignored(configuration: Configuration, *, map_only: bool) -> None:
    """Refuse wrong values of properties that change nothing here, but fail a job of Hadoop."""
    version = configuration.get_int("mapreduce.fileoutputcommitter.algorithm.version")
    if version not in (1, 2):
        raise job_failure("java.io.IOException: Only 1 or 2 algorithm version is supported")
    if map_only or not configuration.get_boolean("mapreduce.map.output.compress"):
        return
    name = configuration.get("mapreduce.map.output.compress.codec")
    # Others may be on the cluster that the job was written for, such as those of LZO.
    is_hadoops = "." not in name or name.startswith("org.apache.hadoop.")
    if name and is_hadoops and not implements(name, Interface.CODEC):
        raise _no_codec(name)


def _no_codec(name: str) -> StreamingExit:
    return job_failure(
        f"java.lang.IllegalArgumentException: Compression codec {name} was not found."
    )


def _codec(configuration: Configuration) -> Codec:
    if not configuration.get_boolean("mapreduce.output.fileoutputformat.compress"):
        return Codec.NONE
    name = configuration.get("mapreduce.output.fileoutputformat.compress.codec")
    if name in _CODEC_OF:
        return _CODEC_OF[name]
    if name in _MISSING_CODECS:
        known = ", ".join(one.rpartition(".")[2] for one in _CODEC_OF)
        raise job_failure(f"{name} is not supported here; these are: {known}")
    raise _no_codec(name)
