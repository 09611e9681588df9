"""The peers: the command line of each for a case, its settings, and the jobs that it cannot do."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import ROOT
from benchmarks.peers.install import Tools
from benchmarks.peers.workloads import Workload

CORES = 2
_DRIVERS = ROOT / "benchmarks" / "peers" / "drivers"
_LIBRARY = "org.apache.hadoop.mapred.lib"
_MIB = 1 << 20
_SMALLEST_SPLIT = _MIB
_LARGEST_SPLIT = 64 * _MIB


@dataclass(frozen=True, slots=True)
class Case:
    """One job: a workload at a size, with its directories; a peer makes the one for outputs."""

    workload: Workload
    size: int
    inputs: Path
    output: Path
    temporary: Path

    @property
    def split(self) -> int:
        """The most bytes of a map task's input: two tasks a core, but neither tiny nor huge."""
        return min(_LARGEST_SPLIT, max(_SMALLEST_SPLIT, self.size // (2 * CORES)))

    @property
    def maps(self) -> int:
        """The number of map tasks that splits of this size make, about."""
        return max(1, -(-self.size // self.split))

    @property
    def files(self) -> str:
        """All inputs for a shell line."""
        return f"{shlex.quote(str(self.inputs))}/*.in"


@dataclass(frozen=True, slots=True)
class Peer:
    """One way to run the workloads."""

    name: str
    title: str
    #: Its settings, in Markdown.
    settings: str
    command: Callable[[Case, Tools], list[str]]
    #: The reason why a workload cannot be run, or nothing.
    lacks: Callable[[Workload], str] = lambda _: ""
    is_ours: bool = False


def _coordinator(case: Case, workers: str) -> list[str]:
    work = case.workload
    return [
        *(sys.executable, str(ROOT / "coordinator.py"), "--quiet", f"--workers={workers}"),
        *(f"--mapperPath={work.mapper}", f"--reducerPath={work.reducer}"),
        *(f"--inputPath={case.inputs}", f"--outputPath={case.output}", f"--numReducers={CORES}"),
        *([f"--combinerPath={work.combiner}"] if work.combiner else []),
        *(["--sortValues"] if work.is_secondary else []),
        f"--splitSize={case.split}",
        *([f"--combineSmallFiles={case.split}"] if work.has_small_files else []),
    ]


def _pool(case: Case, tools: Tools) -> list[str]:
    return _coordinator(case, ",".join(tools.pool))


def _alone(case: Case, tools: Tools) -> list[str]:
    return _coordinator(case, "embedded")


def _streaming(case: Case) -> list[str]:
    """The options of ``hadoop jar``, the same for ours and for Hadoop's own."""
    work = case.workload
    properties = {
        "mapreduce.job.reduces": str(CORES),
        "mapreduce.input.fileinputformat.split.maxsize": str(case.split),
        "mapreduce.local.map.tasks.maximum": str(CORES),
        "mapreduce.local.reduce.tasks.maximum": str(CORES),
        "mapreduce.task.io.sort.mb": "256",
        "hadoop.tmp.dir": str(case.temporary),
    }
    options = ["-mapper", work.mapper, "-reducer", work.reducer]
    if work.combiner:
        options += ["-combiner", work.combiner]
    if work.is_secondary:
        properties["stream.num.map.output.key.fields"] = "2"
        properties["mapreduce.partition.keypartitioner.options"] = "-k1,1"
        options += ["-partitioner", f"{_LIBRARY}.KeyFieldBasedPartitioner"]
    if work.has_small_files:
        properties["stream.map.input.ignoreKey"] = "true"
        options += ["-inputformat", f"{_LIBRARY}.CombineTextInputFormat"]
    defined = [word for name, value in properties.items() for word in ("-D", f"{name}={value}")]
    return [*defined, "-input", str(case.inputs), "-output", str(case.output), *options]


def _hadoop_jar(case: Case, tools: Tools) -> list[str]:
    return [str(ROOT / "bin" / "hadoop"), "jar", "hadoop-streaming.jar", *_streaming(case)]


def _hadoop(case: Case, tools: Tools) -> list[str]:
    return [*tools.hadoop, *_streaming(case)]


def _sort(workload: Workload, options: str = "") -> str:
    """The sort of a shell pipe."""
    second = " -k2,2" if workload.is_secondary else ""
    return f"LC_ALL=C sort{options} -s -k1,1{second} -t $'\\t'"


def _shell(line: str) -> list[str]:
    return ["bash", "-o", "pipefail", "-c", line]


def _pipe(case: Case, tools: Tools) -> list[str]:
    work = case.workload
    sort = _sort(work, f" --parallel={CORES} -S 1G -T {shlex.quote(str(case.temporary))}")
    output = shlex.quote(str(case.output))
    return _shell(
        f"mkdir {output} && find {shlex.quote(str(case.inputs))} -name '*.in' -print0"
        f" | xargs -0 cat | {work.mapper} | {sort} | {work.reducer} > {output}/part"
    )


def _parallel(case: Case, tools: Tools) -> list[str]:
    """A mapper and a sort for each core, then a merge of their outputs; equal keys in any order."""
    work = case.workload
    temporary, output = shlex.quote(str(case.temporary)), shlex.quote(str(case.output))
    parallel = f"{shlex.quote(str(tools.parallel))} --will-cite --halt now,fail=1 -j{CORES}"
    combiner = f" | {work.combiner}" if work.combiner else ""
    one = f"{work.mapper} | {_sort(work, f' -S 512M -T {temporary}')}{combiner} > {temporary}/{{#}}"
    if work.has_one_file:
        maps = f"{parallel} --pipepart --block -1 -a {case.files} {shlex.quote(one)}"
    else:
        maps = (
            f"find {shlex.quote(str(case.inputs))} -name '*.in'"
            f" | {parallel} -m {shlex.quote('cat {} | ' + one)}"
        )
    return _shell(
        f"mkdir {output} && {maps} && {_sort(work, ' -m')} {temporary}/*"
        f" | {work.reducer} > {output}/part"
    )


def _gnu_sort(case: Case, tools: Tools) -> list[str]:
    output, temporary = shlex.quote(str(case.output)), shlex.quote(str(case.temporary))
    sort = f"LC_ALL=C sort --parallel={CORES} -S 1G -T {temporary}"
    return _shell(f"mkdir {output} && {sort} {case.files} > {output}/part")


def _mrjob(case: Case, tools: Tools) -> list[str]:
    work = case.workload
    return [
        *(str(tools.python), str(_DRIVERS / "mrjob_commands.py"), "-r", "local", "--no-conf"),
        *("--quiet", "--no-cat-output", "--output-dir", str(case.output)),
        *("--local-tmp-dir", str(case.temporary)),
        *("-D", f"mapreduce.job.maps={2 * CORES}", "-D", f"mapreduce.job.reduces={CORES}"),
        *("--mapper-line", work.mapper, "--reducer-line", work.reducer),
        *(["--combiner-line", work.combiner] if work.combiner else []),
        *(["--sorted-values"] if work.is_secondary else []),
        str(case.inputs),
    ]


def _madoop(case: Case, tools: Tools) -> list[str]:
    work = case.workload
    return [
        *(str(tools.python.with_name("madoop")), "-numReduceTasks", str(CORES)),
        *("-input", str(case.inputs), "-output", str(case.output)),
        *("-mapper", work.mapper, "-reducer", work.reducer),
    ]


def _pyspark(case: Case, tools: Tools) -> list[str]:
    work = case.workload
    return [
        *(str(tools.python), str(_DRIVERS / "spark_pipe.py")),
        *("--inputs", str(case.inputs), "--output", str(case.output)),
        *("--temporary", str(case.temporary)),
        *("--mapper", work.mapper, "--reducer", work.reducer),
        *(["--combiner", work.combiner] if work.combiner else []),
        *("--maps", str(case.maps), "--reducers", str(CORES)),
        *("--key-fields", "2" if work.is_secondary else "1"),
    ]


def _dask(case: Case, tools: Tools) -> list[str]:
    return [
        *(str(tools.python), str(_DRIVERS / "dask_bag.py"), case.workload.name),
        *("--inputs", str(case.inputs), "--output", str(case.output)),
        *("--temporary", str(case.temporary)),
        *("--split", str(case.split), "--maps", str(case.maps), "--processes", str(CORES)),
    ]


def _no_combiner(reason: str) -> Callable[[Workload], str]:
    return lambda workload: reason if workload.combiner else ""


PEERS = (
    Peer(
        "pool",
        "this project, on a running pool",
        "`coordinator.py` on two workers that `LC_ALL=C workers.py` has started; `--splitSize`",
        _pool,
        is_ours=True,
    ),
    Peer(
        "alone",
        "this project, without a pool",
        "`coordinator.py --workers=embedded`, the same options",
        _alone,
        is_ours=True,
    ),
    Peer(
        "hadoop-jar",
        "this project, `hadoop jar`",
        "`bin/hadoop jar` without a pool, the same options as Hadoop",
        _hadoop_jar,
        is_ours=True,
    ),
    Peer(
        "pipe",
        "the shell pipe",
        f"`cat | mapper | LC_ALL=C sort --parallel={CORES} -S 1G -s -k1,1 -t TAB | reducer`",
        _pipe,
        _no_combiner("a pipe has no place for a combiner"),
    ),
    Peer(
        "parallel",
        "GNU parallel",
        f"`parallel -j{CORES}`: a mapper, a sort and the combiner a core; `sort -m | reducer`",
        _parallel,
    ),
    Peer(
        "sort",
        "GNU sort",
        f"`LC_ALL=C sort --parallel={CORES} -S 1G`",
        _gnu_sort,
        lambda workload: "" if workload.is_sort else "it does nothing but sort",
    ),
    Peer(
        "mrjob",
        "mrjob, local",
        f"`-r local`, commands as steps, {2 * CORES} map tasks, {CORES} reducers",
        _mrjob,
    ),
    Peer(
        "madoop",
        "Madoop",
        f"`-numReduceTasks {CORES}`",
        _madoop,
        _no_combiner("it has no combiners"),
    ),
    Peer(
        "hadoop",
        "Hadoop, local mode",
        f"{CORES} map tasks and {CORES} reducers at a time, `mapreduce.task.io.sort.mb=256`,"
        " `CombineTextInputFormat` for small files",
        _hadoop,
    ),
    Peer(
        "pyspark",
        "PySpark `pipe`",
        f"`local[{CORES}]`, `pipe`, `repartitionAndSortWithinPartitions`, `pipe`; 2 GB of heap",
        _pyspark,
    ),
    Peer(
        "dask",
        "Dask bag",
        f"Python functions instead of the programs, {CORES} processes; `frequencies`, `foldby`,"
        " `groupby` by disk",
        _dask,
    ),
)


def environment(case: Case) -> dict[str, str]:
    """The variables that a peer needs on top of ours."""
    return {
        "LC_ALL": "C",
        "TMPDIR": str(case.temporary),
        "MAPREDUCE_PYTHON": sys.executable,
        "MAPREDUCE_WORKERS": "embedded",
    }
