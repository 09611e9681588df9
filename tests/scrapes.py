"""Reads the answers to scrapes as Prometheus does."""

from __future__ import annotations

from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families

#: A sample: its name, and the words of its labels in the order of their names.
Key = tuple[str, ...]


def helps(text: bytes) -> dict[str, str]:
    """The help of each metric in *text*; ValueError if that is no OpenMetrics."""
    return {family.name: family.documentation for family in _families(text)}


def values(text: bytes) -> dict[Key, float]:
    """The value of each sample in *text*; ValueError if that is no OpenMetrics."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in _families(text)
        for sample in family.samples
    }


def _families(text: bytes) -> list[Any]:
    return list(text_string_to_metric_families(text.decode()))  # type: ignore[no-untyped-call]
