"""Programs report on stderr: the summary shows their counters, --verbose the rest of it."""

from __future__ import annotations

from tests.pools import OurPool
from tests.system.jobs import Job, succeeded

#: Counts its lines, and says so twice.
COUNTING = """\
#!/bin/sh
lines=$(tee /dev/fd/3 | wc -l) 3>&1
printf 'reporter:counter:Lines,%s,%d\\nreporter:status:done\\nseen \\033[31m%d\\n' \
    "$(basename "$0" .sh)" "$lines" "$lines" >&2
"""


def run_counting(pool: OurPool, job: Job, *more: str, num_reducers: int = 2) -> str:
    """The output of a job whose programs count lines."""
    job.inputs(b"b\t1\na\t1\n", b"c\t1\n")
    mapper, combiner, reducer = (
        job.script(f"{name}.sh", COUNTING) for name in ("mapper", "combiner", "reducer")
    )
    more = (f"--combinerPath={combiner}", *more)
    done = succeeded(
        job.run(pool.urls, *more, mapper=mapper, reducer=reducer, num_reducers=num_reducers)
    )
    return done.stdout + done.stderr


def test_counters_are_in_the_summary(pool: OurPool, job: Job) -> None:
    told = run_counting(pool, job)
    assert "  counters of Lines:\n    combiner=3\n    mapper=3\n    reducer=3\n" in told
    assert "seen" not in told
    assert b"".join(job.outputs()).count(b"\n") == 3


def test_counters_without_reducers(pool: OurPool, job: Job) -> None:
    told = run_counting(pool, job, num_reducers=0)
    assert "  counters of Lines:\n    mapper=3\n  output:" in told


def test_stderr_is_told_to_those_who_ask(pool: OurPool, job: Job) -> None:
    """It is escaped: a terminal would obey it."""
    told = run_counting(pool, job, "--verbose")
    assert "map 0 attempt 0, which succeeded, wrote to stderr:\n    seen \\x1b[31m2\n" in told
    assert "reduce 1 attempt 0, which succeeded, wrote to stderr:" in told
    assert "reporter:" not in told


def test_what_failed_does_not_count(pool: OurPool, job: Job) -> None:
    job.inputs(b"a\n")
    mapper = job.script(
        "mapper.sh",
        "#!/bin/sh\necho reporter:counter:Runs,mapper,1 >&2\n"
        'echo reporter:counter:nonsense >&2\n[ -e "$0.ran" ] || { touch "$0.ran"; exit 3; }\ncat\n',
    )
    done = succeeded(job.run(pool.urls, "--verbose", mapper=mapper))
    assert "counters of Runs:\n    mapper=1\n" in done.stdout
    assert "    reporter:counter:nonsense\n" in done.stderr


def test_mappers_that_write_nothing(pool: OurPool, job: Job) -> None:
    job.inputs(b"a\n", b"b\n")
    done = succeeded(job.run(pool.urls, mapper="sh -c 'cat >/dev/null'"))
    assert "warning: the mappers have written nothing, though their inputs hold 4 B" in done.stdout
    job.inputs(b"", b"")
    done = succeeded(job.run(pool.urls))
    assert "warning: all inputs are empty" in done.stdout
    job.inputs(b"a\n", b"")
    assert "warning" not in succeeded(job.run(pool.urls)).stdout
