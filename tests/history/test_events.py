"""The lines of an event log."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.history import events as ev

EVENTS: list[ev.Event] = [
    ev.JobBegan(0.0, "id", 1.5, ev.SCHEMA, command=("run", "--x"), settings={"slots": "2"}),
    ev.WorkerJoined(0.1, "http://w", 3, started_by_job=True),
    ev.WorkerLost(0.2, "http://w"),
    ev.WorkerLoad(0.3, "http://w", 1 << 30, 2.5),
    ev.AttemptBegan(0.4, "map-3", 1, "http://w", 2, True, "a.txt", 77),
    ev.AttemptEnded(
        0.5,
        *("reduce-0", 0, "http://w", "program failed"),
        top_keys=(ev.TopKey("the", 3, 9),),
        failure=ev.Failed("program", "text", exit=-9),
    ),
    ev.OutputRestored(0.6, "map-1", "http://w"),
    ev.Committed(0.7, "reduce-4"),
    ev.JobEnded(0.8, "failed", counters=(("g", "n", 1),)),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_a_line_is_json_and_comes_back(event: ev.Event) -> None:
    line = ev.encode(event)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert json.loads(line)["at"] == event.at
    assert ev.decode(line) == event


def test_fields_have_names_as_in_other_objects() -> None:
    told = json.loads(ev.encode(EVENTS[5]))
    assert told["event"] == "end"
    assert told["topKeys"] == [["the", 3, 9]]
    assert "spilledBytes" not in told  # 0 is left out


@given(st.binary(max_size=60))
def test_damaged_lines_are_no_events(data: bytes) -> None:
    event = ev.decode(data)
    assert event is None or ev.decode(ev.encode(event)) == event


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b'{"event":"lost","at":1',
        b'{"event":"news","at":1}',
        b'{"event":"lost","at":"x","worker":"w"}',
        b'{"event":"lost","worker":"w"}',
        b'{"event":"lo\xcft","at":1,"worker":"w"}',
        b'{"event":"lost","at":1,"worker":"\xff"}',
        b"[" * 100_000,
        b'{"event":"lost","at":-1,"worker":"w"}',
        b'{"event":"lost","at":1e300,"worker":"w"}',
        b'{"event":"lost","at":NaN,"worker":"w"}',
        b'{"event":"worker","at":1,"worker":"w","slots":0}',
        b'{"event":"job","at":0,"id":"x","time":1e300}',
        b'{"event":"job","at":0,"id":"x","time":1,"cores":-2}',
        b'{"event":"start","at":1,"task":"map-x","number":0,"worker":"w"}',
        b'{"event":"start","at":1,"task":"reduce--1","number":0,"worker":"w"}',
        b'{"event":"end","at":1,"task":"map-1","number":0,"worker":"w","result":"","seconds":-3}',
    ],
)
def test_lines_that_cannot_be_read_are_left_out(line: bytes) -> None:
    lost = ev.encode(ev.WorkerLost(1.0, "w"))
    assert list(ev.decoded([line, lost])) == [ev.WorkerLost(1.0, "w")]


def test_a_field_of_a_later_release_is_ignored() -> None:
    assert ev.decode(b'{"event":"lost","at":1,"worker":"w","mood":"sad"}') == ev.WorkerLost(1, "w")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a\udcffb", "a\\xffb"), ("\ud800", "\\ud800"), ("naïve", "naïve"), ("a\udcff\ud800", None)],
)
def test_names_that_are_no_utf_8_are_shown(name: str, shown: str | None) -> None:
    event = ev.decode(ev.encode(ev.AttemptBegan(0.0, "map-0", 0, "w", input=name)))
    assert isinstance(event, ev.AttemptBegan)
    assert shown is None or event.input == shown
    event.input.encode()
