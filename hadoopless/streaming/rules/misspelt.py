"""Properties whose names are almost those of properties that mean something.

Hadoop takes any name without a word, so that a job with ``mapred.reduce.task=8`` has one reduce.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hadoopless.streaming.notices import Notice, warning
from hadoopless.streaming.properties.defaults import DEFAULTS
from hadoopless.streaming.properties.deprecated import NEW_NAMES
from hadoopless.streaming.rules.ignored import IGNORED_PROPERTIES, reason_to_ignore

#: Users' own properties rarely begin so.
_PREFIXES = ("mapred.", "mapreduce.", "stream.")
#: Names in Hadoop that are neither old, nor renamed, nor with a default; ``+``: both phases.
_OTHER_NAMES = [
    "mapred.combiner.class",
    "mapred.input.format.class",
    "mapred.output.format.class",
    "mapred.partitioner.class",
    "mapreduce.fileoutputcommitter.marksuccessfuljobs",
    "mapreduce.framework.name",
    "mapreduce.job.combiner.group.comparator.class",
    "mapreduce.totalorderpartitioner.path",
    "stream.+.input",
    "stream.+.input.field.separator",
    "stream.+.input.ignoreKey",
    "stream.+.output",
    "stream.+.output.field.separator",
    "stream.num.+.input.key.fields",
    "stream.num.+.output.key.fields",
    "stream.addenvironment",
    "stream.combine.small.files",
    "stream.jobconf.truncate.limit",
    "stream.non.zero.exit.is.failure",
    "stream.recordreader.class",
    "stream.recordreader.begin",
    "stream.recordreader.end",
    "stream.recordreader.slowmatch",
    "stream.recordreader.maxrec",
    "stream.recordreader.lookahead",
    "stream.sort.values",
    "stream.stderr.reporter.enabled",
    "stream.stderr.reporter.prefix",
    "stream.total.order",
]
#: How alike two names are [difflib] when one letter or two are wrong, but not a whole word.
_SIMILAR = 0.94


def known_names() -> frozenset[str]:
    """The names of properties that Hadoop, or this project, knows."""
    names = {*NEW_NAMES, *NEW_NAMES.values(), *DEFAULTS}
    names.update(name for name in IGNORED_PROPERTIES if not name.endswith("*"))
    for phase in ("map", "reduce"):
        names.update(name.replace("+", phase) for name in _OTHER_NAMES)
    return frozenset(names)


def notices_of_misspelt(given: Iterable[str]) -> Iterator[Notice]:
    """A line for each name of *given* that nobody knows, but almost."""
    known = known_names()
    unknown = [name for name in given if name.startswith(_PREFIXES) and name not in known]
    for name in unknown:
        similar = _most_similar(name, known)
        if similar and reason_to_ignore(name) is None:
            yield warning(f"Nothing here knows {name}; did you mean {similar}?")


def _most_similar(name: str, known: frozenset[str]) -> str:
    import difflib  # only here: it takes time to load

    return next(iter(difflib.get_close_matches(name, known, 1, _SIMILAR)), "")
