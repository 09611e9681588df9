"""Reads the options of a streaming job, and explains words that are no options [StreamJob]."""

from __future__ import annotations

from hadoopless.streaming.exits import StreamingExit, refusal
from hadoopless.streaming.notices import error, warning
from hadoopless.streaming.options import usage
from hadoopless.streaming.options.command_line import MANY, BadWords, Words, all_options
from hadoopless.streaming.options.generic import GENERIC

#: The options, each with the most values that it takes.
LIMITS = {
    **dict.fromkeys(("input", "file", "cacheFile", "cacheArchive"), MANY),
    **dict.fromkeys(("output", "mapper", "combiner", "reducer", "numReduceTasks"), 1),
    **dict.fromkeys(("inputformat", "outputformat", "partitioner", "inputreader", "io"), 1),
    **dict.fromkeys(("jobconf", "cmdenv", "dfs", "additionalconfspec"), 1),
    **dict.fromkeys(("mapdebug", "reducedebug"), 1),
    **dict.fromkeys(("background", "verbose", "info", "help", "debug", "lazyOutput"), 0),
}


def read_options(words: tuple[str, ...]) -> Words:
    """The options in *words*; raises StreamingExit for wrong ones, and for -help and -info."""
    try:
        options = all_options(LIMITS, words)
    except BadWords as problem:
        text = usage.INFO if words[:1] == ("-info",) else usage.USAGE
        raise refusal(_hint(str(problem))).after(text, (error(str(problem)),)) from problem
    rest = options.rest
    if rest:
        shown = ", ".join(rest)
        end = refusal(f"Found {len(rest)} unexpected arguments on the command line [{shown}]")
        hint = _about_stray(rest[0], words)
        raise end.after((), (warning(hint),)) if hint else end
    if "info" in options:
        raise StreamingExit(0, usage.INFO)
    if "help" in options:
        raise StreamingExit(0, usage.USAGE)
    return options


def _about_stray(word: str, words: tuple[str, ...]) -> str:
    """The probable reason why *word*, which no option takes, is among *words*; empty: unknown."""
    if not word.strip():
        return "One of the words is blank: is there a space behind a backslash at a line's end?"
    if words[0] != word:
        return ""
    if any(name.removeprefix("-") in LIMITS for name in words if name.startswith("-")):
        return (
            f"{word}: no option takes this word. Is there a blank in a list, as in -files a, b,"
            " or an option before it that takes one word alone?"
        )
    return f"{word}: of all jars only streaming jobs run here, because there is no Java"


def _hint(problem: str) -> str:
    """A guess at what the user meant by a word that is no option."""
    import difflib  # only here: it takes time to load

    _, unknown, word = problem.partition("Unrecognized option: ")
    name, equals, value = word.lstrip("-").partition("=")
    if not unknown:
        return ""
    if name in GENERIC or word.startswith("-D"):
        return f"{word} is a generic option: those stand before all others"
    if equals and LIMITS.get(name):
        return f"Its value is a word of its own: -{name} {value}"
    similar = difflib.get_close_matches(name, LIMITS, 1)
    return f"Did you mean -{similar[0]}?" if similar else ""
