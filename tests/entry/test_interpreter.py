"""A Python that lacks something hands over to that of ``.venv``, or says what to type."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless import installation
from hadoopless.data.machine import prebuilt
from hadoopless.entry import interpreter
from tests.oracle import REPOSITORY

#: Without site-packages, as the python3 of a system.
BARE = [sys.executable, "-S", "-c"]
SCRIPT = """\
import sys
sys.path.insert(0, sys.argv.pop(1))
from hadoopless.entry import interpreter
interpreter.ensure("it", {packages}, root=sys.argv.pop(1))
print("here")
"""


def run(root: Path, *words: str, packages: str = "interpreter.PACKAGES") -> tuple[int, str, str]:
    """The exit code, stdout and stderr of a program that is given *words*."""
    argv = [*BARE, SCRIPT.format(packages=packages), str(REPOSITORY), str(root), *words]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_the_virtualenv_takes_over(tmp_path: Path):
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\nprintf "<%s>" "$@"\n')
    python.chmod(0o755)
    assert run(tmp_path, "--a=b c", "") == (0, "<-c><--a=b c><>", "")


def test_the_line_to_type(tmp_path: Path):
    root = tmp_path / "a b"
    text = f"it: {sys.executable} has no tornado; make the virtualenv .venv with: make -C '{root}'"
    assert run(root) == (1, "", f"{text} demo\n")


def test_what_needs_no_packages_runs_anywhere(tmp_path: Path):
    assert run(tmp_path, packages="()") == (0, "here\n", "")


def test_this_python_has_all(tmp_path: Path):
    interpreter.ensure("it", root=str(tmp_path))


def test_an_old_python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 18))
    with pytest.raises(SystemExit, match=r"it: Python 3\.11 or newer is needed, and "):
        interpreter.ensure("it", packages=(), root=str(tmp_path))


def test_a_virtualenv_that_lacks_something_does_not_start_itself_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / ".venv").symlink_to(sys.prefix)
    with pytest.raises(SystemExit, match=r"it: .* has no such_package; make the virtualenv"):
        interpreter.ensure("it", packages=("such_package",), root=str(tmp_path))


class FinderWithoutLlvm:
    """Finds every module but llvmlite."""

    @staticmethod
    def find_spec(name: str) -> object | None:
        return None if name == "llvmlite" else object()


def test_kernels_of_a_wheel_need_no_llvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(interpreter, "PathFinder", FinderWithoutLlvm)
    monkeypatch.setattr(prebuilt, "found", lambda: [tmp_path / "kernels.so"])
    interpreter.ensure("it", root=str(tmp_path))


def test_the_reason_why_the_kernels_of_a_wheel_do_not_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(interpreter, "PathFinder", FinderWithoutLlvm)
    monkeypatch.setattr(prebuilt, "found", list)
    monkeypatch.setattr(prebuilt, "why_none", lambda: "others are of other sources")
    told = (
        r"^it: .* has no llvmlite, and others are of other sources; make the virtualenv \.venv with"
    )
    with pytest.raises(SystemExit, match=told):
        interpreter.ensure("it", root=str(tmp_path))


def test_an_installed_package_is_told_of_its_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(installation, "IS_CHECKOUT", False)
    with pytest.raises(
        SystemExit, match=r"no such_package; run: pip install 'hadoopless\[build\]'$"
    ):
        interpreter.ensure("it", packages=("such_package",), root="/nowhere")
