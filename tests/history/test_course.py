"""The course of a job, read from its log."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from hadoopless.errors import InputError
from hadoopless.history import events as ev
from hadoopless.history.reading import Tail, read_course, read_ends
from tests.history.logs import HERE, THERE, Log


def test_lanes_are_workers_and_slots() -> None:
    log = Log(HERE, THERE, slots=2)
    log.run("map-0", 0, 1).run("map-1", 0, 1, slot=1).run("map-2", 0.5, 1, THERE)
    course = log.run("map-3", 2, 3).done(4)
    assert course.lanes == [(HERE, 0), (HERE, 1), (THERE, 0)]
    assert [one.lane for one in course.attempts] == [0, 1, 2, 0]


def test_an_output_that_is_lost_does_not_count() -> None:
    log = Log(HERE, THERE).run("map-0", 0, 1)
    log.events.append(ev.WorkerLost(2, HERE))
    course = log.run("map-0", 2, 3, THERE, number=1).done(4)
    assert [one.counts for one in course.attempts] == [False, True]
    assert course.workers == {THERE: 1}


def test_of_two_attempts_at_a_time_the_first_to_end_counts() -> None:
    log = Log(HERE, THERE).run("map-0", 0, 9, result="cancelled")
    course = log.run("map-0", 5, 8, THERE, number=1, backup=True).done(9)
    assert [one.counts for one in course.attempts] == [False, True]


def test_a_log_without_an_end() -> None:
    log = Log(HERE).run("map-0", 0, 1)
    log.events.append(ev.AttemptBegan(1.5, "map-1", 0, HERE))
    log.events.append(ev.WorkerLoad(2.5, HERE, 5, 0.5))
    course = log.course()
    assert course.end is None
    assert [one.name for one in course.running] == ["map-1-0"]
    assert course.running[0].seconds(course.now) == 1.0


def test_an_end_before_its_start_takes_no_time() -> None:
    log = Log(HERE)
    log.events.append(ev.AttemptBegan(5, "map-0", 0, HERE))
    course = log.course()
    course.take(ev.AttemptEnded(1, "map-0", 0, HERE, "succeeded"))
    assert course.attempts[0].seconds(course.now) == 0.0


def test_the_slots_are_those_that_were_there_at_a_time() -> None:
    log = Log(HERE, THERE, slots=2)
    log.events += [ev.WorkerLost(1, HERE), ev.WorkerJoined(2, "http://other", 2)]
    course = log.done(3)
    assert (course.most_workers, course.slots) == (2, 4)


def test_ends_without_a_start_change_nothing() -> None:
    log = Log(HERE)
    log.events.append(ev.AttemptEnded(1, "map-0", 0, HERE, "succeeded"))
    assert log.course().attempts == []


def test_a_tail_waits_for_whole_lines(tmp_path: Path) -> None:
    path = tmp_path / "log"
    text = Log(HERE, THERE).run("map-0", 0, 1).text()
    path.write_bytes(text[:-5])
    with Tail(path) as tail:
        seen = list(tail.events())
        assert len(seen) == 4
        assert list(tail.events()) == []
        path.write_bytes(text)
        assert [type(event) for event in tail.events()] == [ev.AttemptEnded]


@pytest.mark.parametrize("text", [b"", b"hello\n", b'{"event":"lost","at":1,"worker":"w"}\n'])
def test_other_files_are_no_logs(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(text)
    for read in (read_course, read_ends):
        with pytest.raises(InputError, match="is no event log"):
            read(path)


def test_logs_of_other_releases(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(ev.encode(ev.JobBegan(0.0, "id", 1.0, 99)))
    with pytest.raises(InputError, match="another release"):
        read_course(path)


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "gone"):
        with pytest.raises(InputError, match="cannot read"):
            read_course(path)


def test_the_ends_of_a_log(tmp_path: Path) -> None:
    path = tmp_path / "log"
    log = Log(HERE).run("map-0", 0, 1)
    path.write_bytes(log.text())
    began, ended = read_ends(path)
    assert began.id == "5f0cabcd"
    assert ended is None
    log.done(2)
    path.write_bytes(log.text() + b'{"event":"do')
    assert read_ends(path)[1] == ev.JobEnded(2, "succeeded")


@pytest.mark.parametrize("length", [1 << 13, 1 << 14, 1 << 17, 1 << 20])
def test_the_ends_of_a_log_with_long_lines(length: int, tmp_path: Path) -> None:
    """The last line is found wherever it begins, and so is the end of the first one."""
    path = tmp_path / "log"
    log = Log(HERE).run("map-0", 0, 1, stderr="x" * length)
    log.done(2, outputs=("o" * length,))
    began, *others = log.events
    assert isinstance(began, ev.JobBegan)
    began = replace(began, mapper="m" * length)
    path.write_bytes(b"".join(map(ev.encode, (began, *others))))
    assert read_ends(path) == (began, others[-1])
