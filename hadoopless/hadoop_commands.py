"""The commands ``hadoop``, ``hdfs``, ``mapred`` and ``yarn``: which program each word starts."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence

from hadoopless import __version__
from hadoopless.entry import streams
from hadoopless.visible import visible

#: Tools look for a number in the first line, to know which options and properties are there.
HADOOP_VERSION = "3.3.6"


def main(tool: str, arguments: Sequence[str]) -> int:
    """Run *tool* (``hadoop``) with *arguments*; returns the exit code."""
    if tool == "hadoop-streaming":
        return _streaming(arguments)
    words = _without_settings(list(arguments))
    if not words:
        print(usage(tool), file=sys.stderr)
        return 1
    word, rest = words[0], words[1:]
    if word in ("-h", "-help", "--help", "help"):
        return _say(usage(tool))
    command = TOOLS[tool].get(word)
    if command is None:
        print(f"ERROR: {visible(word)} is not a command of this {tool}.", file=sys.stderr)
        print(usage(tool), file=sys.stderr)
        return 1
    try:
        os.getcwd()
    except FileNotFoundError:
        print(f"{tool}: the current directory has been removed", file=sys.stderr)
        return 1
    return command(rest)


def usage(tool: str) -> str:
    """The usage of *tool*: its commands, each with a few words."""
    known = TOOLS[tool]
    width = max(map(len, known))
    lines = [f"  {word:<{width}}  {command.__doc__}" for word, command in known.items()]
    return "\n".join((f"Usage: {tool} COMMAND ...", "       where COMMAND is one of:", *lines))


def _without_settings(words: list[str]) -> list[str]:
    """*words* without the options of Hadoop's scripts before the command; they change nothing."""
    while words and words[0] in ("--config", "--loglevel", "--debug"):
        words = words[1:] if words[0] == "--debug" else words[2:]
    return words


def _files(arguments: Sequence[str]) -> int:
    """files and directories: -ls, -put, -get ... (-help tells more)"""
    from hadoopless.filesystem.shell import main as files

    return files(arguments)


def _streaming(arguments: Sequence[str]) -> int:
    """run a Hadoop Streaming job"""
    # Imported here because it would slow down all other commands.
    from hadoopless.streaming.main import main as streaming

    return streaming(arguments)


def _jar(arguments: Sequence[str]) -> int:
    """<jar>: run a Hadoop Streaming job, whatever the jar"""
    if not arguments:
        print("Usage: hadoop jar <jar> [mainClass] args...", file=sys.stderr)
        return 255
    if arguments[0].startswith("-"):
        print(
            f"JAR does not exist or is not a normal file: {visible(arguments[0])}", file=sys.stderr
        )
        print("(The jar comes first: hadoop jar any.jar -mapper ...)", file=sys.stderr)
        return 255
    return _streaming(arguments[1:])


def _distcp(arguments: Sequence[str]) -> int:
    """copy files and directories"""
    from hadoopless.filesystem.distcp import distcp

    return distcp(arguments, _files)


def _admin(arguments: Sequence[str]) -> int:
    """-report and -safemode, for scripts that wait for a cluster"""
    if arguments[:1] == ["-report"]:
        return _say("Live datanodes (0): the files are those of this machine")
    if arguments[:1] == ["-safemode"]:
        return _say("Safe mode is OFF")
    print("ERROR: dfsadmin knows only -report and -safemode: there is no HDFS.", file=sys.stderr)
    return 255


def _version(arguments: Sequence[str]) -> int:
    """print the version"""
    return _say(
        f"Hadoop {HADOOP_VERSION}\n"
        f"This is not Apache Hadoop but hadoopless {__version__}, which takes its place\n"
        "for Hadoop Streaming and behaves as that version does.\n"
        f"This command was run using {os.path.dirname(__file__)}"
    )


def _say(text: str) -> int:
    """Write *text* to stdout; the reader may close it after the first line."""
    print(text, flush=True)
    if why := streams.lost(sys.stdout):
        print(f"cannot write: {why}", file=sys.stderr)
        return 1
    return 0


TOOLS: dict[str, dict[str, Callable[[Sequence[str]], int]]] = {
    "hadoop": {
        "fs": _files,
        "dfs": _files,
        "jar": _jar,
        "streaming": _streaming,
        "distcp": _distcp,
        "version": _version,
    },
    "hdfs": {"dfs": _files, "dfsadmin": _admin, "version": _version},
    "mapred": {"streaming": _streaming, "distcp": _distcp, "version": _version},
    "yarn": {"jar": _jar, "version": _version},
}
