"""The screen of a job: on a terminal, in a pipe, and with --quiet."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.oracle import REPOSITORY
from tests.pools import OurPool, coordinator_argv
from tests.system.jobs import Job, succeeded
from tests.ui.screen import screen

INPUTS = [b"one fish\n", b"two fish\n", b"red fish\n"]


def on_a_terminal(
    job: Job,
    urls: list[str],
    *more: str,
    term: str = "xterm-256color",
    watch: Callable[[bytes], None] = lambda seen: None,
) -> tuple[int, str, str]:
    """(exit code, stdout, what a terminal at stderr got) of a run of the job.

    *watch* is given all that the terminal has got, each time that it gets more.
    """
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        coordinator_argv(urls, *job.options(num_reducers=2), *more),
        cwd=job.root,
        env={**os.environ, "TERM": term, "COLUMNS": "100"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        seen = b""
        try:
            while data := os.read(ours, 1 << 16):
                seen += data
                watch(seen)
        except OSError:
            pass  # how Linux tells that nobody has the other end any more
        finally:
            os.close(ours)
        assert process.stdout is not None
        out = process.stdout.read().decode()
    return process.returncode, out, seen.decode()


def test_bars_on_a_terminal(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    go = job.root / "go"
    waits = f"#!/bin/sh\nuntil [ -e '{go}' ]; do sleep 0.05; done\nexec cat\n"

    def let_go(seen: bytes) -> None:
        if b"0/3" in seen:
            go.touch()

    mapper = job.script("mapper.sh", waits)
    code, out, seen = on_a_terminal(job, pool.urls, f"--mapperPath={mapper}", watch=let_go)
    assert (code, job.outputs()) == (0, [b"red fish\t\n", b"one fish\t\ntwo fish\t\n"])
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert plain != seen, "nothing was drawn"
    assert re.search(r"map    ─{40}   0% 0/3  \d running, 0:\d\d", plain), plain
    assert re.search(r"reduce ─{40}   0% 0/2  waits for the maps", plain), plain
    assert re.search(r"reduce ━{40} 100% 2/2 ", plain), plain
    assert re.search(r"^\d workers\s*$", plain, re.MULTILINE), plain
    assert screen(seen) == [""]
    assert "done in" in out
    assert "\x1b" not in out


def test_quiet_on_a_terminal(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    assert on_a_terminal(job, pool.urls, "--quiet") == (0, "", "")


def test_error_on_a_terminal(pool: OurPool, job: Job):
    """The bars are put away before the message comes."""
    job.inputs(*INPUTS)
    mapper = job.script("mapper.sh", "#!/bin/sh\necho advice >&2\nexit 1\n")
    code, out, seen = on_a_terminal(job, pool.urls, f"--mapperPath={mapper}", "--maxAttempts=1")
    assert (code, out) == (4, "")
    assert screen(seen)[0].startswith("coordinator.py: map ")
    assert "    advice" in screen(seen)


def test_each_failure_is_told_once_on_a_terminal(pool: OurPool, job: Job):
    """With --verbose the failures of attempts that do not end the job are told, too."""
    job.inputs(*INPUTS)
    source = '#!/bin/sh\necho "$$" >> "$0.tries"; echo advice >&2; [ "$(head -1)" != "two fish" ]\n'
    mapper = job.script("mapper.sh", source)
    more = (f"--mapperPath={mapper}", "--maxAttempts=2", "--verbose")
    code, _, seen = on_a_terminal(job, pool.urls, *more)
    told = [line for line in screen(seen) if "ended with exit code 1" in line]
    assert (code, len(told)) == (4, 2)
    assert re.fullmatch(r"map 1 attempt 0 on http://\S+: ended with exit code 1", told[0])
    assert told[1] == "coordinator.py: map 1 attempt 1: ended with exit code 1"


def test_the_first_failure_is_told_at_once(pool: OurPool, job: Job):
    """In one line, while the job goes on; failures that follow are not told."""
    job.inputs(*INPUTS)
    source = (
        '#!/bin/sh\nmkdir "$0.tries$(head -1 | tr -d " \\n")" && echo advice >&2 && exit 3\ncat\n'
    )
    mapper = job.script("mapper.sh", source)
    code, _, seen = on_a_terminal(job, pool.urls, f"--mapperPath={mapper}")
    assert code == 0
    (line, *rest) = screen(seen)
    assert re.fullmatch(r"map \d: ended with exit code 3: advice; see: .* logs last map-\d", line)
    assert rest == [""]


def test_a_terminal_that_can_only_write(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    code, _, seen = on_a_terminal(job, pool.urls, term="dumb")
    assert code == 0
    assert seen.splitlines()[-1] == "map 100% (3/3)  reduce 100% (2/2)"
    assert "\x1b" not in seen


def test_lines_elsewhere(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    done = succeeded(job.run(pool.urls, num_reducers=2))
    lines = done.stderr.splitlines()
    assert lines[-1] == "map 100% (3/3)  reduce 100% (2/2)"
    assert all(re.fullmatch(r"map \d+% \(\d/3\)  reduce \d+% \(\d/2\)", line) for line in lines)


@pytest.mark.parametrize("workers", ["pool", "embedded"])
def test_quiet_elsewhere(pool: OurPool, job: Job, workers: str):
    job.inputs(*INPUTS)
    urls = pool.urls if workers == "pool" else ["embedded"]
    done = succeeded(job.run(urls, "--quiet"))
    assert (done.stdout, done.stderr) == ("", "")


def test_quiet_is_silent_of_success_only(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    done = job.run(pool.urls, "--quiet", "--maxAttempts=1", mapper="false")
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("coordinator.py: map ")


def test_summary(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    done = succeeded(job.run(pool.urls, num_reducers=2))
    pattern = r"""done in \d+\.\d\d s: 3 map \+ 2 reduce tasks on \d workers?
  27 B read, 3 records \(30 B\) from the mappers, 30 B written
  \d+\.\d\d CPU seconds in the programs
  slowest task: (map|reduce) \d, \d+\.\d\d s; largest partition: 1, 67 % of the data
  output: NAME/0\.out, NAME/1\.out
"""
    assert re.fullmatch(pattern.replace("NAME", job.name), done.stdout), done.stdout


def test_summary_of_many_outputs(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    done = succeeded(job.run(pool.urls, num_reducers=9))
    assert f"  output: {job.name}/0.out … {job.name}/8.out (9 files)\n" in done.stdout


def test_warning_of_older_outputs(pool: OurPool, job: Job):
    job.inputs(*INPUTS)
    succeeded(job.run(pool.urls, num_reducers=4))
    done = succeeded(job.run(pool.urls, num_reducers=2))
    (warning,) = (line for line in done.stdout.splitlines() if line.startswith("warning: "))
    assert f"{job.name}/2.out" in warning
    assert f"{job.name}/3.out" in warning
    assert "left by an earlier run with more outputs" in warning


def test_warning_of_skew(pool: OurPool, job: Job):
    """Nearly all records have one key; small partitions are not worth a word."""
    job.inputs(b"k\tvalue\n" * 300_000, b"".join(b"%d\n" % i for i in range(100)))
    done = succeeded(job.run(pool.urls, num_reducers=5))
    (warning,) = (line for line in done.stdout.splitlines() if line.startswith("warning: "))
    assert re.search(r"partition \d holds 100 % of the data \(2\.3 MB\)", warning), warning
    assert "a combiner may help" in warning


def hadoop_jar(job: Job, **environment: str) -> subprocess.CompletedProcess[str]:
    """A streaming job over the inputs of *job*."""
    job.inputs(*INPUTS)
    words = ["hadoop", "jar", "x.jar", "-input", f"{job.name}/*.in", "-output", f"{job.name}/out"]
    return subprocess.run(
        [sys.executable, REPOSITORY / "bin" / "launch.py", *words, "-mapper", "cat"],
        cwd=job.root,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_metrics_of_hadoop_jar(pool: OurPool, job: Job):
    workers = ",".join(pool.urls)
    done = hadoop_jar(job, MAPREDUCE_WORKERS=workers, MAPREDUCE_METRICS_PORT="0")
    assert done.returncode == 0, done.stderr
    assert re.search("metrics at http://127.0.0.1:[0-9]+/metrics", done.stderr)


def test_a_port_of_metrics_that_is_none(pool: OurPool, job: Job):
    workers = ",".join(pool.urls)
    done = hadoop_jar(job, MAPREDUCE_WORKERS=workers, MAPREDUCE_METRICS_PORT="x")
    assert done.returncode == 1
    assert "MAPREDUCE_METRICS_PORT must be a whole number" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_pool_is_told_by_hadoop_jar_too(job: Job):
    done = hadoop_jar(job, MAPREDUCE_WORKERS="http://127.0.0.1:1")
    assert done.returncode == 0, done.stderr
    assert "no worker of the inventory answers: starting workers for this job" in done.stderr
    part = job.path / "out" / "part-00000"
    assert part.read_bytes() == b"one fish\t\nred fish\t\ntwo fish\t\n"


def test_no_pool_is_told(job: Job):
    """Without --workers and with nobody there, the job brings its own workers, and says so."""
    job.inputs(*INPUTS)
    argv = [word for word in coordinator_argv([], *job.options()) if word != "--workers="]
    environment = {**os.environ, "MAPREDUCE_WORKERS": "http://127.0.0.1:1"}
    done = subprocess.run(
        argv, cwd=job.root, env=environment, capture_output=True, text=True, timeout=60
    )
    succeeded(done)
    assert "no worker of the inventory answers: starting workers for this job" in done.stderr
    assert job.outputs() == [b"one fish\t\nred fish\t\ntwo fish\t\n"]


@pytest.mark.parametrize(
    ("redirection", "code"),
    [("2>&1 | true", 0), ("2> /dev/full", 0), ("<&- >&- 2>&-", 0), ("> /dev/full 2>&1", 6)],
)
@pytest.mark.parametrize("workers", ["pool", "embedded"])
def test_nobody_reads_what_is_said(
    pool: OurPool, job: Job, workers: str, redirection: str, code: int
):
    """The job ends as it would, and says no word beside; a summary that is lost is an error."""
    job.inputs(*INPUTS)
    argv = coordinator_argv(pool.urls if workers == "pool" else ["embedded"], *job.options())
    script = f'"$@" {redirection}; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *argv],
        cwd=job.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (code, b"")
    assert (done.stdout == b"") == (redirection != "2> /dev/full")
    assert job.outputs() == [b"one fish\t\nred fish\t\ntwo fish\t\n"]
