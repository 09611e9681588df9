"""Programs that are ended: by a cancel, a time-out or an error of ours.

That nothing of a program is left shows at a pipe that all of it held: reading it comes to its end.
"""

from __future__ import annotations

import os

import pytest

from hadoopless.data.program.cancellation import Cancellation, timed_out
from hadoopless.data.program.process import SpawnerClient
from hadoopless.data.program.program import Program
from hadoopless.data.program.stdin import write_all
from hadoopless.errors import Cancelled, InputError
from hadoopless.faults import TimeUp
from tests.data.program.programs import Start, cancelled, command, feeding, read_all, read_some, sh

pytestmark = pytest.mark.cluster


@pytest.mark.parametrize(
    "script",
    [
        "echo ready; exec sleep 1000",
        "echo ready; sleep 1000 & exit 0",
        "sh -c 'sleep 1000' & sleep 1000 & echo ready; wait",
        "echo ready; kill -STOP $$",
        "trap '' TERM; (trap '' TERM; sleep 1000) & echo ready; while :; do sleep 1000; done",
    ],
    ids=["alone", "leader gone", "children", "stopped", "deaf to SIGTERM"],
)
def test_cancel_ends_the_whole_group(script: str, start: Start, cancellation: Cancellation) -> None:
    with start(sh(script)) as program:
        assert read_some(program) == b"ready\n"
        cancellation.cancel(cancelled())
        assert read_all(program) == b""
        with pytest.raises(Cancelled, match="for a test"):
            program.finish()


def test_a_program_may_say_good_bye(start: Start, cancellation: Cancellation) -> None:
    with start(sh("trap 'echo bye; exit 0' TERM; echo ready; while :; do sleep 0.01; done")) as one:
        assert read_some(one) == b"ready\n"
        cancellation.cancel(cancelled())
        assert read_all(one) == b"bye\n"
        with pytest.raises(Cancelled):
            one.finish()


def test_cancel_frees_a_feeder_that_waits(start: Start, cancellation: Cancellation) -> None:
    endless = (memoryview(b"x" * 65_536) for _ in iter(int, 1))
    with start(sh("echo ready; exec sleep 1000"), stdin=lambda fd: write_all(fd, endless)) as one:
        assert read_some(one) == b"ready\n"
        cancellation.cancel(cancelled())
        with pytest.raises(Cancelled):
            one.finish()


def test_a_timeout_tells_what_the_program_wrote(start: Start, cancellation: Cancellation) -> None:
    def run_for_too_long() -> None:
        with start(sh("echo slow work >&2; echo ready; exec sleep 1000")) as program:
            assert read_some(program) == b"ready\n"
            cancellation.cancel(timed_out(2.5))
            program.finish()

    with pytest.raises(TimeUp, match=r"longer than the time limit of 2\.5 s") as caught:
        run_for_too_long()
    assert caught.value.command == "as typed"
    assert caught.value.stderr == "slow work"


def test_the_first_cancel_counts(cancellation: Cancellation) -> None:
    cancellation.check()
    cancellation.cancel(cancelled())
    cancellation.cancel(timed_out(1))
    with pytest.raises(Cancelled):
        cancellation.check()


def test_nothing_starts_after_a_cancel(start: Start, cancellation: Cancellation) -> None:
    cancellation.cancel(cancelled())
    with pytest.raises(Cancelled):
        start(command("cat"))


def test_a_cancel_during_the_start(spawner: SpawnerClient) -> None:
    class Late(Cancellation):
        """The cancel comes after the check and before the program is known."""

        def check(self) -> None:
            super().check()
            self.cancel(cancelled())

    with Program(sh("exec sleep 1000"), spawner, Late(), stdin=feeding(b"")) as program:
        assert read_all(program) == b""
        with pytest.raises(Cancelled):
            program.finish()


def test_commit_happens_before_or_never(cancellation: Cancellation) -> None:
    done: list[str] = []
    cancellation.commit(lambda: done.append("before"))
    cancellation.cancel(cancelled())
    with pytest.raises(Cancelled):
        cancellation.commit(lambda: done.append("after"))
    assert done == ["before"]


def test_what_nobody_wants_any_more_is_not_committed() -> None:
    done: list[int] = []
    wanted = Cancellation(lambda: False)
    wanted.commit(lambda: done.append(1))
    unwanted = Cancellation(lambda: True)
    with pytest.raises(Cancelled, match="nobody waits"):
        unwanted.commit(lambda: done.append(2))
    assert done == [1]


def test_an_error_of_ours_ends_the_program(start: Start) -> None:
    read_end, write_end = os.pipe()

    def fail() -> None:
        with start(sh("exec 3>&0; sleep 1000 & exec sleep 1000"), stdin=write_end):
            os.close(write_end)
            raise KeyboardInterrupt

    with os.fdopen(read_end, "rb") as held:
        with pytest.raises(KeyboardInterrupt):
            fail()
        assert held.read() == b""


def test_an_error_of_the_feeder_ends_the_program(start: Start) -> None:
    def feeder(descriptor: int) -> None:
        os.write(descriptor, b"some")
        raise InputError("half of it is missing")

    with start(sh("cat >/dev/null; exec sleep 1000"), stdin=feeder) as program:
        assert read_all(program) == b""
        with pytest.raises(InputError, match="half of it"):
            program.finish()
