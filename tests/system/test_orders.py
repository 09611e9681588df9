"""Options beyond the plain contract: partitioners, sorted values, one order of all parts, small
files together, kept inputs of failed tasks.
"""

from __future__ import annotations

import random
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from hadoopless.coordinator.main import main
from tests.oracle import partition_of, run, sort_records
from tests.pools import Coordinated, OurPool
from tests.system.jobs import Job, failed, replayed, succeeded

#: The last digit says where a key goes; what comes with it is for tests that fail.
PARTITIONER = """\
#!/bin/sh
# The last argument is the number of partitions.
test "$1" = option && test "$2" = 3 || exit 9
%s
exec sed 's/.*\\(.\\)$/\\1/'
"""


def lines_of(seed: int, count: int) -> bytes:
    """Lines of a key and a value; half of the keys are the same one."""
    numbers = random.Random(seed)
    keys = (numbers.choice([b"7", b"%d" % int(numbers.expovariate(1e-3))]) for _ in range(count))
    return b"".join(b"%s\t%d\n" % (key, numbers.randrange(100)) for key in keys)


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Most of these jobs take less time than the start of a coordinator."""

    def coordinate(urls: Sequence[str], *options: str, cwd: Path, **_: object) -> Coordinated:
        monkeypatch.chdir(cwd)
        argv = [f"--workers={','.join(urls)}", *options]
        try:
            code: Any = main(argv, {})
        except SystemExit as end:  # how argparse ends
            code = end.code
        return Coordinated(argv, code, *capsys.readouterr())

    monkeypatch.setattr("tests.system.jobs.coordinate", coordinate)


@pytest.fixture
def inputs(job: Job) -> list[bytes]:
    """The lines of three inputs, in order."""
    contents = [lines_of(seed, 2000) for seed in range(3)]
    job.inputs(*contents)
    return b"".join(contents).splitlines()


def test_total_order(pool: OurPool, job: Job, inputs: Sequence[bytes]):
    done = job.run(pool.urls, "--totalOrder", num_reducers=4)
    succeeded(done)
    parts = job.outputs()
    assert b"".join(parts) == sort_records(inputs)
    # One of them holds the key that half of the records have.
    sizes = sorted(part.count(b"\n") for part in parts)
    assert sizes[-1] < 0.6 * len(inputs)
    assert sizes[0] > 0.05 * len(inputs)
    succeeded(job.run(pool.urls, "--totalOrder", "--slots=2", num_reducers=4))
    assert job.outputs() == parts


def test_total_order_is_that_of_the_mapper(pool: OurPool, job: Job, inputs: Sequence[bytes]):
    """The order is that of the mapper's output; with a combiner, cut inputs and sorted values."""
    mapper = job.script("mapper.sh", "#!/bin/sh\nexec rev\n")
    done = job.run(
        pool.urls,
        *("--totalOrder", "--sortValues", "--splitSize=5KB", "--combinerPath=uniq"),
        mapper=mapper,
        num_reducers=3,
    )
    succeeded(done)
    (text,) = [run(["rev"], b"".join(line + b"\n" for line in inputs))]
    wanted = run(["sort", "-t", "\t", "-k1,1", "-k2"], text)
    assert run(["uniq"], b"".join(job.outputs())) == run(["uniq"], wanted)


def test_total_order_without_records(pool: OurPool, job: Job):
    job.inputs(b"", b"")
    succeeded(job.run(pool.urls, "--totalOrder", num_reducers=3))
    assert job.outputs() == [b""] * 3


def test_a_mapper_that_fails_fails_the_job_not_the_sample(pool: OurPool, job: Job):
    job.inputs(b"x\n")
    mapper = job.script("mapper.sh", "#!/bin/sh\ncat\necho advice >&2\nexit 3\n")
    done = job.run(pool.urls, "--totalOrder", "--maxAttempts=1", mapper=mapper, num_reducers=2)
    failed(done, 4, "coordinator.py: map 0 attempt 0: ended with exit code 3\n", "advice")


def test_sorted_values(pool: OurPool, job: Job, inputs: Sequence[bytes]):
    succeeded(job.run(pool.urls, "--sortValues"))
    text = b"".join(line + b"\n" for line in inputs)
    assert job.outputs() == [run(["sort", "-t", "\t", "-k1,1", "-k2"], text)]


def test_small_files_together(pool: OurPool, job: Job):
    job.inputs(b"a\nb", b"b\nc\n", b"x" * 30 + b"\n", b"d", b"e")
    done = succeeded(job.run(pool.urls, "--combineSmallFiles=20"))
    assert ": 3 map + 1 reduce tasks" in done.stdout
    assert job.outputs() == [b"a\t\nb\t\nb\t\nc\t\nd\t\ne\t\n" + b"x" * 30 + b"\t\n"]


def test_a_partitioner(pool: OurPool, job: Job):
    job.inputs(b"a2\tx\nb0\nc0\n", b"a2\ty\n")
    partitioner = job.script("part.sh", PARTITIONER % "")
    done = job.run(pool.urls, f"--partitionerPath={partitioner} option", num_reducers=3)
    succeeded(done)
    assert job.outputs() == [b"b0\t\nc0\t\n", b"", b"a2\tx\na2\ty\n"]


# Options that cannot work


#: The program, the keys, the numbers that it writes for them, and the message.
WRONG = {
    "out of range": ("", b"a2\nb3\n", "2\n3\n", "wrote 3 for the key b3, which is none of them"),
    "no number": ("", b"a2\nbx\n", "2\nx\n", "wrote x for the key bx, which is no number"),
    "too few": ("echo advice >&2; exec head -1", b"0\n1\n", "0\n", "wrote 1 lines for 2 keys"),
    "too many": ("exec sed p", b"0\n1\n", "0\n0\n1\n1\n", "wrote more than 2 lines for 2 keys"),
    "dies": ("cat; echo advice >&2; exit 5", b"0\n1\n", "0\n1\n", "ended with exit code 5"),
    "hangs": ("echo advice >&2; cat; sleep 99", b"0\n", "", "ran longer than the time limit of"),
}


@pytest.mark.parametrize("how", WRONG)
def test_a_partitioner_that_fails(pool: OurPool, job: Job, how: str):
    """The program's own words are told first; it can be given the same keys again by hand."""
    source, text, output, says = WRONG[how]
    job.inputs(text)
    partitioner = f"{job.script('part.sh', PARTITIONER % source)} option"
    limits = ["--maxAttempts=1", f"--taskTimeout={0.5 if how == 'hangs' else 60}"]
    more = ["--keepFailedTaskFiles"] if how in ("dies", "no number") else []
    done = failed(
        job.run(pool.urls, f"--partitionerPath={partitioner}", *limits, *more, num_reducers=3),
        4,
        f"the partitioner {says}",
        f"  command: {partitioner} 3\n",
    )
    if "advice" in source:
        assert "  last lines of its stderr:\n    advice\n  command:" in done.stderr
    if how != "hangs":
        by_hand = replayed(done)
        assert by_hand.returncode == (5 if how == "dies" else 0)
        assert by_hand.stdout == output
    if more:
        remove_kept(done.stderr)
    assert job.outputs() == []


def remove_kept(said: str) -> None:
    """Remove the one directory that was kept; nobody else could look into it."""
    (directory,) = set(re.findall(r"sh (\S+/task-\w+)/again/run.sh", said))
    assert Path(directory).stat().st_mode & 0o777 == 0o700
    shutil.rmtree(directory)


@pytest.mark.parametrize("program", ["mapper", "combiner", "reducer"])
def test_kept_inputs(pool: OurPool, job: Job, program: str):
    """The line that is shown needs nothing of the job but its programs."""
    job.inputs(b"b\nfail\n")
    script = job.script("script.sh", "#!/bin/sh\ntee /dev/stderr | grep -q fail && exit 3\ntrue\n")
    options = ["--maxAttempts=1", "--keepFailedTaskFiles"]
    if program == "combiner":
        options.append(f"--combinerPath={script}")
    mapper, reducer = (script if program == one else "cat" for one in ("mapper", "reducer"))
    done = job.run(pool.urls, *options, mapper=mapper, reducer=reducer)
    failed(done, 4, "ended with exit code 3")
    (job.path / "0.in").unlink()
    by_hand = replayed(done)
    assert by_hand.returncode == 3
    assert by_hand.stderr == ("b\nfail\n" if program == "mapper" else "b\t\nfail\t\n")
    remove_kept(done.stderr)


@pytest.mark.parametrize("order", ["hash", "partitioner", "total"])
def test_a_reducer_by_hand(pool: OurPool, job: Job, order: str):
    """The line shown makes the same partition anew."""
    job.inputs(b"a2\tz\nb0\ty\nc0\n", b"a2\ty\n")
    reducer = job.script("reducer.sh", "#!/bin/sh\ncat\nexit 4\n")
    partitioner = f"{job.script('part.sh', PARTITIONER % '')} option"
    option = {"hash": [], "partitioner": [f"--partitionerPath={partitioner}"]}
    options = option.get(order, ["--totalOrder"])
    done = failed(
        job.run(
            pool.urls, "--sortValues", "--maxAttempts=1", *options, reducer=reducer, num_reducers=3
        ),
        4,
        "ended with exit code 4",
    )
    places: dict[str, Callable[[bytes], int]] = {
        "hash": lambda key: partition_of(key, 3),
        "partitioner": lambda key: int(key[-1:]),
        "total": [b"a2", b"b0", b"c0"].index,
    }
    failing = re.search(r"coordinator.py: reduce (\d) ", done.stderr)
    assert failing
    records = [b"a2\ty\n", b"a2\tz\n", b"b0\ty\n", b"c0\t\n"]
    part = [one for one in records if places[order](one[:2]) == int(failing[1])]
    assert replayed(done).stdout.encode() == b"".join(part)


@pytest.mark.parametrize(
    ("options", "code", "text"),
    [
        (["--partitionerPath=nobody.py"], 3, "--partitionerPath: no such program: nobody.py"),
        (["--partitionerPath="], 2, "--partitionerPath is empty"),
        (["--partitionerPath=cat", "--totalOrder"], 2, "leave out --partitionerPath"),
        (["--combineSmallFiles=few"], 2, "--combineSmallFiles: must be a size like 64MB"),
        (["--combineSmallFiles=0"], 2, "--combineSmallFiles: must be a size like 64MB"),
        (["--totalOrder=yes"], 2, "--totalOrder: ignored explicit argument"),
    ],
)
def test_wrong_options(pool: OurPool, job: Job, options: list[str], code: int, text: str):
    job.inputs(b"x\n")
    failed(job.run(pool.urls, *options), code, text)


def test_a_partitioner_in_python(pool: OurPool, job: Job):
    """It needs no run bit, just as mappers need none."""
    job.inputs(b"aa\na\nbb\n")
    source = "import sys\nfor key in sys.stdin:\n    print(len(key.strip()) % int(sys.argv[1]))\n"
    partitioner = job.script("part.py", source, mode=0o644)
    succeeded(job.run(pool.urls, f"--partitionerPath={partitioner}", num_reducers=2))
    assert job.outputs() == [b"aa\t\nbb\t\n", b"a\t\n"]
