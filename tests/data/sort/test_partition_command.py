"""Partitioners that are programs: right ones, slow ones, and those that say what makes no sense."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import numpy as np
import pytest

from hadoopless.data.program.cancellation import Cancellation
from hadoopless.data.program.commands import Command
from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.program.terms import Terms
from hadoopless.data.sort.partition_command import PartitionCommand
from hadoopless.errors import Cancelled
from hadoopless.faults import BadRun, TimeUp

pytestmark = pytest.mark.cluster

Make = Callable[..., PartitionCommand]
PLAIN = Terms()


@pytest.fixture
def make(spawner: SpawnerClient, cancellation: Cancellation) -> Make:
    """A partitioner behind a shell script; the number of partitions is its $1."""

    def make(script: str, partitions: int = 12, terms: Terms = PLAIN) -> PartitionCommand:
        command = Command(("/bin/sh", "-c", script, "sh"), "./part.sh", "/")
        return PartitionCommand(command, partitions, spawner, cancellation, terms)

    return make


def ask(partitioner: PartitionCommand, *keys: bytes) -> list[int]:
    lines = b"".join(key + b"\n" for key in keys)
    return list(map(int, partitioner(memoryview(lines), len(keys))))


def test_a_number_for_each_key(make: Make) -> None:
    partitioner = make("cat")
    assert ask(partitioner, b"3", b"11", b"0", b"007", b"3") == [3, 11, 0, 7, 3]
    assert ask(partitioner, b"1") == [1]
    assert ask(partitioner, b" 1", b"+2\r", b"10") == [1, 2, 10]
    assert partitioner.cpu_seconds > 0
    assert partitioner.stderr == ""


def test_what_it_is_told(make: Make) -> None:
    partitioner = make(
        'cat >/dev/null; echo $1; echo $GIVEN; echo told >&2; printf %s "$1"',
        13,
        terms=Terms({"GIVEN": "7"}),
    )
    with pytest.raises(BadRun, match="wrote 13 for the key a, which is none of them"):
        ask(partitioner, b"a", b"b", b"c")
    partitioner = make("cat >/dev/null; printf $GIVEN; echo told >&2", terms=Terms({"GIVEN": "7"}))
    assert ask(partitioner, b"a\xff\0\t") == [7]
    assert partitioner.stderr == "told"


def test_nobody_is_asked_for_nothing(make: Make) -> None:
    assert ask(make("exit 1")) == []
    assert ask(make("exit 1", 1), b"a", b"b") == [0, 0]


def test_one_that_answers_at_the_end_alone(make: Make) -> None:
    keys = [b"%d" % (number % 12) for number in range(131_072)]
    expected = [number % 12 for number in range(131_072)]
    for script in ("cat", 'x=$(cat); echo "$x"', "tee /dev/stderr"):
        assert ask(make(script), *keys) == expected


def test_large_numbers_of_partitions(make: Make) -> None:
    rng = np.random.default_rng(7)
    numbers = rng.integers(0, 100_000, 5000).tolist()
    assert ask(make("cat", 100_000), *(b"%d" % number for number in numbers)) == numbers


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("cat; echo 1", "wrote more than 3 lines for 3 keys"),
        ("yes 1", "wrote more than 3 lines for 3 keys"),
        ("head -c 300000 /dev/zero", "wrote [0-9,]+ bytes for 3 keys; it must write a number"),
        ("head -n 2", "wrote 2 lines for 3 keys; it must write a number for each"),
        ("cat >/dev/null", "wrote 0 lines for 3 keys"),
        ("sed 's/2/12/'", r"wrote 12 for the key 2, which is none of them; partitions are 0 to 11"),
        ("sed 's/2/-1/'", r"wrote -1 for the key 2, which is none"),
        ("sed 's/2/99999999999999999999/'", r"wrote 99999999999999999999 for the key 2, which is"),
        ("sed 's/2/two/'", r"wrote two for the key 2, which is no number"),
        ("sed 's/2//'", r"wrote '' for the key 2, which is no number"),
        ("sed 's/2/1.0/'", r"wrote 1.0 for the key 2, which is no number"),
        ("cat; exit 3", "ended with exit code 3"),
        ("kill -SEGV $$", "was killed by SIGSEGV"),
    ],
)
def test_answers_that_make_no_sense(script: str, says: str, make: Make) -> None:
    with pytest.raises(BadRun, match=says) as caught:
        ask(make(f"echo told >&2; {script}"), b"1", b"2", b"3")
    assert caught.value.command == "./part.sh 12"
    assert caught.value.stderr == "told"


def test_long_keys_are_not_shown_whole(make: Make) -> None:
    with pytest.raises(BadRun, match=r"for the key x{100}\.\.\., which") as caught:
        ask(make("echo 99"), b"x" * 100_000)
    assert len(caught.value.what) < 300


def test_a_key_with_a_line_end(make: Make) -> None:
    with pytest.raises(BadRun, match="there is one with a line end"):
        ask(make("cat"), b"1\n2", b"3")


def test_one_that_cannot_be_started(spawner: SpawnerClient) -> None:
    command = Command(("/no/such",), "/no/such", "/")
    with pytest.raises(BadRun, match="cannot be started: not found"):
        ask(PartitionCommand(command, 2, spawner, Cancellation()), b"1")


def test_one_that_does_nothing(make: Make) -> None:
    with pytest.raises(TimeUp, match=r"for 0\.1 s"):
        ask(make("exec sleep 1000", terms=Terms(idle_timeout=0.1)), b"1")


def test_a_cancel(make: Make, cancellation: Cancellation) -> None:
    cancellation.cancel(Cancelled("for a test"))
    with pytest.raises(Cancelled):
        ask(make("exec sleep 1000"), b"1")


def test_a_partitioner_in_python(spawner: SpawnerClient) -> None:
    script = """
import sys
parts = int(sys.argv[1])
for line in sys.stdin:
    print(len(line.rstrip("\\n")) % parts)
"""
    command = Command((sys.executable, "-S", "-c", script), "part.py", "/")
    keys = [b"x" * (number % 17) for number in range(10_000)]
    assert os.path.exists(sys.executable)
    asked = ask(PartitionCommand(command, 4, spawner, Cancellation()), *keys)
    assert asked == [number % 17 % 4 for number in range(10_000)]
