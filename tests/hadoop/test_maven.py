"""The reasons why there is no real Hadoop to compare with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hadoop import maven


def test_no_place_for_the_jars(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(maven.Unavailable, match=r"file/.*: Not a directory; set XDG_CACHE_HOME"):
        maven.jars()


@pytest.mark.parametrize(
    ("missing", "says"), [("javac", "no Java development kit"), ("mvn", "no mvn")]
)
def test_programs_that_are_not_there(
    missing: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None if name == missing else f"/bin/{name}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(maven.Unavailable, match=says):
        maven.jars()
