"""Reads the command lines of the programs here with argparse: options and kinds of values."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from hadoopless.errors import UsageError
from hadoopless.sizes import parse_number, parse_seconds, parse_size

Value = TypeVar("Value")


class Parser(argparse.ArgumentParser):
    """Takes options that are written in full; for a misspelt one it suggests another."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Exit with 2, the usage and *message*."""
        super().error(message + self._hint(message))

    def _hint(self, message: str) -> str:
        import difflib  # only here: it takes time to load

        word = message.removeprefix("unrecognized arguments: ").partition(" ")[0]
        if word == message or not word.startswith("-"):
            return ""
        name = "--" + word.lstrip("-").partition("=")[0]
        shown = [
            option
            for action in self._actions
            if action.help != argparse.SUPPRESS
            for option in action.option_strings
        ]
        similar = difflib.get_close_matches(name, shown, 1, 0.8)
        return f" (did you mean {similar[0]}?)" if similar else ""


def _argument(parse: Callable[[str], Value]) -> Callable[[str], Value]:
    """Let argparse show the UsageError of *parse* beside the option's name."""

    def convert(text: str) -> Value:
        try:
            return parse(text)
        except UsageError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return convert


#: A whole number from 1.
count = _argument(lambda text: parse_number(text, "", 1))
#: A whole number from 0.
index = _argument(lambda text: parse_number(text, "", 0))
#: A time in seconds, above 0.
seconds = _argument(lambda text: parse_seconds(text, ""))
#: Bytes, as in 64MB.
size = _argument(lambda text: parse_size(text, ""))
