"""The section What if: sliders and a table of predictions, for jobs that have succeeded alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hadoopless.history.what_if import REDUCERS, SPLIT, WORKERS, Axis, Grid
from hadoopless.page.html.what_if import what_if
from hadoopless.page.report import main
from tests.page.html.test_texts import Parsed
from tests.page.made_logs import made_events, write_log
from tests.page.test_server import Page, with_page

GRID = Grid(
    (
        Axis(SPLIT, (32 << 20, 64 << 20), 1),
        Axis(REDUCERS, (4, 8), 0),
        Axis(WORKERS, (1, 2, 4), 1),
    ),
    tuple(float(number) for number in range(1, 13)),
    8.5,
)


def test_the_table_has_all_predictions() -> None:
    parsed = Parsed(what_if("job", GRID))
    text = parsed.text.replace("\u202f", " ")
    assert "Predicted times; the job took 8.5 s" in text
    assert "Workers: 1Workers: 2 (as it was)Workers: 4" in text
    assert "32.0 MB4 (as it was)1.0 s2.0 s3.0 s32.0 MB84.0 s5.0 s6.0 s" in text
    assert "64.0 MB (as it was)810.0 s11.0 s12.0 s" in text
    assert "further machines" in text
    assert "Of 22 predictions" in text


def test_sliders_choose_the_predictions() -> None:
    parsed = Parsed(what_if("job", GRID))
    (box,) = (found for tag, found in parsed.tags if found.get("id") == "what-if-sliders")
    assert json.loads(box["data-seconds"] or "") == list(GRID.seconds)
    sliders = {found["id"]: found for tag, found in parsed.tags if tag == "input"}
    told = {
        name: [one[key] for key in ("max", "value", "data-step")] for name, one in sliders.items()
    }
    assert told == {
        "try-workers": ["2", "1", "1"],
        "try-reducers": ["1", "0", "3"],
        "try-split": ["1", "1", "6"],
    }
    assert sliders["try-workers"]["aria-valuetext"] == "2 (as it was)"
    assert [found["for"] for tag, found in parsed.tags if tag == "label"] == list(sliders)


def test_a_job_of_too_many_tasks_names_the_command() -> None:
    parsed = Parsed(what_if("5f0c<b>", Grid((), (), 8.5)))
    assert "hadoopless explain 5f0c<b> --workers=N" in parsed.text
    assert not {"input", "table", "b"} & {tag for tag, _ in parsed.tags}


def test_nothing_without_predictions() -> None:
    assert what_if("job", None) == ""


@pytest.mark.parametrize("has_ended", [True, False])
def test_reports_have_it_after_the_end(tmp_path: Path, has_ended: bool) -> None:
    *events, end = sorted(made_events(60), key=lambda one: one.at)
    log = write_log(tmp_path / "made.jsonl", iter([*events, end] if has_ended else events))
    path = tmp_path / "report.html"
    assert main([str(log), "-o", str(path)]) == 0
    assert ('<section id="what-if"' in path.read_text()) is has_ended


@pytest.mark.parametrize("has_ended", [True, False])
def test_the_server_tells_it_after_the_end(tmp_path: Path, has_ended: bool) -> None:
    *events, end = sorted(made_events(60), key=lambda one: one.at)
    log = write_log(tmp_path / "made.jsonl", iter([*events, end] if has_ended else events))

    async def body(page: Page) -> None:
        for path in ("jobs/made/", "jobs/made/what-if"):
            answer = await page.see(path)
            assert answer.code == 200
            assert (b'<section id="what-if"' in answer.body) is has_ended

    with_page(body, log)
