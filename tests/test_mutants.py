"""The tool that counts unnoticed changes of the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import mutants


def test_an_unknown_module_is_told_before_anything_is_removed_or_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mutants, "DIRECTORY", tmp_path)
    monkeypatch.setattr("subprocess.run", lambda *words, **settings: pytest.fail("it ran"))
    with pytest.raises(
        SystemExit, match=r"^no mutants are made of nosuch, but of these: hadoopless"
    ):
        mutants.main(["hadoopless.scheduler.tasks", "nosuch"])
    assert tmp_path.is_dir()
