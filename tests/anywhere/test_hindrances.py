"""Conditions in which no job can succeed: each command says why in a line, and leaves nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from tests.anywhere.accounts import other_account
from tests.anywhere.conditions import JOB, NOWHERE_ELSE, TEMPORARY, Condition, full, read_only
from tests.anywhere.conftest import skip_where_impossible
from tests.anywhere.places import Ended, Place, place_for
from tests.anywhere.told import check_plain_end, job_options, streaming_options
from tests.pools import all_answer, free_ports

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.anywhere,
    pytest.mark.usefixtures("compiled_kernels"),
]

NOWHERE = Condition(
    "nowhere to write",
    env=(("HOME", None), ("TMPDIR", None)),
    before=NOWHERE_ELSE,
    within="cd /",
    absolute=True,
)
REMOVED = Condition(
    "removed directory", within="mkdir gone && cd gone && rmdir ../gone", absolute=True
)
READ_ONLY = Condition("read-only job", before=read_only(JOB))
TINY = Condition(
    "tiny TMPDIR", before=f'mount -t tmpfs -o size=256k,mode=1777 tmpfs "${TEMPORARY}"'
)
#: More than the tiny directory holds, and more than the memory of a worker that gets little.
MUCH = b"".join(b"%09d\tx\n" % (number * 7919 % 1_000_003) for number in range(300_000))


@contextmanager
def under(condition: Condition) -> Iterator[Place]:
    """A place under *condition*."""
    skip_where_impossible(condition)
    with place_for(condition) as place:
        yield place


def last_line(done: Ended) -> str:
    """The last line that a command wrote to stderr."""
    return done.stderr.decode().splitlines()[-1]


def test_nowhere_to_write_temporary_files() -> None:
    with under(NOWHERE) as place:
        told = "no directory can be written that temporary files might go to"
        job = place.run("coordinator.py", *job_options(place))
        check_plain_end(place, job, 6)
        assert last_line(job).startswith(f"coordinator.py: {told}")
        pool = place.run("workers.py", f"--workers=http://127.0.0.1:{free_ports(1)[0]}")
        check_plain_end(place, pool, 6)
        assert pool.stderr.decode().startswith(f"workers.py: {told}")
        streaming = place.run("bin/hadoop", *streaming_options(place))
        check_plain_end(place, streaming, 5)
        assert f"Error Launching job : {told}" in streaming.told
        place.check_nothing_left()


def test_the_directory_for_spills_is_somebody_elses() -> None:
    with under(Condition("as it is")) as place:
        if place.account.uid is None:
            pytest.skip("only root makes places of other accounts")
        for words in (("--workers=http://127.0.0.1:1",), ("--join=unix:m.sock", "--id=0")):
            done = place.run("workers.py", f"--spillDir={place.base}", *words)
            check_plain_end(place, done, 6)
            assert last_line(done) == f"workers.py: --spillDir: {place.base} cannot be written"
        place.check_nothing_left()


def test_no_place_for_the_log_of_a_job_in_the_background() -> None:
    with under(Condition("no HOME", env=(("HOME", "/nonexistent/home"),))) as place:
        jar, name, *words = streaming_options(place)
        done = place.run("bin/hadoop", jar, name, "-background", *words)
        check_plain_end(place, done, 5)
        assert "HADOOP_LOG_DIR may name another directory" in done.told
        place.check_nothing_left()


def test_what_may_not_be_looked_at() -> None:
    with under(Condition("as it is")) as place:
        closed = place.job / "closed"
        closed.mkdir()
        (closed / "x.in").touch()
        closed.chmod(0)
        why = f"; we may not look into {closed}: Permission denied"
        for option, end in (
            ("--mapperPath=closed/x", f"no such program: closed/x (looked for {closed}/x){why}"),
            ("--inputPath=closed/x.in", f"no such input: closed/x.in{why}"),
            ("--jobPath=closed/x", f"no such job directory: closed/x (looked for {closed}/x){why}"),
        ):
            name = option.partition("=")[0]
            words = [word for word in job_options(place) if not word.startswith(name)]
            done = place.run("coordinator.py", *words, option)
            check_plain_end(place, done, 3)
            assert last_line(done).endswith(end), done.told
        done = place.run("workers.py", "--spillDir=closed/x", "--join=unix:m.sock", "--id=0")
        check_plain_end(place, done, 3)
        assert last_line(done) == f"workers.py: --spillDir: no such directory: closed/x{why}"


def test_a_worker_that_may_not_join() -> None:
    with under(Condition("as it is")) as place:
        closed = place.job / "closed"
        closed.mkdir(0)
        worker = place.begin("workers.py", "--join=unix:closed/s", "--id=0")
        try:
            assert worker.stderr is not None
            told = next((line for line in worker.stderr if b"waiting for" in line), b"")
        finally:
            ended = place.end(worker)
        assert told.endswith(
            b"waiting for a coordinator at unix:closed/s (no connection: Permission denied)\n"
        )
        check_plain_end(place, ended)
        closed.rmdir()
        place.check_nothing_left()


def commands(place: Place) -> dict[str, Sequence[str]]:
    """A command line for each program."""
    return {
        "coordinator.py": job_options(place),
        "workers.py": (f"--workers=http://127.0.0.1:{free_ports(1)[0]}",),
        "bin/hadoop": streaming_options(place),
        "bin/hdfs": ("dfs", "-ls", "/"),
    }


def test_the_current_directory_is_gone() -> None:
    with under(REMOVED) as place:
        for program, words in commands(place).items():
            done = place.run(program, *words)
            check_plain_end(place, done, 1 if program.startswith("bin/") else 3)
            name = program.removeprefix("bin/")
            assert last_line(done).startswith(f"{name}: the current directory has been removed")
        place.check_nothing_left()


def test_the_output_cannot_be_written() -> None:
    with under(READ_ONLY) as place:
        job = place.run("coordinator.py", *job_options(place))
        check_plain_end(place, job, 6)
        assert last_line(job) == (
            f"coordinator.py: the output directory {place.job}/in cannot be written"
        )
        streaming = place.run("bin/hadoop", *streaming_options(place))
        check_plain_end(place, streaming, 1)
        assert f"Mkdirs failed to create {place.job}/out: Read-only" in streaming.told
        place.check_nothing_left()


def test_the_output_does_not_fit() -> None:
    condition = Condition("full output", before=full("HERE_OUT"))
    with under(condition) as place:
        output = place.base / "out"
        output.mkdir()
        options = job_options(place, f"--outputPath={output}")
        job = place.run("coordinator.py", *options, HERE_OUT=str(output))
        check_plain_end(place, job, 6)
        assert f"cannot write {output}/0.out: No space left on device" in job.told
        words = [f"{output}/x" if word == "./out" else word for word in streaming_options(place)]
        streaming = place.run("bin/hadoop", *words, HERE_OUT=str(output))
        check_plain_end(place, streaming, 1)
        assert f"cannot write {output}/x/part-00000: No space left on device" in streaming.told
        place.check_nothing_left()


def test_spills_do_not_fit() -> None:
    urls = [f"http://127.0.0.1:{port}" for port in free_ports(2)]
    with under(TINY) as place:
        (place.job / "in/0.in").write_bytes(MUCH)
        (place.job / "mapper.sh").write_text("#!/bin/sh\nexec cat\n")
        pool = place.begin("workers.py", "--memory=1MB", f"--workers={','.join(urls)}")
        try:
            assert all_answer(pool, urls), place.end(pool).told
            job = place.run("coordinator.py", *job_options(place, f"--workers={','.join(urls)}"))
        finally:
            ended = place.end(pool)
        check_plain_end(place, job, 6)
        assert f"cannot spill to {place.temporary}: No space left on device" in last_line(job)
        assert "name another directory with --spillDir of the workers" in last_line(job)
        check_plain_end(place, ended)
        place.check_nothing_left()


def test_map_outputs_do_not_fit() -> None:
    with under(TINY) as place:
        (place.job / "in/0.in").write_bytes(MUCH)
        (place.job / "mapper.sh").write_text("#!/bin/sh\nexec cat\n")
        worker = place.begin("workers.py", "--join=unix:m.sock", "--id=0", "--once")
        try:
            job = place.run("coordinator.py", *job_options(place, "--listen=unix:m.sock"))
        finally:
            ended = place.end(worker)
        check_plain_end(place, job, 6)
        assert "No space left on device; free some space, or name another" in last_line(job)
        check_plain_end(place, ended)
        place.check_nothing_left()


@pytest.mark.skipif(other_account().uid is None, reason="whoever runs the tests has processes")
def test_hardly_any_processes() -> None:
    with under(Condition("few processes", within="prlimit --pid $$ --nproc=2")) as place:
        job = place.run("coordinator.py", *job_options(place))
        check_plain_end(place, job, 6)
        assert last_line(job) == (
            "coordinator.py: no more processes and threads can be started;"
            " a higher limit may help (ulimit -u)"
        )
        place.check_nothing_left()


@pytest.mark.parametrize("limit", [8, 10, 12])
def test_hardly_any_descriptors(limit: int) -> None:
    with under(Condition("few descriptors", within=f"ulimit -n {limit}")) as place:
        job = place.run("coordinator.py", *job_options(place))
        check_plain_end(place, job, 6)
        assert "Too many open files; a higher limit may help (ulimit -n)" in last_line(job)
        assert len(job.stderr) < 10_000
        place.check_nothing_left()
