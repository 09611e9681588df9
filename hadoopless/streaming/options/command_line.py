"""Reads options as the commons-cli library does, with which Hadoop's clients read theirs.

Two passes: :func:`leading_options` takes the generic options at the front, :func:`all_options` the
rest. What an option takes is everything behind it that is no known option, up to its limit, so a
misspelt option behind ``-input`` becomes an input.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

MANY = 1 << 31


class BadWords(Exception):
    """Words that cannot be read; the text is that of the library."""


class Words:
    """Options and their values in the order given, and what was left over."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = {}
        self.rest: list[str] = []

    def __contains__(self, option: str) -> bool:
        return option in self.values

    def first(self, option: str) -> str | None:
        """The value that counts when an option for one value was given several times."""
        values = self.values.get(option)
        return values[0] if values else None

    def all(self, option: str) -> list[str]:
        """Every value of an option that may be repeated."""
        return self.values.get(option, [])


def all_options(limits: Mapping[str, int], words: Sequence[str]) -> Words:
    """All *words* as options with up to so many values each [BasicParser]."""
    return _parsed(limits, words, stop=False)


def leading_options(limits: Mapping[str, int], words: Sequence[str]) -> Words:
    """The options at the front of *words*; ``rest`` begins at the first other word [GnuParser]."""
    return _parsed(limits, _flattened(limits, words), stop=True)


def _flattened(limits: Mapping[str, int], words: Sequence[str]) -> list[str]:
    """``-Dn=v`` as ``-D n=v`` and ``-files=a`` as ``-files a``, up to the first unknown option."""
    flat: list[str] = []
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if word == "--":
            return flat + list(words[at:])
        if not word.startswith("-") or word == "-" or _name(word) in limits:
            flat.append(word)
        elif equals and _name(name) in limits:
            flat += [name, value]
        elif _name(word[:2]) in limits:
            flat += [word[:2], word[2:]]
        else:
            return flat + list(words[at:])
    return flat


def _parsed(limits: Mapping[str, int], words: Sequence[str], stop: bool) -> Words:
    done = Words()
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        if word == "--" or (word == "-" and stop):
            break
        if not word.startswith("-") or word == "-" or (stop and _name(word) not in limits):
            done.rest.append(word)
            if stop:
                break
            continue
        name = _name(word)
        if name not in limits:
            raise BadWords(f"Unrecognized option: {word}")
        at = _take_values(done, name, limits, words, at)
    done.rest += [word for word in words[at:] if word != "--"]
    return done


def _take_values(
    done: Words, name: str, limits: Mapping[str, int], words: Sequence[str], at: int
) -> int:
    end = at
    while end < len(words) and end - at < limits[name]:
        if words[end].startswith("-") and _name(words[end]) in limits:
            break
        end += 1
    if end == at and limits[name]:
        raise BadWords(f"Missing argument for option: {name}")
    done.values.setdefault(name, []).extend(_unquoted(word) for word in words[at:end])
    return end


def _name(word: str) -> str:
    """*word* without its one or two hyphens."""
    return word.removeprefix("--") if word.startswith("--") else word.removeprefix("-")


def _unquoted(word: str) -> str:
    """A double quote at either end goes, whether or not there is one at the other end."""
    word = word.removeprefix('"')
    return word.removesuffix('"')
