"""The sheet of a job: rows, states, changes, keys; and the figures made of its course."""

from __future__ import annotations

from hadoopless.history import events as ev
from hadoopless.page.columns import MOST
from hadoopless.page.figures import compared, figures_of, quantile
from hadoopless.page.sheet import DONE, REDONE, RUNNING, TOP_KEYS, Sheet
from tests.page.made_logs import began, made_events


def sheet_of(*events: ev.Event) -> Sheet:
    sheet = Sheet()
    for event in events:
        sheet.take(event)
    return sheet


def start(task: str, number: int = 0, at: float = 1.0, **fields: bool) -> ev.AttemptBegan:
    return ev.AttemptBegan(at, task, number, "w", input="part-1", bytes=100, **fields)


def end(task: str, number: int = 0, result: str = "succeeded", **fields: int) -> ev.AttemptEnded:
    return ev.AttemptEnded(3.0, task, number, "w", result, **fields)  # type: ignore[arg-type]


def test_an_attempt() -> None:
    sheet = sheet_of(began(1, 1), start("map-7"))
    assert {name: column[0] for name, column in sheet.columns.items() if column[0]} == {
        "index": 7,
        "began": 10_000,
        "took": -1,
        "inputBytes": 100,
    }
    sheet.take(end("map-7", input_records=5, output_bytes=9, program_cpu=2))
    told = sheet.rows([0])
    assert (told["took"], told["state"], told["inputRecords"]) == ([20_000], [DONE], [5])
    assert (told["inputBytes"], told["programCpu"], told["input"]) == ([100], [2000], ["part-1"])


def test_lost_work_is_told_apart() -> None:
    sheet = sheet_of(began(1, 1), start("map-0"), end("map-0"))
    sheet.take_changes()
    sheet.take(ev.WorkerLost(3.0, "w"))
    sheet.take(start("map-0", 1, 4.0))
    assert list(sheet.columns["state"]) == [REDONE, RUNNING]
    assert sheet.take_changes() == ([0, 1], {"workers"})
    assert sheet.take_changes() == ([], set())


def test_a_failure_has_a_group() -> None:
    sheet = sheet_of(began(1, 1), start("map-0"), end("map-0", result="program failed"))
    assert list(sheet.columns["failure"]) == [1]
    rows, parts = sheet.take_changes()
    assert rows == [0]
    assert "failures" in parts
    sheet = sheet_of(began(1, 1), start("map-0"), end("map-0", result="cancelled"))
    assert list(sheet.columns["failure"]) == [0]


def test_events_without_sense_change_nothing() -> None:
    sheet = sheet_of(
        began(1, 1),
        start("map-x"),
        start("reduce"),
        start(f"map-{10**12}"),
        end("map-0"),
        end("map-5", number=3),
    )
    assert len(sheet) == 0
    assert sheet.course.attempts == []


def test_numbers_stay_within_what_can_be_told() -> None:
    sheet = sheet_of(began(1, 1), start("map-0", at=1e300), end("map-0", input_bytes=1 << 62))
    assert sheet.columns["began"][0] == MOST
    assert (sheet.columns["inputBytes"][0], sheet.columns["took"][0]) == (MOST, 0)


def test_the_largest_keys() -> None:
    sheet = sheet_of(began(1, 2))
    for partition in (0, 1):
        keys = tuple(
            ev.TopKey(f"{partition}-{rank}", 1, 100 - 2 * rank + partition) for rank in range(20)
        )
        sheet.take(start(f"reduce-{partition}"))
        sheet.take(end(f"reduce-{partition}", top_keys=keys))  # type: ignore[arg-type]
    assert [key.key for _, key in sheet.top_keys[:4]] == ["1-0", "0-0", "1-1", "0-1"]
    assert len(sheet.top_keys) == TOP_KEYS


def test_figures() -> None:
    sheet = sheet_of(*sorted(made_events(60), key=lambda one: one.at))
    figures = figures_of(sheet.course)
    assert (figures["maps"].shown, figures["maps"].note) == ("52", "of 52")
    assert figures["reduces"].value == 8
    assert figures["lost"].value == 1
    assert figures["reduce_longest"].value > figures["reduce_median"].value
    changes = {one.label: one for one in compared(sheet.course, sheet.course)}
    assert changes["duration"].ratio == 1
    assert "failed attempts" not in changes


def test_figures_of_nothing() -> None:
    assert all(figure.value == 0 for figure in figures_of(Sheet().course).values())


def test_quantiles() -> None:
    assert [quantile([1, 2, 3, 4], part) for part in (0, 0.5, 1)] == [1, 3, 4]
    assert quantile([], 0.5) == 0
