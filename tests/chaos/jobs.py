"""The job of a plan: its directory, its programs, and the bytes it must give."""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random

from tests.chaos.plan import Mode, Plan
from tests.oracle import REPOSITORY, oracle

#: The front of each program: it takes the first line for itself, then becomes the program. Of an
#: input that line is `!task TAB seconds TAB crash TAB gate`, of a partition any record. With a
#: directory as its first argument it takes its time, dies in its first run if it is to, and waits
#: at a gate: the last map task and all reducers do, so that no job ends before all has happened.
_FRONT = """\
#!/bin/sh
state=$1 phase=$2 crash=$3
shift 3
IFS= read -r line || exec "$@"
seconds=0 gate=gate
if [ "$phase" = map ]; then
    IFS='	' read -r name seconds crash gate <<END
$line
END
    line="$name	1"
fi
printf '%s\\n' "$line"
if [ "$state" != - ]; then
    : > "$state/begun-$phase"
    mark=$(printf '%s' "$line" | cksum | tr ' ' -)
    if [ "$crash" = crash ] && mkdir "$state/crashed-$phase-$mark" 2>/dev/null; then
        echo 'some advice' >&2
        case $mark in *[02468]) kill -9 $$ ;; esac
        exit 3
    fi
    [ "$seconds" = 0 ] || sleep "$seconds"
    if [ "$gate" = gate ]; then
        : > "$state/arrived-$phase"
        while [ ! -e "$state/open-$phase" ]; do sleep 0.02; done
    fi
fi
exec "$@"
"""

_BACKWARDS = """\
import sys
for line in sys.stdin.buffer:
    key, _, value = line.rstrip(b"\\n").partition(b"\\t")
    sys.stdout.buffer.write(value[::-1] + b"\\t" + key + b"\\n")
"""

_PYTHON = [sys.executable, "-IS"]


def _programs(plan: Plan, place: Path) -> tuple[list[str], list[str]]:
    """Mapper and reducer, without their fronts."""
    if plan.program == "awk":
        swap = ["awk", "-F\\t", '{ print $2 "\\t" $1 }']
        return swap, ["awk", "-F\\t", "{ n[$1]++ } END { print NR, length(n) } { print }"]
    if plan.program == "python":
        backwards = place / "backwards.py"
        backwards.write_text(_BACKWARDS)
        return [*_PYTHON, str(backwards)], ["cat"]
    if plan.program == "words":
        words = REPOSITORY / "wordcount"
        return [*_PYTHON, str(words / "mapper.py")], [*_PYTHON, str(words / "reducer.py")]
    return ["cat"], ["cat"]


class ChaosJob:
    """The directory ``place/job`` and what the coordinator is told of it."""

    def __init__(self, plan: Plan, place: Path) -> None:
        self._plan = plan
        self.path = place / "job"
        self.state = place / "state"
        self._out = place / "out"
        self.path.mkdir()
        self.state.mkdir()
        front = place / "front.sh"
        front.write_text(_FRONT)
        front.chmod(0o755)
        self._front = str(front)
        self._mapper, self._reducer = _programs(plan, place)
        self._inputs = _inputs(plan)
        for index, data in enumerate(self._inputs):
            (self.path / f"{index}.in").write_bytes(data)

    def _fronted(self, state: str, phase: str, program: Sequence[str]) -> list[str]:
        crash = "crash" if phase == "reduce" and self._plan.crashing_reduces else "-"
        return [self._front, state, phase, crash, *program]

    def command(self, *options: str) -> list[str | Path]:
        """The command line that runs it, with further *options* of coordinator.py."""
        state = str(self.state)
        mapper = shlex.join(self._fronted(state, "map", self._mapper))
        reducer = shlex.join(self._fronted(state, "reduce", self._reducer))
        if self._plan.mode is Mode.STREAMING:
            return self._streaming_command(mapper, reducer)
        return [
            *(sys.executable, REPOSITORY / "coordinator.py"),
            *(f"--mapperPath={mapper}", f"--reducerPath={reducer}"),
            *("--jobPath=job", f"--numReducers={self._plan.reduces}"),
            *("--workerTimeout=2", "--maxAttempts=1000", "--verbose"),
            *(["--combinerPath=cat"] if self._plan.combined else []),
            *options,
        ]

    def _streaming_command(self, mapper: str, reducer: str) -> list[str | Path]:
        return [
            *(REPOSITORY / "bin" / "hadoop", "jar", "hadoop-streaming.jar"),
            *("-D", "mapreduce.map.maxattempts=1000", "-D", "mapreduce.reduce.maxattempts=1000"),
            *("-D", f"mapreduce.job.reduces={self._plan.reduces}"),
            *("-input", "job", "-output", "out", "-mapper", mapper, "-reducer", reducer),
            *(["-combiner", "cat"] if self._plan.combined else []),
        ]

    def expected(self) -> list[bytes]:
        """The outputs of the undisturbed job."""
        mapper, reducer = (
            self._fronted("-", phase, program)
            for phase, program in (("map", self._mapper), ("reduce", self._reducer))
        )
        return oracle(mapper, reducer, self._inputs, self._plan.reduces)

    def has(self, what: str) -> bool:
        """True if a program has left the mark *what*: ``begun-map``, ``arrived-reduce``, …"""
        return (self.state / what).exists()

    def open(self, phase: str) -> None:
        """Let the programs of *phase* pass the gate."""
        (self.state / f"open-{phase}").touch()

    def crashes(self) -> int:
        """The number of programs that have died as they should."""
        return len(list(self.state.glob("crashed-*")))

    def outputs(self) -> dict[str, bytes]:
        """All files that are there now and are no inputs, under the names of coordinator.py."""
        if self._plan.mode is Mode.STREAMING:
            written = {path.name: path.read_bytes() for path in self._out.iterdir()}
            parts = {f"{r}.out": f"part-{r:05}" for r in range(self._plan.reduces)}
            assert written.pop("_SUCCESS") == b""
            found = {name: written.pop(part) for name, part in parts.items() if part in written}
            return found | written
        names = {path.name for path in self.path.iterdir()}
        names -= {f"{index}.in" for index in range(self._plan.maps)}
        return {name: (self.path / name).read_bytes() for name in names}

    def is_right(self, output: bytes | None, expected: bytes) -> bool:
        """True if *output* is the *expected* one."""
        if self._plan.mode is Mode.STREAMING and output is not None:
            # Hadoop numbers map tasks by the sizes of inputs, which orders equal keys otherwise.
            return sorted(output.split(b"\n")) == sorted(expected.split(b"\n"))
        return output == expected

    def forget_output(self) -> None:
        """Remove the output directory of a killed run: another one would refuse to start."""
        shutil.rmtree(self._out, ignore_errors=True)


def _inputs(plan: Plan) -> list[bytes]:
    dice = Random(plan.seed)
    # A line of streaming ends at a carriage return, too.
    any_bytes = bytes(set(range(1, 256)) - set(b"\r\n" if plan.mode is Mode.STREAMING else b"\n"))
    inputs = []
    for index in range(plan.maps):
        crash = "crash" if index in plan.crashing_maps else "-"
        gate = "gate" if index == plan.maps - 1 else "-"
        lines = [f"!task{index}\t{plan.length:g}\t{crash}\t{gate}".encode()]
        size = 0
        while size < plan.size:
            key = b"key%d" % dice.randrange(50)
            lines.append(
                key + b"\t%d " % index + bytes(dice.choices(any_bytes, k=dice.randrange(60)))
            )
            size += len(lines[-1])
        inputs.append(b"\n".join(lines) + b"\n")
    return inputs
