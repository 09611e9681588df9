"""Files with settings: which are read, and which are refused."""

from __future__ import annotations

import grp
import os
import pwd
from pathlib import Path

import pytest

from hadoopless.entry.config_files import ConfigFile, config_files, user_file
from hadoopless.errors import ForbiddenError, InputError, MapReduceError, UsageError

PROJECT = "hadoopless.toml"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a project, not there yet; the working directory and the user's are new ones."""
    (tmp_path / "project").mkdir(mode=0o755)
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "project" / PROJECT


def refused(kind: type[MapReduceError], named: str | None = None) -> str:
    """The one line about the files."""
    with pytest.raises(kind) as caught:
        config_files(named)
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    return str(caught.value)


def write_user_file(text: str) -> Path:
    path = Path(str(user_file()))
    path.parent.mkdir(parents=True, mode=0o755)
    path.write_text(text)
    return path


def test_no_file() -> None:
    assert config_files(None) == []


def test_the_project_comes_before_the_user(project: Path) -> None:
    project.write_text("[run]\nslots = 1\n")
    user = write_user_file("[run]\nslots = 2\n")
    one = ConfigFile(PROJECT, {"run": {"slots": 1}})
    two = ConfigFile(str(user), {"run": {"slots": 2}})
    assert config_files(None) == [one, two]
    assert (one.directory, two.directory) == ("", str(user.parent))
    project.rename("other.toml")
    assert [file.name for file in config_files("other.toml")] == ["other.toml", str(user)]
    assert config_files("none") == []


def test_a_named_file_must_be_there() -> None:
    assert refused(UsageError, "") == "--config is empty; is a variable unset?"
    assert refused(InputError, "nothing.toml") == "--config: no such file: nothing.toml"


@pytest.mark.parametrize("base", ["", "relative"])
def test_the_users_file(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It lies in HOME unless XDG_CONFIG_HOME is absolute; without a HOME there is none."""
    monkeypatch.setenv("XDG_CONFIG_HOME", base)
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = None if base else f"{tmp_path}/.config/hadoopless/config.toml"
    assert user_file() == expected
    monkeypatch.setenv("HOME", "nowhere")
    assert user_file() is None
    assert config_files(None) == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"x = y", "Invalid value (at line 1, column 5)"),
        (b"x = '\xff'", "it is no UTF-8"),
        (b"x = " + b"[" * 50_000, "maximum recursion depth exceeded"),
    ],
)
def test_what_is_no_toml(project: Path, data: bytes, why: str) -> None:
    project.write_bytes(data)
    assert refused(UsageError).startswith(f"{PROJECT} is no TOML: {why}")


def test_what_is_no_file(project: Path) -> None:
    project.mkdir()
    told = f"{PROJECT} is no regular file, so it cannot hold settings"
    assert refused(InputError) == told
    project.rmdir()
    os.mkfifo(project)
    assert refused(InputError) == told
    assert refused(InputError, PROJECT) == told
    project.unlink()
    project.symlink_to(project)
    assert refused(InputError).startswith(f"{PROJECT} cannot be read: ")
    project.unlink()
    with project.open("wb") as file:
        file.truncate(1 << 30)
    assert refused(InputError) == f"{PROJECT} is larger than 1 MB, so it cannot hold settings"


def test_a_file_that_cannot_be_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write_text("")

    def closed(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", closed)
    assert refused(InputError) == f"{PROJECT} cannot be read: Permission denied"
    # One that cannot even be seen is meant for somebody else, such as that of the HOME of root.
    monkeypatch.setattr(os.path, "lexists", lambda _: False)
    assert config_files(None) == []


WAY_OUT = "; --config=FILE reads a file all the same, --config=none reads none"


def test_files_that_others_may_write(project: Path) -> None:
    project.write_text("[run]\n")
    project.chmod(0o646)
    reason = "others may write to it; chmod o-w hadoopless.toml"
    assert refused(ForbiddenError) == f"{PROJECT} is refused: {reason}{WAY_OUT}"
    # A user who names a file has looked at it.
    assert len(config_files(PROJECT)) == 1
    project.chmod(0o644)
    project.parent.chmod(0o1777)
    reason = "others may write to its directory; chmod o-w ."
    assert refused(ForbiddenError) == f"{PROJECT} is refused: {reason}{WAY_OUT}"
    project.parent.chmod(0o755)
    assert len(config_files(None)) == 1


def test_groups_that_may_write(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A group of the user alone is nobody else; where it has a member, or another name, it is."""
    project.write_text("[run]\n")
    project.chmod(0o664)
    user = pwd.getpwuid(os.getuid())

    def group_is(name: str, *members: str) -> None:
        found = grp.struct_group((name, "x", user.pw_gid, list(members)))
        monkeypatch.setattr(grp, "getgrgid", lambda _: found)

    os.chown(project, -1, user.pw_gid)
    group_is(user.pw_name)
    assert len(config_files(None)) == 1
    for others in ((user.pw_name, "mallory"), ("users",)):
        group_is(*others)
        assert "chmod g-w hadoopless.toml" in refused(ForbiddenError)

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(grp, "getgrgid", unknown)
    assert "chmod g-w hadoopless.toml" in refused(ForbiddenError)


def test_files_of_somebody_else(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root's are taken, as its programs are; a directory that is not ours we cannot mend."""
    project.write_text("[run]\n")
    if os.getuid() == 0:
        os.chown(project, 1234, -1)
    else:
        monkeypatch.setattr(os, "getuid", lambda: 1234)
    told = f"{PROJECT} is refused: it belongs to somebody else{WAY_OUT}"
    assert refused(ForbiddenError) == told
    if os.getuid() == 0:
        os.chown(project, 0, -1)
        os.chown(project.parent, 1234, -1)
        told = f"{PROJECT} is refused: its directory belongs to somebody else{WAY_OUT}"
        assert refused(ForbiddenError) == told
        os.chown(project.parent, 0, -1)
        monkeypatch.setattr(os, "getuid", lambda: 1234)
        assert len(config_files(None)) == 1
        project.parent.chmod(0o777)
        assert refused(ForbiddenError) == (
            f"{PROJECT} is refused: others may write to its directory{WAY_OUT}"
        )
