"""The page about metrics and the dashboard of Grafana name the metrics that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest

from hadoopless.wire.metrics.figures import RESULTS
from tests.metric_names import all_metrics
from tests.oracle import REPOSITORY

PAGE = (REPOSITORY / "docs" / "metrics.md").read_text()
BOARD: dict[str, Any] = json.loads((REPOSITORY / "docs/grafana/hadoopless.json").read_text())
PANELS: list[dict[str, Any]] = BOARD["panels"]
NAME = re.compile(r"\b(?:hadoopless_(?:worker|job)_\w+|process_\w+)")


def rows() -> Iterator[tuple[list[str], str, tuple[str, ...]]]:
    """The names, the kind and the labels of each row about metrics."""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and (names := NAME.findall(cells[0])):
            yield names, cells[1], tuple(re.findall(r"`(\w+)`", cells[2]))


ROWS = list(rows())
QUERIES = [target["expr"] for panel in PANELS for target in panel.get("targets", [])]


def test_the_page_tells_of_every_metric():
    metrics = all_metrics().keys()
    # Those that jobs have as workers have them are told once.
    twice = {name.replace("_worker_", "_job_") for name in metrics if "_worker_" in name} & metrics
    told = {name for names, _, _ in ROWS for name in names}
    assert told == metrics - twice | {"hadoopless_job_info"}


def test_the_page_tells_kinds_and_labels():
    metrics = all_metrics()
    for names, kind, labels in ROWS:
        for name in names:
            assert kind == metrics[name].kind.value, name
            assert labels == metrics[name].labels, name


def test_the_page_tells_the_results():
    section = PAGE[PAGE.index("## Results") :]
    assert tuple(re.findall(r"^\| `(\w+)`", section, re.MULTILINE)) == RESULTS


def test_the_dashboard_shows_metrics_that_there_are():
    metrics = all_metrics()
    shown = {name for query in QUERIES for name in NAME.findall(query)}
    asked = {name for one in variables() for name in NAME.findall(str(one["query"]))}
    assert len(shown) > 25
    assert shown | asked <= metrics.keys()
    parts = {
        name
        for query in QUERIES
        for by in re.findall(r"by \((.*?)\)", query)
        for name in by.split(", ")
    }
    legends = {
        name
        for panel in PANELS
        for target in panel.get("targets", [])
        for name in re.findall(r"{{(\w+)}}", target["legendFormat"])
    }
    labels = {label for name in shown for label in metrics[name].labels} | {"instance"}
    assert parts | legends <= labels


def test_counters_of_workers_are_shown_as_rates():
    for query in QUERIES:
        for name in NAME.findall(query):
            if name.endswith("_total") and "_job_" not in name:
                assert f"rate({name}" in query


def variables() -> list[dict[str, Any]]:
    return [one for one in BOARD["templating"]["list"] if one["type"] == "query"]


def test_the_dashboard_can_be_imported():
    assert BOARD["schemaVersion"] >= 36
    assert BOARD["title"]
    assert BOARD["uid"]
    ids = [panel["id"] for panel in PANELS]
    assert len(set(ids)) == len(ids)
    known = {one["name"] for one in BOARD["templating"]["list"]} | {"__rate_interval"}
    used = set(
        re.findall(r"\$\{?(\w+)", json.dumps([PANELS, [one["datasource"] for one in variables()]]))
    )
    assert used <= known


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel(panel: dict[str, Any]):
    place = panel["gridPos"]
    assert panel["title"]
    assert 0 <= place["x"] < place["x"] + place["w"] <= 24
    if panel["type"] == "row":
        return
    assert panel["type"] in ("timeseries", "stat")
    assert panel["targets"]
    refs = [target["refId"] for target in panel["targets"]]
    assert len(set(refs)) == len(refs)
    for target in panel["targets"]:
        assert target["expr"].count("(") == target["expr"].count(")")
        assert (
            target["datasource"]
            == panel["datasource"]
            == {"type": "prometheus", "uid": "${datasource}"}
        )


def test_no_panel_covers_another():
    for one, other in combinations((panel["gridPos"] for panel in PANELS), 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        apart_y = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert apart_x or apart_y, (one, other)
