"""Event loops run to the end, and an interrupt before their begin leaves no warning."""

from __future__ import annotations

import asyncio
import gc

import pytest

from hadoopless.entry import event_loop


def test_a_loop_runs_to_its_end() -> None:
    done = []

    async def main() -> None:
        await asyncio.sleep(0)
        done.append("all")

    event_loop.run(main())
    assert done == ["all"]


def test_an_interrupt_before_the_loop_has_begun(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    def interrupted(main: object) -> None:
        raise KeyboardInterrupt

    async def main() -> None:
        raise AssertionError("it does not begin")

    monkeypatch.setattr(asyncio, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        event_loop.run(main())
    gc.collect()
    assert not recwarn.list
