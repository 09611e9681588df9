"""``hadoopless history``, ``logs`` and ``explain``: what they say of logs that are there."""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from hadoopless.commands import explain, history, logs
from hadoopless.history import events as ev
from hadoopless.history import store
from tests.history.logs import HERE, THERE, Log


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    directory = tmp_path / "jobs"
    monkeypatch.setenv(store.ENVIRONMENT, str(directory))
    return directory


def keep(log: Log, job: str = "5f0cabcd", now: float = 1e9) -> store.LogFile:
    """Put *log* into the history."""
    file = store.new_log(job, now)
    assert file is not None
    file.append(log.text())
    return file


def failing() -> Log:
    """A job of which one map task fails once."""
    log = Log(HERE, THERE)
    failure = ev.Failed("program", "map 0 attempt 0: ended with exit code 3", replay="cat a | cat")
    log.run("map-0", 0, 1, result="program failed", stderr="oh \x1b[31mno", failure=failure)
    log.run("map-0", 1, 2, THERE, number=1, stderr="fine").run("map-1", 0, 2, program_cpu=2.0)
    log.run("reduce-0", 2, 4, program_cpu=2.0)
    log.events.append(ev.JobEnded(4.5, "succeeded", ("out/0",), 1))
    return log


def one_that_has_read() -> Log:
    """A job that has read 200 KB."""
    log = Log(HERE).run("map-0", 0, 1, bytes=200_000).run("reduce-0", 1, 2)
    log.done(2)
    return log


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_an_empty_history(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert history.main([]) == 0
    assert capsys.readouterr().out == "no job has run yet\n"


def test_no_history(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(store.ENVIRONMENT, "off")
    history.main([])
    assert capsys.readouterr().out == "no history is kept: MAPREDUCE_HISTORY=off\n"
    history.main(["--json"])
    found = told(capsys)
    assert (found["directories"], found["unusable"], found["jobs"]) == ([], [], [])
    assert logs.main(["last"]) == 3
    assert "no job is in the history; no history is kept" in capsys.readouterr().err


def test_a_directory_that_cannot_be_used(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept.write_text("a file")
    history.main([])
    why = f"{kept}: it is not a directory that only you can write"
    assert capsys.readouterr().out == f"no job has run yet; {why}\n"
    assert explain.main(["last"]) == 3
    assert f"no job is in the history; {why}; hadoopless history" in capsys.readouterr().err
    assert history.main(["--json"]) == 0
    found = told(capsys)
    reason = "it is not a directory that only you can write"
    assert found["directories"] == [str(kept)]
    assert found["unusable"] == [{"directory": str(kept), "reason": reason}]


def test_a_directory_that_cannot_be_listed(
    kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(failing()).close()

    def denied(path: Path) -> list[str]:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)

    monkeypatch.setattr(os, "listdir", denied)  # the user of the tests may be root
    assert history.main([]) == 0
    assert capsys.readouterr().out == f"no job has run yet; {kept}: Permission denied\n"


def test_the_newest_are_those_that_can_be_read(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(failing()).close()
    for number in range(3):
        (kept / f"{2 * 10**12 + number}-garbled.jsonl").write_bytes(b"\xff")
    assert history.main(["--last=1", "--json"]) == 0
    assert [job["id"] for job in told(capsys)["jobs"]] == ["5f0cabcd"]


def test_names_with_newlines_stay_on_their_line(
    kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(Log(HERE).run("map-0", 0, 1, input="a\nmap-9-9 on x")).close()
    logs.main(["last", "map-0"])
    assert "  input:   a\\nmap-9-9 on x\n" in capsys.readouterr().out


def test_all_kinds_of_jobs(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(failing()).close()
    keep(Log(HERE), "lost", 1e9 + 1).close()
    running = keep(Log(HERE), "running", 1e9 + 2)
    (kept / "1500-bad.jsonl").write_text("nothing")
    history.main([])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[3] for line in lines[1:4]] == ["succeeded", "lost", "running"]
    assert "4.50 s" in lines[1]
    assert lines[4].startswith("3 jobs; hadoopless explain 5f0cabcd tells")
    history.main(["--last=1", "--json"])
    (job,) = told(capsys)["jobs"]
    assert (job["status"], job["seconds"], job["maps"]) == ("running", None, 2)
    running.close()


def test_logs_of_all_and_of_one(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(failing()).close()
    assert logs.main(["last"]) == 0
    out = capsys.readouterr().out
    assert "map-0-0 on http://127.0.0.1:8000: program failed, 1.00 s" in out
    assert "    oh \\x1b[31mno\n" in out
    assert "  to run just this task by hand:\n    cat a | cat\n" in out
    assert "2 of 4 attempts wrote nothing to stderr" in out
    logs.main(["last", "map 1"])
    assert "it wrote nothing to stderr" in capsys.readouterr().out
    logs.main(["last", "map-0-1", "--json"])
    assert [one["stderr"] for one in told(capsys)["attempts"]] == ["fine"]
    assert logs.main(["last", "map-9"]) == 3
    assert "the job has no attempt of map-9" in capsys.readouterr().err


def test_the_last_job_need_not_be_named(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(failing()).close()
    for words, named in (
        (["map-0-1"], ["last", "map-0-1"]),
        ([], ["last"]),
        (["--json"], ["last", "--json"]),
    ):
        told_of = []
        for given in (words, named):
            assert logs.main(given) == 0
            told_of.append(capsys.readouterr().out)
        assert told_of[0] == told_of[1]
    assert explain.main([]) == 0
    assert capsys.readouterr().out.startswith("The job took 4.50 s on 2 slots; ")
    assert logs.main(["map-9"]) == 3
    assert "the job has no attempt of map-9" in capsys.readouterr().err


def test_explain(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(failing()).close()
    assert explain.main(["last"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("The job took 4.50 s on 2 slots; ")
    assert "\n[######" in out
    assert "with 4 workers\n" in out
    words = ["5f0", "--workers=1", "--slots=2", "--numReducers=2", "--splitSize=6MB"]
    assert explain.main(words) == 0
    assert "with 1 worker, 2 slots each, 2 reducers and splits of 6MB\n" in capsys.readouterr().out


def test_so_many_tasks_are_not_replayed_unasked(
    kept: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(one_that_has_read()).close()
    monkeypatch.setattr(explain, "MOST", 1)
    assert explain.main([]) == 0
    out = capsys.readouterr().out
    assert "it would take" not in out
    assert out.endswith("for so many tasks when you name them: --workers=N\n")
    assert explain.main(["last", "--workers=1"]) == 0
    assert "it would take" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["--workers=1000000", "--numReducers=100001", "--splitSize=1"])
def test_numbers_that_would_take_too_long(
    change: str, kept: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(one_that_has_read()).close()
    assert explain.main(["last", change]) == 2
    assert "no more than 100,000 workers, slots or tasks" in capsys.readouterr().err


def test_explain_of_a_job_that_failed(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    failure = ev.Failed("program", "map 0 attempt 0: ended with exit code 3")
    log = Log(HERE).run("map-0", 0, 1, result="program failed", failure=failure)
    log.done(1, "failed", failure=failure)
    keep(log).close()
    explain.main(["last"])
    out = capsys.readouterr().out
    assert "\nLosses:\n  100 %  attempts that did not count (1 x program failed); hado" in out


def test_a_job_whose_coordinator_is_gone(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(HERE, time=time.time() - 100)
    file = keep(log)
    logs.main(["last"])
    assert capsys.readouterr().out == "no attempt has begun yet\n"
    assert logs.main(["last", "map-0"]) == 3
    assert "the job has no attempt of map-0: none has begun" in capsys.readouterr().err
    file.append(ev.encode(ev.AttemptBegan(1.0, "map-0", 0, HERE)))
    logs.main(["last"])
    assert "map-0-0 on http://127.0.0.1:8000: running, 99 s" in (out := capsys.readouterr().out)
    assert "its stderr is not known: it has not ended" in out
    explain.main(["last"])
    assert capsys.readouterr().out.startswith("The job has run for 100 s on 1 slot.")
    file.close()
    logs.main(["last"])
    assert "lost, 0.00 s" in (out := capsys.readouterr().out)
    assert "its stderr is not known: the coordinator was gone before it ended" in out
    logs.main(["last", "--json"])
    assert told(capsys)["attempts"][0]["result"] == "lost"
    explain.main(["last"])
    assert "The log ends after 1.00 s on 1 slot, but" in capsys.readouterr().out


def test_explain_for_programs(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(failing()).close()
    explain.main(["last", "--json", "--workers=1"])
    found = told(capsys)
    assert (found["object"], found["schema"], found["seconds"]) == ("explain", 1, 4.5)
    assert set(found["slotTime"]) >= {"programs", "ours", "waiting", "redone", "idleInMaps"}
    assert found["predictions"][0]["options"] == "--workers=1"
    assert len(found["sentences"]) == 3


def test_a_job_that_has_not_succeeded(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    keep(Log(HERE)).close()
    assert explain.main(["last"]) == 0
    assert explain.main(["last", "--workers=3"]) == 3
    assert "the job has not succeeded" in capsys.readouterr().err


def test_a_job_without_reducers(kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = Log(HERE, reduces=0).run("map-0", 0, 1)
    log.done(1)
    keep(log).close()
    assert explain.main(["last", "--numReducers=3"]) == 3
    assert "the job has no reducers: leave out --numReducers" in capsys.readouterr().err


@pytest.mark.parametrize("command", [history, logs, explain])
def test_errors_for_programs(command: Any, kept: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--nothing", "--json"] if command is history else ["nothing", "--json"]
    assert command.main(words) in (2, 3)
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    found = json.loads(captured.out)
    assert found["status"] == "failed"
    assert found["error"]["message"] in captured.err


@pytest.mark.parametrize("command", [history, logs, explain])
def test_help_has_an_example(command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command.main(["--help"])
    assert "example" in capsys.readouterr().out
