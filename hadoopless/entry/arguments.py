"""Reads the command lines of the programs here with argparse: options and kinds of values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, NoReturn, TypeVar

from hadoopless import __version__
from hadoopless.entry.telling import check_told
from hadoopless.errors import UsageError
from hadoopless.sizes import parse_number, parse_seconds, parse_size

Value = TypeVar("Value")


class OptionGroup(NamedTuple):
    """Options that --help shows below one heading."""

    name: str
    own_actions: Sequence[argparse.Action]


class Parser(argparse.ArgumentParser):
    """Takes options that are written in full, and once; for a misspelt one it suggests another."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(allow_abbrev=False, **settings)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Write *message*, which is help or the version; DiskError where it cannot be written."""
        super()._print_message(message, file)
        if file is sys.stdout:
            check_told()

    def error(self, message: str) -> NoReturn:
        """Raise UsageError with *message*."""
        raise UsageError(message)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """The options and the other words, as argparse has it; wrong options are told first.

        Otherwise argparse would first miss a required option of which the name is misspelt.
        """
        self.options_in(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Raise UsageError, with a suggestion, for a *value* that is none of the choices."""
        choices = list(map(str, action.choices or ()))
        if choices and value not in choices:
            meant = similar(value, choices)
            hint = f"did you mean {meant}?" if meant else f"there are {', '.join(choices)}"
            named = action.option_strings[-1] if action.option_strings else action.metavar
            self.error(f"{named or action.dest}: there is no {value}; {hint}")

    @property
    def actions(self) -> Sequence[argparse.Action]:
        """All options and positional words."""
        return self._actions

    @property
    def groups(self) -> Sequence[OptionGroup]:
        """The groups of options, in the order of --help."""
        return [
            OptionGroup(group.title or "", group._group_actions) for group in self._action_groups
        ]

    def converted(self, action: argparse.Action, text: str) -> Any:
        """The value of the option *action* that *text* stands for; raises UsageError."""
        try:
            return self._get_value(action, text)
        except argparse.ArgumentError as error:
            raise UsageError(error.message) from error

    def value_in(self, words: Sequence[str], name: str) -> str | None:
        """The value of the option *name* in *words*, before they are parsed."""
        for number, word in enumerate(words):
            if word == "--":
                break
            option, given, value = word.partition("=")
            if option == name:
                return value if given else next(iter(words[number + 1 :]), None)
        return None

    def options_in(self, words: Sequence[str]) -> frozenset[str]:
        """The names of the options in *words*; UsageError for wrong ones. Help ends the search."""
        given: dict[str, list[str]] = {}
        for word in words:
            if word == "--":
                break
            if word in ("-h", "--help", "--version"):
                return frozenset((*given, "help"))
            name = word.partition("=")[0]
            action = self._option_string_actions.get(name)
            if action is not None:
                self._check_again(action, name, given.setdefault(action.dest, []))
            elif _looks_like_option(word):
                self._no_such_option(name)
        return frozenset(given)

    def _check_again(self, action: argparse.Action, name: str, before: list[str]) -> None:
        """Note that *name* is given; UsageError where it does not fit the names *before* it."""
        if before and before[0] != name:
            self.error(f"{before[0]} and {name} contradict each other")
        repeatable = action.nargs == 0 or isinstance(
            action, (argparse._AppendAction, argparse._ExtendAction)
        )
        if before and not repeatable:
            self.error(f"{name} is given twice; which one counts?")
        before.append(name)

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
    return "".join(char for char in option if char not in "-_[]").lower()


def add_version(parser: argparse._ActionsContainer) -> None:
    """Add the option that shows the version of this package."""
    parser.add_argument(
        "--version",
        action="version",
        version=f"hadoopless {__version__}",
        help="show the version and exit",
    )


def add_shared(parser: argparse._ActionsContainer) -> None:
    """Add the options that every command has that deals with workers."""
    parser.add_argument(
        "--inventory",
        metavar="FILE|URL,URL",
        help="the workers' URLs, in place of the inventory.py that comes along: a file like that"
        " one (*.py), or one with a URL in each line",
    )
    add_config(parser)
    add_tls(parser)


def add_job(parser: argparse._ActionsContainer, otherwise: str = "last") -> None:
    """Add the words by which the user names a job; without them it is the one *otherwise*."""
    parser.add_argument(
        "job",
        nargs="?",
        metavar="JOB",
        default="last" if otherwise == "last" else None,
        help=f"the id of a job, its beginning, last, or the path of an event log ({otherwise})",
    )


def add_config(parser: argparse._ActionsContainer) -> None:
    """Add the option that names the file with settings."""
    parser.add_argument(
        "--config",
        metavar="FILE",
        help="settings, instead of those in ./hadoopless.toml; none: read no file",
    )


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


def add_metrics_token(parser: argparse._ActionsContainer) -> None:
    """Add the option that names the file with the token for metrics."""
    parser.add_argument(
        "--metricsTokenFile",
        metavar="FILE",
        help="callers who show the word in it as their bearer token may read /metrics",
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
