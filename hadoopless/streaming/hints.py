"""Warnings of settings without effect, and of names and values that are probably mistakes.

Hadoop takes any name of a property without a word, so a job with ``mapred.reduce.task=8`` has one
reduce. Other unknown names are the users' own: they go to the environment of their programs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from hadoopless.streaming.notices import Notice, warning
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.properties.table import known_names, reason_to_ignore
from hadoopless.streaming.request import Request
from hadoopless.streaming.rules.environment import CLASSES_OF_FORMS

#: The first parts of names that users rarely choose for properties of their own.
_FIRST_PARTS = {"mapred", "mapreduce", "stream"}
#: The likeness of two names [difflib] when one letter or two are wrong, but not a whole word.
_SIMILAR = 0.94
#: Bytes that are no UTF-8 are surrogates here; Hadoop replaces them.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\udfff\ue000-\ufffd\U00010000-\U0010ffff]")


def hints(request: Request) -> Iterator[Notice]:
    """One line about all that has no effect, and one for each name that is almost known."""
    found = without_effect(request)
    if found:
        shown = ", ".join(f"{name} ({reason})" for name, reason in found.items())
        yield warning(f"Without effect here: {shown}")
    yield from hints_of_names(request.configuration.given_names())
    yield from hints_of_values(request.configuration)


def without_effect(request: Request) -> dict[str, str]:
    """Option or property of *request* without effect -> the reason; names are as the user gave."""
    found = {}
    for name in request.configuration.given_names():
        reason = reason_to_ignore(name)
        if name in CLASSES_OF_FORMS:
            reason = "Hadoop's client sets it, too; -io or stream.map.input and its like choose it"
        if reason is not None:
            found[name] = reason
    if request.jars:
        found["-libjars"] = "there is no Java to load them"
    if request.debug:
        found["-debug"] = "no jar is built that could be kept"
    return found


def hints_of_names(given: Iterable[str]) -> Iterator[Notice]:
    """A line for each name of *given* that is not known, but almost."""
    known = known_names()
    for name in given:
        if name in known or name.partition(".")[0] not in _FIRST_PARTS:
            continue
        similar = _most_similar(name, known)
        if similar and reason_to_ignore(name) is None:
            yield warning(f"Nothing here knows {name}; did you mean {similar}?")


def hints_of_values(configuration: Configuration) -> Iterator[Notice]:
    """A line for each value with a character that XML cannot hold, as no job.xml can be made."""
    for name in configuration.given_names():
        found = _NOT_IN_XML.search(configuration.get_raw(name) or "")
        if found:
            shown = "-cmdenv" if name == "stream.addenvironment" else name
            yield warning(
                f"The value of {shown} has the character U+{ord(found[0]):04X}: a real Hadoop fails"
                " this job, because no XML can hold it"
            )


def _most_similar(name: str, known: frozenset[str]) -> str:
    import difflib  # only here: it takes time to load

    return next(iter(difflib.get_close_matches(name, known, 1, _SIMILAR)), "")
