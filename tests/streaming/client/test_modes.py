"""The modes of an output's files."""

from __future__ import annotations

import stat
from pathlib import Path

from hadoopless.streaming.client.modes import set_modes


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_modes_are_those_of_the_mask_whatever_they_were(tmp_path: Path):
    output = tmp_path / "out"
    side = output / "side"
    side.mkdir(parents=True, mode=0o700)
    for number, path in enumerate((output / "part-00000", side / "x")):
        path.touch(0o600 + number)
    set_modes(output, 0o027)
    assert [mode(path) for path in (output, side)] == [0o750, 0o750]
    assert [mode(path) for path in (output / "part-00000", side / "x")] == [0o640, 0o640]


def test_links_that_a_task_left_are_not_followed(tmp_path: Path):
    other = tmp_path / "other"
    other.touch(0o600)
    output = tmp_path / "out"
    output.mkdir()
    (output / "link").symlink_to(other)
    set_modes(output, 0o022)
    assert mode(other) == 0o600
