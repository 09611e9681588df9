"""The command ``hadoopless``: each of its subcommands starts one of the programs of the project."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from hadoopless.commands.table import COMMANDS, Start
from hadoopless.entry import interpreter, typed
from hadoopless.entry.telling import tell

#: The exit code for wrong words.
_MISUSED = 2
_HELP = ("-h", "--help")
_EXAMPLE = """\
Example, in a directory with mapper.py, reducer.py and texts:

  hadoopless run --mapperPath=./mapper.py --reducerPath=./reducer.py \\
      --inputPath='*.txt' --outputPath=counts"""


def run(words: Sequence[str]) -> int:
    """Run the subcommand that *words* name; returns the exit code."""
    if not words:
        return _misused("no command is given; hadoopless --help lists them all")
    word, rest = words[0], words[1:]
    if word == "--version":
        word = "version"
    if word in (*_HELP, "help"):
        return _started(_usage, rest)
    command = COMMANDS.get(word)
    if command is None:
        return _no_such_command(word)
    typed.note(f"{typed.COMMAND} {word}")
    options = command.options
    if options is not None and rest and rest[0] in _HELP:
        return _started(lambda _: _help(options), rest)
    return _started(command.start, rest)


def _started(start: Start, words: Sequence[str]) -> int:
    """Run *start* with *words*; an error that it leaves to us is told in a line."""
    try:
        return start(words)
    except Exception as error:
        from hadoopless.errors import MapReduceError
        from hadoopless.visible import visible  # both are seldom needed

        if not isinstance(error, MapReduceError):
            raise
        print(f"{typed.program(typed.COMMAND)}: {visible(str(error))}", file=sys.stderr)
        return error.exit_code


def _help(module: str) -> int:
    """Print the options in *module*, without loading what the command itself needs."""
    interpreter.ensure(typed.program(typed.COMMAND), packages=("msgspec",))
    import_module(module).new_parser().print_help()
    return 0


def _usage(_: Sequence[str]) -> int:
    tell(usage())
    return 0


def _no_such_command(word: str) -> int:
    from hadoopless.entry.arguments import similar
    from hadoopless.visible import visible  # both are seldom needed

    meant = similar(word, [*COMMANDS, "--version", "--help"])
    hint = f"did you mean {meant}?" if meant else "hadoopless --help lists them all"
    return _misused(f"there is no command {visible(word)}; {hint}")


def _misused(text: str) -> int:
    print(f"{typed.COMMAND}: {text}", file=sys.stderr)
    return _MISUSED


def usage() -> str:
    """The usage: all commands, each with a few words, and an example."""
    width = max(map(len, COMMANDS))
    lines = [f"  {word:<{width}}  {command.summary}" for word, command in COMMANDS.items()]
    return "\n".join(
        (
            "Usage: hadoopless COMMAND ...",
            "",
            *lines,
            "",
            _EXAMPLE,
            "",
            "hadoopless COMMAND --help tells more; man hadoopless tells all.",
        )
    )
