"""Every way to run a job gives the bytes of the oracle."""

from __future__ import annotations

import bz2
import gzip
import os
import shlex
import shutil
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import product
from random import Random

import pytest
import zstandard

from tests.oracle import oracle
from tests.pools import REPOSITORY, OurPool, OurPoolFactory, coordinate
from tests.system.jobs import Job, succeeded

#: The word count, by an interpreter that starts ten times as fast as the first "python3" in PATH.
PYTHON = f"{sys.executable} -IS"
MAPPER_FILE = REPOSITORY / "wordcount/mapper.py"
REDUCER_FILE = REPOSITORY / "wordcount/reducer.py"
MAPPER = f"{PYTHON} {MAPPER_FILE}"
REDUCER = f"{PYTHON} {REDUCER_FILE}"

#: Needs all of its input before it writes, so that splits and the order of values are seen.
BACKWARDS = "tac"


def random_lines(seed: int, size: int) -> bytes:
    """Lines of any bytes, with as many TABs and newlines as records have, and keys that recur."""
    random = Random(seed)
    alphabet = bytes(range(256)) + b"\t" * 40 + b"\n" * 60 + b"aaaaaaaab" * 40
    return bytes(random.choices(alphabet, k=size))


HOSTILE = (
    b"\x00nul\x00\tv\x00\n\xff\xfe\tno utf-8\ncr\r\tcr\r\r\n\n\n\tno key\nno tab\nempty\t\n"
    b"two\ttabs\there\nls\xe2\x80\xa8\tx\x0b\x0c\x1c\x85\nlast line without a newline",
    b"",
    b"k" * 70_000 + b"\tlong key\n" + b"k" * 70_001 + b"\nshort\t" + b"v" * 300_000 + b"\n",
    b"samekey\t3\nsamekey\t1\nsamekey1\t2\nsamekey\t2\nsamekey12\nsamekey\x00\t0\nsamekey\x01\n",
    random_lines(1, 60_000),
    b"\n",
)


def sample(name: str) -> tuple[bytes, ...]:
    """The inputs of a sample job of the repository."""
    return tuple(path.read_bytes() for path in sorted((REPOSITORY / name).glob("*.in")))


CASES = {
    "fish": (sample("fish_jobs"), MAPPER, REDUCER),
    "oas": (sample("oas_jobs"), MAPPER, REDUCER),
    "hostile-words": (HOSTILE, MAPPER, REDUCER),
    "hostile-copy": (HOSTILE, "cat", "cat"),
    "hostile-backwards": (HOSTILE, BACKWARDS, BACKWARDS),
}


@cache
def expected(mapper: str, reducer: str, inputs: Sequence[bytes], num_reducers: int) -> list[bytes]:
    """The output that the oracle gives."""
    return oracle(shlex.split(mapper), shlex.split(reducer), inputs, num_reducers)


#: One case with all, the slower ones with each number of workers and of reducers once.
MATRIX = [
    (case, num_reducers, workers)
    for case in CASES
    for num_reducers, workers in product([1, 3, 16], [1, 2, 5])
    if case == "hostile-copy" or (num_reducers, workers) in [(16, 1), (3, 2), (1, 5)]
]


@pytest.mark.parametrize(("case", "num_reducers", "workers"), MATRIX)
def test_workers_and_reducers(pool: OurPool, job: Job, case: str, num_reducers: int, workers: int):
    inputs, mapper, reducer = CASES[case]
    job.inputs(*inputs)
    urls = pool.urls[:workers]
    succeeded(job.run(urls, mapper=mapper, reducer=reducer, num_reducers=num_reducers))
    assert job.outputs() == expected(mapper, reducer, inputs, num_reducers)


def test_the_sample_of_the_specification(pool: OurPool, job: Job):
    """One file with all word counts, sorted by word."""
    job.inputs(*sample("oas_jobs"))
    succeeded(job.run(pool.urls, mapper=str(MAPPER_FILE), reducer=str(REDUCER_FILE)))
    (output,) = job.outputs()
    words = [line.split(b"\t")[0] for line in output.splitlines()]
    assert words == sorted(set(b" ".join(sample("oas_jobs")).split()))


def cut(data: bytes, size: int) -> list[bytes]:
    """*data* in pieces of about *size*, each to the end of a line, the last one a tenth larger."""
    pieces = []
    while len(data) > 1.1 * size:
        end = data.find(b"\n", size - 1) + 1 or len(data)
        pieces.append(data[:end])
        data = data[end:]
    return [*pieces, data] if data or not pieces else pieces


@pytest.mark.parametrize(("mapper", "size"), [("cat", 5000), (BACKWARDS, 16), (BACKWARDS, 5000)])
def test_split_size_splits_at_lines(pool: OurPool, job: Job, mapper: str, size: int):
    inputs = (*HOSTILE[:4], random_lines(2, 60 * size), b"a\nb\nc")
    job.inputs(*inputs)
    splits = tuple(piece for data in inputs for piece in cut(data, size))
    assert len(splits) > len(inputs)
    done = succeeded(job.run(pool.urls, f"--splitSize={size}", mapper=mapper, num_reducers=3))
    assert f"{len(splits)} map + 3 reduce tasks" in done.stdout
    assert job.outputs() == expected(mapper, "cat", splits, 3)


def test_split_size_counts_the_same_words(pool: OurPool, job: Job):
    inputs = sample("oas_jobs")
    job.inputs(*inputs)
    succeeded(job.run(pool.urls, "--splitSize=1KB", mapper=MAPPER, reducer=REDUCER, num_reducers=2))
    assert job.outputs() == expected(MAPPER, REDUCER, inputs, 2)


@pytest.mark.parametrize("num_reducers", [1, 3])
def test_combiner(pool: OurPool, job: Job, num_reducers: int):
    inputs = sample("oas_jobs")
    job.inputs(*inputs)
    done = succeeded(
        job.run(
            pool.urls,
            f"--combinerPath={REDUCER}",
            mapper=MAPPER,
            reducer=REDUCER,
            num_reducers=num_reducers,
        )
    )
    assert job.outputs() == expected(MAPPER, REDUCER, inputs, num_reducers)
    records = sum(len(set(data.split())) for data in inputs)
    assert f"{records:,} records" in done.stdout


def test_compressed_inputs(pool: OurPool, job: Job):
    contents = [*HOSTILE[:4], b"plain\n"]
    packed = {
        "0.in.gz": gzip.compress(contents[0]),
        "1.in.bz2": bz2.compress(contents[1]),
        "2.in.zst": zstandard.compress(contents[2]),
        # Several members after one another, as `cat a.gz b.gz` makes them.
        "3.in.gz": gzip.compress(contents[3][:20]) + gzip.compress(contents[3][20:]),
        "4.in": contents[4],
    }
    for name, data in packed.items():
        (job.path / name).write_bytes(data)
    succeeded(job.run(pool.urls, "--splitSize=10B", num_reducers=3))
    assert job.outputs() == expected("cat", "cat", tuple(contents), 3)


def test_input_paths_and_output_path(pool: OurPool, job: Job):
    """A list of a file, a glob and a directory, in this order, twice the same if so asked."""
    for name in ("z.txt", "b10.txt", "b9.txt", "dir/2", "dir/1", "dir/_hidden", "dir/.hidden"):
        (job.path / name).parent.mkdir(exist_ok=True)
        (job.path / name).write_text(f"k\t{name}\n")
    done = coordinate(
        pool.urls,
        "--mapperPath=cat",
        "--reducerPath=cat",
        f"--inputPath={job.name}/z.txt,{job.name}/b*.txt",
        f"--inputPath={job.name}/dir",
        f"--outputPath={job.name}/new/out",
        cwd=job.root,
    )
    succeeded(done)
    names = ["z.txt", "b9.txt", "b10.txt", "dir/1", "dir/2"]
    inputs = tuple(f"k\t{name}\n".encode() for name in names)
    assert job.outputs(job.path / "new/out") == expected("cat", "cat", inputs, 1)
    assert job.outputs() == []


def test_output_path_beside_job_path(pool: OurPool, job: Job):
    job.inputs(*HOSTILE)
    succeeded(job.run(pool.urls, f"--outputPath={job.path}/else", num_reducers=3))
    assert job.outputs() == []
    assert job.outputs(job.path / "else") == expected("cat", "cat", HOSTILE, 3)


def test_program_with_arguments(pool: OurPool, job: Job):
    job.inputs(*sample("fish_jobs"))
    shutil.copy(MAPPER_FILE, job.path / "a mapper.py")
    command = f"'{job.name}/a mapper.py' --lower"
    succeeded(job.run(pool.urls, mapper=command, reducer=f"{REDUCER} unused 'a b'"))
    assert job.outputs() == expected(f"{MAPPER} --lower", REDUCER, sample("fish_jobs"), 1)


def test_path_with_blanks_and_no_arguments(pool: OurPool, job: Job):
    job.inputs(*sample("fish_jobs"))
    shutil.copy(MAPPER_FILE, job.path / "a mapper.py")
    succeeded(job.run(pool.urls, mapper=f"{job.name}/a mapper.py", reducer=REDUCER))
    assert job.outputs() == expected(MAPPER, REDUCER, sample("fish_jobs"), 1)


def test_any_bytes_in_names_and_arguments(pool: OurPool, job: Job):
    """Control characters, blanks at the ends, what is no UTF-8, what a URL or a shell would eat."""
    odd = os.fsdecode(b" \x01\t\xff\xc3 &+%41;#?'\"\\*$(id)\x7f\n ")
    directory = Job(job.path, odd)
    (directory.path / f"{odd}.in").write_bytes(b"a b\n")
    script = directory.script(f"{odd}.sh", '#!/bin/sh\ncat\nprintf "%s" "$1"\n')
    done = coordinate(
        pool.urls,
        f"--mapperPath={shlex.join([script, odd])}",
        "--reducerPath=cat",
        f"--jobPath={odd}",
        cwd=job.path,
    )
    succeeded(done)
    mapped = b"a b\n" + os.fsencode(odd)
    assert directory.outputs() == [oracle(["cat"], ["cat"], [mapped], 1)[0]]


def test_python_file_without_the_run_bit(pool: OurPool, job: Job):
    job.inputs(*sample("fish_jobs"))
    mapper = job.script("mapper.py", MAPPER_FILE.read_text(), mode=0o644)
    succeeded(job.run(pool.urls, mapper=mapper, reducer=REDUCER))
    assert job.outputs() == expected(MAPPER, REDUCER, sample("fish_jobs"), 1)


def test_mapper_that_does_not_read_its_input(pool: OurPool, job: Job):
    """No error by itself; its input is larger than a pipe."""
    job.inputs(b"x\n" * 2_000_000)
    mapper = job.script("mapper.sh", "#!/bin/sh\necho done\n")
    succeeded(job.run(pool.urls, "--splitSize=3MB", mapper=mapper))
    assert job.outputs() == [b"done\t\ndone\t\n"]


def test_three_hundred_inputs(pool: OurPool, job: Job):
    inputs = tuple(b"k\t%d\n%d\tk\n" % (i, i) for i in range(300))
    job.inputs(*inputs)
    succeeded(job.run(pool.urls, "--slots=4", num_reducers=3))
    assert job.outputs() == expected("cat", "cat", inputs, 3)


@pytest.fixture(scope="module")
def small_pool(our_pool: OurPoolFactory) -> Iterator[OurPool]:
    """Two workers whose memory holds a small part of the data."""
    with our_pool(2, "--memory=1MB") as running:
        yield running


@pytest.mark.parametrize(("num_reducers", "combiner"), [(1, True), (3, False)])
def test_data_larger_than_the_memory(
    small_pool: OurPool, name: str, num_reducers: int, combiner: bool
):
    inputs = tuple(random_lines(seed, 1_500_000) for seed in range(3))
    job = Job(small_pool.root, name)
    job.inputs(*inputs)
    options = ["--combinerPath=cat"] if combiner else []
    succeeded(job.run(small_pool.urls, *options, num_reducers=num_reducers))
    assert job.outputs() == expected("cat", "cat", inputs, num_reducers)
