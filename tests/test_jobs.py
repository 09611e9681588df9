"""Jobs that a Python program runs."""

from __future__ import annotations

import json
import logging
import os
import shlex
import signal
import subprocess
import sys
import threading
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import hadoopless
from hadoopless.errors import (
    Cancelled,
    InputError,
    MapReduceError,
    NoWorkersError,
    ProgramFailed,
    ProgramTimedOut,
    UsageError,
)
from hadoopless.wire import tls
from tests.oracle import REPOSITORY, oracle

pytestmark = pytest.mark.cluster

WORDS = REPOSITORY / "wordcount"
MAPPER, REDUCER = WORDS / "mapper.py", WORDS / "reducer.py"
TEXT = b"to be or not to be\nthat is the question\n"


@pytest.fixture(autouse=True)
def text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An input in the working directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAPREDUCE_WORKERS", raising=False)
    (tmp_path / "text").write_bytes(TEXT)
    return tmp_path / "text"


def test_a_job(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    done = hadoopless.run_job(
        mapper=MAPPER, reducer=str(REDUCER), inputs="text", output="out", reducers=2
    )
    expected = oracle([str(MAPPER)], [str(REDUCER)], [TEXT], 2)
    assert done.outputs == (tmp_path / "out/0.out", tmp_path / "out/1.out")
    assert [path.read_bytes() for path in done.outputs] == expected
    assert list(done.lines()) == b"".join(expected).splitlines()
    assert str(done).startswith("done in ")
    assert done.seconds > 0
    out, err = capfd.readouterr()
    assert out == ""
    assert "map 100% (1/1)  reduce 100% (2/2)\n" in err


def test_the_workers_of_the_environment_need_not_be_there(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """They take the place of the inventory, as for a job of the command line."""
    monkeypatch.setenv("MAPREDUCE_WORKERS", "http://127.0.0.1:1")
    done = hadoopless.run_job(mapper="cat", inputs="text", output="out")
    assert done.outputs[0].read_bytes() == TEXT
    assert "no worker of the inventory answers: starting workers" in capfd.readouterr().err


def test_metrics_can_be_scraped(capfd: pytest.CaptureFixture[str]) -> None:
    hadoopless.run_job(mapper="cat", inputs="text", output="out", metrics_port=0)
    assert "metrics at http://127.0.0.1:" in capfd.readouterr().err


@pytest.mark.skipif(find_spec("py_spy") is None, reason="the extra profile is not installed")
def test_a_profile_is_told(capfd: pytest.CaptureFixture[str]) -> None:
    hadoopless.run_job(mapper="cat", inputs="text", output="out", profile=True)
    assert "no profile: " in capfd.readouterr().err  # cat is no Python program


def test_without_progress_nothing_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    done = hadoopless.run_job(
        mapper=["cat"], reducer="cat", inputs=["text"], output="out", progress=False
    )
    assert sorted(done.lines()) == [line + b"\t" for line in sorted(TEXT.splitlines())]
    assert capfd.readouterr() == ("", "")
    assert logging.getLogger("hadoopless").handlers == []


def test_counters_and_variables() -> None:
    report = 'echo "reporter:counter:mine,$NAME,2" >&2; cat'
    done = hadoopless.run_job(
        mapper=["sh", "-c", report], inputs="text", output="out", env={"NAME": "it"}, progress=False
    )
    assert done.counters == {"mine": {"it": 2}}
    assert done.result.reduces == ()


def test_strange_names(tmp_path: Path) -> None:
    """Neither a comma in an input nor a blank in a program's path separates anything."""
    (tmp_path / "a,b").write_bytes(b"1\n")
    (tmp_path / "c").write_bytes(b"2\n")
    program = tmp_path / "my mapper"
    program.write_text("#!/bin/sh\nexec cat\n")
    program.chmod(0o755)
    done = hadoopless.run_job(
        mapper=program, inputs=[Path("a,b"), "c"], output=tmp_path / "out", progress=False
    )
    assert list(done.lines()) == [b"1", b"2"]


@pytest.mark.parametrize(
    ("changes", "kind", "told"),
    [
        ({"inputs": "nothing"}, InputError, "no such input: nothing"),
        ({"mapper": "nobody"}, InputError, "no such program: nobody"),
        ({"mapper": []}, UsageError, "mapper: a program is a command, a path, or a list of words"),
        ({"inputs": []}, UsageError, "no input is given"),
        ({"output": "hdfs://h/out"}, UsageError, "output: run_job gives local files back"),
        ({"inputs": ["text", "-"]}, UsageError, "- is a file here"),
        ({"reducers": -1}, UsageError, "--numReducers: must be a whole number, at least 0"),
        ({"split_size": "much"}, UsageError, "must be a size like 64MB"),
        ({"workers": "nonsense"}, UsageError, "not a worker's URL"),
        ({"metrics_port": -1}, UsageError, "metricsPort"),
        ({"profile": 0}, UsageError, "profile"),
        ({"workers": ["http://127.0.0.1:1"]}, NoWorkersError, "no worker answers"),
        ({"reducer": "sh -c 'exit 7'"}, ProgramFailed, "ended with exit code 7"),
        (
            {"reducer": "sleep 100", "task_timeout": 0.2, "max_attempts": 1},
            ProgramTimedOut,
            "0.2 s",
        ),
    ],
)
def test_errors_are_raised(changes: dict[str, Any], kind: type[MapReduceError], told: str) -> None:
    job: dict[str, Any] = {"mapper": "cat", "reducer": "cat", "inputs": "text", "output": "out"}
    with pytest.raises(kind) as caught:
        hadoopless.run_job(**(job | changes), progress=False)
    assert told in str(caught.value)


def test_in_another_thread() -> None:
    """Signals belong to the main thread."""
    ended: list[hadoopless.DoneJob] = []

    def run() -> None:
        ended.append(hadoopless.run_job(mapper="cat", inputs="text", output="out", progress=False))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert len(ended) == 1


def test_a_program_without_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python has none where its parent has closed it, as for some daemons."""
    monkeypatch.setattr(sys, "stderr", None)
    done = hadoopless.run_job(mapper="cat", inputs="text", output="out")
    assert list(done.lines()) == TEXT.splitlines()


def test_a_program_that_waits_for_its_signals() -> None:
    """It blocks them, and the processes of the job would inherit that."""
    blocked = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
    try:
        done = hadoopless.run_job(
            mapper=["sh", "-c", "cat; exec >&- 2>&-; sleep 0.5"],  # its end is news of its own
            inputs="text",
            output="out",
            task_timeout=10,
            max_attempts=1,
        )
        assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before | blocked
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert list(done.lines()) == TEXT.splitlines()


def test_an_interrupt_before_the_job_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tls, "begin", interrupted)
    with pytest.raises(Cancelled, match=r"^the job was cancelled$"):
        hadoopless.run_job(mapper=MAPPER, inputs="text", output="out")


def test_the_signals_of_a_program_stay_its_own(text: Path) -> None:
    program = (
        "import signal, hadoopless\n"
        "before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)\n"
        "hadoopless.run_job(mapper='cat', inputs='text', output='out', progress=False)\n"
        "assert before == (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", program], cwd=text.parent, env=environment, check=True)


def test_the_command_line_loads_nothing_of_it() -> None:
    program = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); import coordinator\n"
    program += "assert 'hadoopless.jobs' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_no_other_names() -> None:
    module: Any = hadoopless
    with pytest.raises(AttributeError, match="'hadoopless' has no attribute 'nothing'"):
        _ = module.nothing


def test_commands_are_as_a_shell_has_them(text: Path) -> None:
    command = shlex.join(["sed", "s/ /  /g"])
    done = hadoopless.run_job(mapper=command, inputs=text, output="out", progress=False)
    assert b"".join(line + b"\n" for line in done.lines()) == TEXT.replace(b" ", b"  ")


@pytest.mark.parametrize(
    ("options", "code", "kind"),
    [
        (["--mapperPath=cat", "--reducerPath=cat"], 0, None),
        (["--mapperPath=cat", "--reducerPath=false"], 4, "program"),
        (["--mapperPath=cat", "--reducer=cat"], 2, "usage"),
    ],
)
def test_the_command_line_tells_programs(options: list[str], code: int, kind: str | None) -> None:
    command = [sys.executable, str(REPOSITORY / "coordinator.py"), *options, "--json"]
    places = ["--workers=embedded", "--inputPath=text", "--outputPath=out"]
    done = subprocess.run([*command, *places], capture_output=True, text=True)
    told = json.loads(done.stdout)
    assert (done.returncode, told["exitCode"]) == (code, code)
    assert told.get("error", {}).get("kind") == kind
    assert ("coordinator.py: " in done.stderr) == bool(kind)
    assert told.get("outputs") == (None if kind else ["out/0.out"])


def test_the_environment_stays_that_of_the_caller(tmp_path: Path) -> None:
    """A second job and a child of the caller find the token; the programs of the jobs do not."""
    script = """
import os, subprocess, sys
import hadoopless
for number in range(2):
    done = hadoopless.run_job(
        mapper="env", inputs="in.txt", output=f"out{number}", workers="embedded", progress=False
    )
    print(any(b"s3cret" in line for line in done.lines()), os.environ["MAPREDUCE_TOKEN"])
subprocess.run(["sh", "-c", "echo $MAPREDUCE_TOKEN"])
"""
    (tmp_path / "in.txt").write_text("a\n")
    done = subprocess.run(
        [sys.executable, "-u", "-c", script],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MAPREDUCE_TOKEN": "s3cret"},
        capture_output=True,
        text=True,
    )
    assert done.stdout == "False s3cret\nFalse s3cret\ns3cret\n", done.stderr
