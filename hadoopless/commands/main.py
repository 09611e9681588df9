"""The command ``hadoopless``: each of its subcommands starts one of the programs of the project."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

from hadoopless.commands.table import COMMANDS, Command
from hadoopless.entry import interpreter, typed

#: The exit code for wrong words.
_MISUSED = 2
_EXAMPLE = """\
Example, in a directory with mapper.py, reducer.py and texts:

  hadoopless run --mapperPath=./mapper.py --reducerPath=./reducer.py \\
      --inputPath='*.txt' --outputPath=counts"""


def run(words: Sequence[str]) -> int:
    """Run the subcommand that *words* name; returns the exit code."""
    if not words:
        return _misused("no command is given; hadoopless --help lists them all")
    word, rest = words[0], words[1:]
    if word in ("-h", "--help", "help"):
        print(usage())
        return 0
    if word == "--version":
        word = "version"
    command = COMMANDS.get(word)
    if command is None:
        return _no_such_command(word)
    typed.note(f"{typed.COMMAND} {word}")
    if command.options is not None and rest and rest[0] in ("-h", "--help"):
        return _help(command.options)
    return _started(command, rest)


def _started(command: Command, words: Sequence[str]) -> int:
    """Run *command*; an error that it leaves to us is told in a line."""
    try:
        return command.start(words)
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
