"""The command lines of the programs of :mod:`hadoopless.library`, which play Hadoop's classes."""

from __future__ import annotations

import sys
from pathlib import Path
from urllib.parse import quote

from hadoopless.streaming.classes.types import Signature, StageFailure
from hadoopless.streaming.properties.configuration import Configuration

_PROGRAM = Path(__file__).resolve().parents[2] / "library" / "run.py"

_OF_REDUCE = (
    "mapreduce.fieldsel.data.field.separator",
    "mapreduce.fieldsel.reduce.output.key.value.fields.spec",
)
#: Program -> the properties that are its options.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "RegexMapper": ("mapreduce.mapper.regex",),
    "FieldSelectionMapper": (
        "mapreduce.fieldsel.data.field.separator",
        "mapreduce.fieldsel.map.output.key.value.fields.spec",
    ),
    "FieldSelectionReducer": _OF_REDUCE,
    "FieldSelectionCombiner": _OF_REDUCE,
}
#: Program -> the property that is an option of it and a number.
_NUMBERS = {
    "RegexMapper": "mapreduce.mapper.regexmapper..group",
    "ValueAggregatorReducer": "aggregate.max.num.unique.values",
}


def library_command(
    signature: Signature,
    configuration: Configuration,
    broken: StageFailure | None = None,
    flags: tuple[str, ...] = (),
) -> str:
    """The command line of the program for the class of *signature*.

    Its words hold no blanks and no quotes. With *broken* the program fails as Hadoop would.
    """
    configuration = configuration.of_tasks()
    program = signature.program or "IdentityMapper"
    options = [
        (name, value)
        for name in _OPTIONS.get(program, ())
        if (value := configuration.get_or_none(name)) is not None
    ]
    number = _NUMBERS.get(program)
    if number is not None and configuration.is_set(number):
        options.append((number, str(configuration.get_long(number))))
    if broken is not None:
        options.append(("refuse-input" if broken.of_input else "refuse-output", broken.message))
    words = [
        *(sys.executable, "-I", "-S", str(_PROGRAM), program),
        *flags,
        *(
            f"{name}={quote(value, safe=_SAFE, errors='surrogateescape')}"
            for name, value in options
        ),
    ]
    return " ".join(map(_quoted, words))


#: Characters that are written as they are. All others get a percent sign: they might be blanks or
#: quotes.
_SAFE = ".,:;/()[]{}<>|^$*+?!@#&=-"


def _quoted(word: str) -> str:
    """*word* in quotes if it needs some: the path of an interpreter may hold blanks."""
    if not any(char in word for char in " '\""):
        return word
    quote_mark = "'" if '"' in word else '"'
    return f"{quote_mark}{word}{quote_mark}"
