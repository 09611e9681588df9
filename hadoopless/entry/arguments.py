"""Reads the command lines of the programs here with argparse: options and kinds of values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn, TypeVar

from hadoopless.errors import UsageError
from hadoopless.sizes import parse_number, parse_seconds, parse_size

Value = TypeVar("Value")


class Parser(argparse.ArgumentParser):
    """Takes options that are written in full, and once; for a misspelt one it suggests another."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with *message*."""
        raise UsageError(message)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """The options and the other words, as argparse has it; wrong options are told first.

        Otherwise argparse would first miss a required option of which the name is misspelt.
        """
        self._check(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def _check(self, words: Sequence[str]) -> None:
        given: dict[str, str] = {}
        for word in words:
            if word in ("--", "-h", "--help"):
                return
            name = word.partition("=")[0]
            action = self._option_string_actions.get(name)
            if action is not None:
                self._check_again(action, name, given)
            elif _looks_like_option(word):
                self._no_such_option(name)

    def _check_again(self, action: argparse.Action, name: str, given: dict[str, str]) -> None:
        """Note that *name* is given; UsageError where it does not fit what was *given* before."""
        before = given.setdefault(action.dest, name)
        if before != name:
            self.error(f"{before} and {name} contradict each other")
        repeatable = action.nargs == 0 or isinstance(
            action, (argparse._AppendAction, argparse._ExtendAction)
        )
        if not repeatable and f"again {name}" in given:
            self.error(f"{name} is given twice; which one counts?")
        given[f"again {name}"] = name

    def _no_such_option(self, name: str) -> NoReturn:
        shown = [
            option
            for action in self._actions
            if action.help != argparse.SUPPRESS
            for option in action.option_strings
            if option.startswith("--")
        ]
        meant = similar(name, shown)
        hint = f"did you mean {meant}?" if meant else f"{self.prog} --help lists them all"
        self.error(f"there is no option {name}; {hint}")


def _looks_like_option(word: str) -> bool:
    """True for a word that argparse takes for an option, whether it knows it or not."""
    return word.startswith("-") and len(word) > 1 and not word[1].isdigit() and " " not in word


def similar(name: str, known: Sequence[str]) -> str | None:
    """The one of *known* options or words that was probably meant by *name*."""
    import difflib  # only here: it takes time to load

    by_letters = {_letters(option): option for option in known}
    typed = _letters(name)
    if found := difflib.get_close_matches(typed, by_letters, 1, 0.8):
        return by_letters[found[0]]
    beginning = [letters for letters in by_letters if letters.startswith(typed)]
    within = beginning or [letters for letters in by_letters if typed in letters]
    if len(typed) > 2 and within:
        return by_letters[min(within, key=len)]
    found = difflib.get_close_matches(typed, by_letters, 1)
    return by_letters[found[0]] if found else None


def _letters(option: str) -> str:
    """The letters of *option*, by which options are compared."""
    return option.replace("-", "").replace("_", "").lower()


def add_tls(parser: argparse._ActionsContainer) -> None:
    """Add the options that name the files of TLS."""
    parser.add_argument(
        "--tlsCert",
        metavar="FILE",
        help="certificate in PEM of this process: all calls over TCP are in TLS",
    )
    parser.add_argument("--tlsKey", metavar="FILE", help="its private key, without a passphrase")
    parser.add_argument(
        "--tlsCa", metavar="FILE", help="certificate of the CA that the others' must be from"
    )


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
