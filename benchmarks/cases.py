"""The benchmark cases: the job of each, its comparison in the same run, and its limits."""

from __future__ import annotations

import os
import signal
import statistics
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from benchmarks.generate import cached, write_one_liners, write_records, write_text
from benchmarks.job import Job, shown
from benchmarks.measure import ROOT, BenchmarkError, Figure, Runner, warm
from benchmarks.pool import JobRun, Pool, running_pool

MB = 10**6
MIB = 1 << 20
MAPPER = "wordcount/mapper.py"
REDUCER = "wordcount/reducer.py"
SPLIT = "--splitSize=64MB"
BUDGET = 64 * MIB
#: Memory of numpy, LLVM and the kernels, with room for the needs of a task besides its data.
BARE_WORKER = 87 * MIB
FISH_ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Bench:
    """The settings of a run: the directory for inputs, and *scale*, a factor for all sizes."""

    work: Path
    runner: Runner
    scale: float
    files: int

    def input(self, name: str, make: Callable[[Path], None]) -> Path:
        """The job directory *name*, made once."""
        directory = cached(self.work / name, make)
        warm(directory)
        return directory

    def size(self, stated: int) -> int:
        """*stated*, scaled, at least one."""
        return max(1, round(stated * self.scale))


@dataclass(frozen=True, slots=True)
class Case:
    """One benchmark and the options of the pool it needs; cases with equal options share one."""

    name: str
    what: str
    measure: Callable[[Bench, Pool], list[Figure]]
    pool_options: tuple[str, ...] = ()


def wordcount(bench: Bench, pool: Pool) -> list[Figure]:
    """Count words with plain Python scripts: their share of the cores, and the shell pipe."""
    return count_words(bench, pool, "wordcount", bench.size(100 * MB), 8, least_efficiency=0.85)


def books(bench: Bench, pool: Pool) -> list[Figure]:
    """Count the words of less text, of which the start of a job is a larger part."""
    return count_words(bench, pool, "books", bench.size(13 * MB), 15, least_efficiency=0.80)


def idle(bench: Bench, pool: Pool) -> list[Figure]:
    """Count words in enough maps and reduces for the cores to be idle at its ends alone."""
    return count_words(bench, pool, "idle", bench.size(130 * MB), 16, least_efficiency=0.85)


def count_words(
    bench: Bench, pool: Pool, case: str, size: int, files: int, *, least_efficiency: float
) -> list[Figure]:
    """The figures of one word count of *size* bytes."""
    directory = bench.input(f"text-{size}-{files}", lambda path: write_text(path, size, files))
    ours = pool.run(job := Job(MAPPER, REDUCER, directory, 8))
    answer = bench.work / "wordcount.pipe"
    pipe = bench.runner.shell(word_count_pipe(directory, answer))
    counts = answer.read_bytes().splitlines()
    if sorted(b"".join(path.read_bytes() for path in job.outputs()).splitlines()) != counts:
        raise BenchmarkError(f"{case}: the job and the pipe count differently")
    records = sum(int(line.split(b"\t")[1]) for line in counts)
    bench.runner.say(
        f"{described(ours)}; pipe {pipe.wall:.2f} s; {records / 1e6:.2f} million records"
    )
    return [
        *shares(case, ours, least_efficiency),
        Figure(case, "own CPU per million records", ours.own / (records / 1e6), 0.25, unit="s"),
        Figure(case, "times faster than the pipe", pipe.wall / ours.wall, 1.8, at_least=True),
    ]


def shares(case: str, run: JobRun, least_efficiency: float) -> list[Figure]:
    """The shares of the cores that the programs had, and that nobody had."""
    all_cores = run.wall * len(os.sched_getaffinity(0))
    return [
        Figure(
            case,
            "efficiency: programs' CPU / (wall x cores)",
            run.programs / all_cores,
            least_efficiency,
            at_least=True,
        ),
        Figure(case, "idle: share of the cores that nobody used", run.idle / all_cores, 0.1),
    ]


def uniq(bench: Bench, pool: Pool) -> list[Figure]:
    """Count words with grep and uniq, which take less time for a record than Python."""
    size, files = bench.size(52 * MB), 16
    directory = bench.input(f"text-{size}-{files}", lambda path: write_text(path, size, files))
    ours = pool.run(job := Job("grep -oE '[a-z]+'", "uniq -c", directory, 8))
    answer = bench.work / "uniq.pipe"
    pipe = bench.runner.shell(
        f"cat {inputs(directory)} | grep -oE '[a-z]+' | LC_ALL=C sort | uniq -c"
        f" > {quote(shown(answer))}"
    )
    counted = b"".join(path.read_bytes() for path in job.outputs()).replace(b"\t\n", b"\n")
    if sorted(counted.splitlines()) != sorted(answer.read_bytes().splitlines()):
        raise BenchmarkError("uniq: the job and the pipe count differently")
    bench.runner.say(f"{described(ours)}; pipe {pipe.wall:.2f} s")
    return shares("uniq", ours, 0.7)


def killed(bench: Bench, pool: Pool) -> list[Figure]:
    """Kill one of eight workers in the middle of a job; another run of it is left alone."""
    size, files = bench.size(100 * MB), 32
    directory = bench.input(f"text-{size}-{files}", lambda path: write_text(path, size, files))
    job, log = Job(MAPPER, REDUCER, directory, 8), bench.work / "killed.log"
    with running_pool(bench.runner, log, workers=8) as eight:
        eight.survey()
        undisturbed = min(eight.client(job).wall for _ in range(2))
        outputs = [path.read_bytes() for path in job.outputs()]
        blow = threading.Timer(undisturbed / 2, os.kill, (eight.workers[-1], signal.SIGKILL))
        blow.start()
        disturbed = eight.client(job).wall
        blow.join()
    if outputs != [path.read_bytes() for path in job.outputs()]:
        raise BenchmarkError("killed: the outputs differ")
    bench.runner.say(f"undisturbed {undisturbed:.2f} s; with a worker killed {disturbed:.2f} s")
    return [Figure("killed", "wall / wall of an undisturbed run", disturbed / undisturbed, 1.15)]


def identity(bench: Bench, pool: Pool) -> list[Figure]:
    """Sort with cat and cat, which leaves partition, sort, shuffle and merge; GNU sort compares."""
    return sort_records(bench, pool, "identity", bench.size(1000 * MB), "1G", 0.6)


def large(bench: Bench, pool: Pool) -> list[Figure]:
    """Sort far more than fits into memory, with as much of it as GNU sort has."""
    return sort_records(bench, pool, "large", bench.size(10_000 * MB), "512M", 0.6)


def sort_records(
    bench: Bench, pool: Pool, case: str, size: int, memory_of_sort: str, limit: float
) -> list[Figure]:
    """The figure of one sort of *size* bytes."""
    files = bench.files
    directory = bench.input(
        f"records-{size}-{files}", lambda path: write_records(path, size, files)
    )
    ours = pool.run(job := Job("cat", "cat", directory, 4, (SPLIT,)))
    answer = bench.work / "identity.sorted"
    gnu = bench.runner.shell(
        f"LC_ALL=C sort --parallel=2 -S {memory_of_sort} {inputs(directory)}"
        f" > {quote(shown(answer))}"
    )
    check_sorted(bench, job, answer)
    job.discard_outputs()
    answer.unlink()
    bench.runner.say(f"{described(ours)}; sort {gnu.wall:.2f} s, {gnu.cpu:.2f} CPU s")
    return [Figure(case, "wall / wall of GNU sort", ours.wall / gnu.wall, limit)]


def fish(bench: Bench, pool: Pool) -> list[Figure]:
    """Run the smallest job, to see the time that is added to the start of the programs."""
    directory = cached(bench.work / "fish", copy_fish)
    job = Job(MAPPER, REDUCER, directory, 1)
    answer = bench.work / "fish.pipe"
    added = []
    for _ in range(FISH_ROUNDS):
        pipe = bench.runner.shell(word_count_pipe(directory, answer))
        added.append(pool.run(job).wall - pipe.wall)
        if job.outputs()[0].read_bytes() != answer.read_bytes():
            raise BenchmarkError("fish: the job and the pipe count differently")
    bench.runner.say("added seconds: " + " ".join(f"{seconds:.3f}" for seconds in added))
    name = f"wall - wall of the pipe, median of {FISH_ROUNDS}"
    return [Figure("fish", name, statistics.median(added), 0.35, unit="s")]


def tiny(bench: Bench, pool: Pool) -> list[Figure]:
    """Run many inputs of one line, to see the cost of a task."""
    files = bench.size(1000)
    directory = bench.input(f"tiny-{files}", lambda path: write_one_liners(path, files))
    ours = pool.run(job := Job("cat", "cat", directory, 4))
    check_size(job)
    job.discard_outputs()
    bench.runner.say(described(ours))
    tasks = files + job.reducers
    return [Figure("tiny", "wall / number of tasks", 1000 * ours.wall / tasks, 6, unit="ms")]


def memory(bench: Bench, pool: Pool) -> list[Figure]:
    """Run far more data than the memory budget of a worker."""
    size = bench.size(2000 * MB)
    directory = bench.input(f"records-{size}-1", lambda path: write_records(path, size, 1))
    ours = pool.run(job := Job("cat", "cat", directory, 4, (SPLIT,)))
    check_size(job)
    job.discard_outputs()
    bench.runner.say(described(ours))
    limit = (BARE_WORKER + 2 * BUDGET) / MIB
    return [Figure("memory", "peak of a worker", pool.peak_memory() / MIB, limit, unit="MiB")]


def word_count_pipe(directory: Path, answer: Path) -> str:
    """The job as a shell pipe."""
    return (
        f"cat {inputs(directory)} | {MAPPER} | LC_ALL=C sort -s -k1,1 -t $'\\t' | {REDUCER}"
        f" > {quote(shown(answer))}"
    )


def inputs(directory: Path) -> str:
    """All inputs of *directory* for a shell line."""
    return f"{quote(shown(directory))}/*.in"


def described(run: JobRun) -> str:
    """The raw figures behind the ratios."""
    return (
        f"job {run.wall:.2f} s; CPU: programs {run.programs:.2f} s, own {run.own:.2f} s,"
        f" nobody {run.idle:.2f} s"
    )


def check_sorted(bench: Bench, job: Job, answer: Path) -> None:
    """Raise unless each output is sorted and all of them together are the lines of *answer*.

    No key occurs twice, so the order of the lines is that of the keys.
    """
    outputs = " ".join(quote(shown(path)) for path in job.outputs())
    bench.runner.shell(f"LC_ALL=C sort -m {outputs} | cmp - {quote(shown(answer))}")


def check_size(job: Job) -> None:
    """Raise unless the outputs have as many bytes as the inputs."""
    size_in = sum(path.stat().st_size for path in job.directory.glob("*.in"))
    size_out = sum(path.stat().st_size for path in job.outputs())
    if size_in != size_out:
        raise BenchmarkError(f"{size_in} bytes went in, {size_out} came out")


def copy_fish(directory: Path) -> None:
    """The sample job, with outputs of its own."""
    for path in (ROOT / "fish_jobs").glob("*.in"):
        (directory / path.name).write_bytes(path.read_bytes())


CASES = (
    Case("wordcount", "100 MB of text, Python scripts, against the shell pipe", wordcount),
    Case("books", "13 MB of text, the same", books),
    Case("idle", "130 MB of text in 16 maps and 8 reduces, the same", idle),
    Case("uniq", "52 MB of text, grep -o and uniq -c", uniq),
    Case("identity", "1 GB of 100-byte records, cat and cat, against GNU sort", identity),
    Case("killed", "100 MB of text on eight workers, of which one is killed", killed),
    Case("fish", "a few lines, against the shell pipe", fish),
    Case("tiny", "1,000 inputs of one line", tiny),
    Case("memory", "2 GB with 64 MB of memory a worker", memory, ("--memory=64MB",)),
    Case("large", "10 GB with 256 MB a worker, only if named", large, ("--memory=256MB",)),
)
