"""Writes metrics as OpenMetrics text, which Prometheus and its kin read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import Enum

from msgspec import Struct

#: The form of :func:`page` [OpenMetrics 1.0].
CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"


class Kind(Enum):
    """The kind of a metric: a state, a count that only grows, or words about the process."""

    GAUGE = "gauge"
    COUNTER = "counter"
    INFO = "info"


#: The endings that the names of samples have beside the name of their metric.
_ENDINGS = {Kind.GAUGE: "", Kind.COUNTER: "_total", Kind.INFO: "_info"}


class Metric(Struct, frozen=True):
    """A metric: its name without the ending of its kind, and the names of its labels.

    A name that has a unit ends with it.
    """

    name: str
    kind: Kind
    help: str
    labels: tuple[str, ...] = ()
    unit: str = ""

    @property
    def sample_name(self) -> str:
        """The name that each of its samples has."""
        return self.name + _ENDINGS[self.kind]


class Sample(Struct, frozen=True):
    """A value of a metric, and the words of its labels in their order."""

    value: float
    words: tuple[str, ...] = ()


#: A metric and its values now.
Told = tuple[Metric, Sequence[Sample]]


def page(told: Iterable[Told]) -> bytes:
    """The answer to a scrape."""
    lines: list[str] = []
    for metric, samples in told:
        lines.append(f"# TYPE {metric.name} {metric.kind.value}")
        if metric.unit:
            lines.append(f"# UNIT {metric.name} {metric.unit}")
        lines.append(f"# HELP {metric.name} {_escaped(metric.help)}")
        lines += [_line(metric, sample) for sample in samples]
    return "\n".join([*lines, "# EOF\n"]).encode("utf-8", "backslashreplace")


def _line(metric: Metric, sample: Sample) -> str:
    pairs = zip(metric.labels, sample.words, strict=True)
    labels = ",".join(f'{name}="{_escaped(word)}"' for name, word in pairs)
    value = sample.value
    number = repr(round(value, 6)) if isinstance(value, float) else str(value)
    return (
        f"{metric.sample_name}{{{labels}}} {number}"
        if labels
        else (f"{metric.sample_name} {number}")
    )


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
