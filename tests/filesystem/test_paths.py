from __future__ import annotations

import os
from pathlib import Path

import pytest

from hadoopless.errors import ForbiddenError, InputError
from hadoopless.filesystem.paths import BadPath, FileSystems, PathName, split


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    (tmp_path / "cwd").mkdir()
    return tmp_path / "cwd"


@pytest.fixture
def plain(tmp_path: Path, cwd: Path) -> FileSystems:
    """The file systems of a user who has not set MAPREDUCE_FS_ROOT."""
    return FileSystems({"USER": "me", "XDG_DATA_HOME": str(tmp_path / "data")}, cwd)


@pytest.fixture
def rooted(tmp_path: Path, cwd: Path) -> FileSystems:
    return FileSystems({"USER": "me", "MAPREDUCE_FS_ROOT": str(tmp_path / "root")}, cwd)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a", ("", "", "a")),
        ("/a//b/./c/../d/", ("", "", "/a/b/d")),
        (".", ("", "", "")),
        ("../a", ("", "", "../a")),
        ("/", ("", "", "/")),
        ("/../a", ("", "", "/../a")),
        ("hdfs:///a/b", ("hdfs", "", "/a/b")),
        ("hdfs://nn:8020/a", ("hdfs", "nn:8020", "/a")),
        ("hdfs://nn", ("hdfs", "nn", "")),
        ("file:/a", ("file", "", "/a")),
        ("file:///a b#c%20?d", ("file", "", "/a b#c%20?d")),
        ("a/b:c", ("", "", "a/b:c")),
        ("/a:b", ("", "", "/a:b")),
        ("//host/a", ("null", "host", "/a")),
    ],
)
def test_parts_of_a_path(text: str, parts: tuple[str, str, str]) -> None:
    assert split(text) == PathName(*parts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty string"),
        ("a:b", "Relative path in absolute URI: a:b"),
        (":a", "Relative path in absolute URI: :a"),
        ("file:a", "Relative path"),
        ("1 2:/x", "Illegal character in scheme"),
    ],
)
def test_what_is_no_path(text: str, message: str) -> None:
    with pytest.raises(BadPath, match=message):
        split(text)


def test_plain_paths_are_local_files(plain: FileSystems, cwd: Path) -> None:
    assert plain.local("a/b") == cwd / "a" / "b"
    assert plain.local("/x/y") == plain.local("file:///x/y") == Path("/x/y")
    assert plain.qualified("a") == f"file:{cwd}/a"
    assert plain.local("../a") == cwd.parent / "a"


def test_the_area_of_a_user(plain: FileSystems, tmp_path: Path) -> None:
    area = tmp_path / "data" / "mapreduce" / "hdfs"
    assert plain.local("hdfs:///x") == plain.local("hdfs://nn:8020/x") == area / "x"
    assert (area / "user" / "me").is_dir()
    assert (area / "tmp").is_dir()
    assert plain.qualified("hdfs:///x") == "hdfs://localhost/x"
    assert plain.qualified("hdfs://nn:8020/x") == "hdfs://nn:8020/x"


def test_the_area_is_in_the_home_directory(tmp_path: Path) -> None:
    files = FileSystems({"USER": "me", "HOME": str(tmp_path)}, tmp_path)
    assert files.local("hdfs:///x") == tmp_path / ".local/share/mapreduce/hdfs/x"


def test_with_a_root_plain_paths_are_in_it(rooted: FileSystems, tmp_path: Path, cwd: Path) -> None:
    assert rooted.local("/x") == rooted.local("hdfs:///x") == tmp_path / "root" / "x"
    assert rooted.local("a/b") == tmp_path / "root/user/me/a/b"
    assert rooted.local("../../a") == tmp_path / "root/a"
    assert rooted.local("hdfs://nn") == tmp_path / "root/user/me"
    assert rooted.local("file:///x") == Path("/x")
    assert rooted.local_place("a").file == str(cwd / "a")
    assert rooted.local_place("hdfs:///a").file == str(tmp_path / "root/a")
    assert rooted.qualified("a") == "hdfs://localhost/user/me/a"


@pytest.mark.parametrize("path", ["/..", "/../x", "../../../x", "hdfs:///a/../../x"])
def test_dots_do_not_leave_the_area(rooted: FileSystems, path: str) -> None:
    with pytest.raises(BadPath, match="is not a valid DFS filename"):
        rooted.local(path)


def test_links_do_not_leave_the_area(rooted: FileSystems, tmp_path: Path) -> None:
    home = rooted.local("/user/me")
    (tmp_path / "outside").mkdir()
    (tmp_path / "root-beside").mkdir()
    (home / "inner").symlink_to("/".join([".."] * 2 + ["tmp"]))
    (home / "outer").symlink_to(tmp_path / "outside")
    (home / "beside").symlink_to(tmp_path / "root-beside")
    assert rooted.local("inner/x") == home / "inner" / "x"
    for path in ("outer", "outer/x", "beside/x"):
        with pytest.raises(ForbiddenError, match="leads out of"):
            rooted.local(path)


def test_a_root_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    files = FileSystems({"USER": "me", "MAPREDUCE_FS_ROOT": str(tmp_path / "link")}, tmp_path)
    assert files.local("/x") == tmp_path / "real" / "x"


def test_a_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    files = FileSystems({"USER": "me", "MAPREDUCE_FS_ROOT": str(tmp_path / "file")}, tmp_path)
    with pytest.raises(InputError, match="MAPREDUCE_FS_ROOT"):
        files.local("/x")


@pytest.mark.parametrize("uri", ["s3://bucket/x", "viewfs:/x"])
def test_other_schemes(plain: FileSystems, uri: str) -> None:
    with pytest.raises(InputError, match="No FileSystem for scheme"):
        plain.local(uri)


def test_local_files_have_no_host(plain: FileSystems) -> None:
    with pytest.raises(BadPath, match="Wrong FS: file://host/x, expected: file:///"):
        plain.local("file://host/x")


def test_another_default(cwd: Path, tmp_path: Path) -> None:
    environment = {"USER": "me", "MAPREDUCE_FS_ROOT": str(tmp_path / "root")}
    assert FileSystems(environment, cwd, "file:///").local("a") == cwd / "a"
    other = FileSystems(environment, cwd, "hdfs://nn:9000")
    assert other.qualified("a") == "hdfs://nn:9000/user/me/a"
    with pytest.raises(InputError, match="No FileSystem"):
        FileSystems(environment, cwd, "s3://b")


@pytest.mark.parametrize(
    ("environment", "user"),
    [
        ({"HADOOP_USER_NAME": "a", "USER": "b"}, "a"),
        ({"USER": "b", "LOGNAME": "c"}, "b"),
        ({"USER": "../x", "LOGNAME": "c"}, "c"),
    ],
)
def test_the_user(environment: dict[str, str], user: str, cwd: Path) -> None:
    assert FileSystems(environment, cwd).user == user


def test_the_user_of_the_process(cwd: Path) -> None:
    assert FileSystems({}, cwd).user


def make(base: Path, *names: str) -> None:
    for name in names:
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).touch()


def texts(files: FileSystems, pattern: str) -> list[str]:
    return [place.text for place in files.glob(pattern)]


def test_globs_of_local_files(plain: FileSystems, cwd: Path) -> None:
    make(cwd, "d/b", "d/a", "d/.c.crc", "d/.h", "e/a", "f")
    assert texts(plain, "d/*") == ["d/.h", "d/a", "d/b"]
    assert texts(plain, "*/a") == ["d/a", "e/a"]
    assert texts(plain, "*") == ["d", "e", "f"]
    assert texts(plain, "./d/") == ["d"]
    assert texts(plain, ".") == ["."]
    assert texts(plain, "../*/f") == ["f"]
    assert texts(plain, f"{cwd}/{{d/a,f}}") == [f"{cwd}/d/a", f"{cwd}/f"]
    assert texts(plain, f"file://{cwd}/f") == [f"file://{cwd}/f"]
    assert texts(plain, f"file:{cwd}/f*") == [f"file://{cwd}/f"]
    assert texts(plain, "x") == texts(plain, "x*") == texts(plain, "f/*") == []


def test_globs_in_the_area(rooted: FileSystems) -> None:
    make(rooted.local("/user/me"), "d/part-00000", "d/part-00001", "d/_SUCCESS", "a*b", "axb")
    assert texts(rooted, "d/part*") == ["d/part-00000", "d/part-00001"]
    assert texts(rooted, "hdfs:///user/*/d/_*") == ["hdfs:///user/me/d/_SUCCESS"]
    assert texts(rooted, "hdfs://nn/user/me/d/_*") == ["hdfs://nn/user/me/d/_SUCCESS"]
    assert texts(rooted, "/*") == ["/tmp", "/user"]
    assert texts(rooted, r"a\*b") == ["a*b"]
    assert texts(rooted, "/") == ["/"]
    assert [p.file for p in rooted.glob("d/_*")] == [str(rooted.local("d/_SUCCESS"))]


def test_the_working_directory_is_no_pattern(tmp_path: Path) -> None:
    cwd = tmp_path / "[x]{y*"
    make(cwd, "d/a", "b")
    files = FileSystems({"USER": "me"}, cwd)
    assert texts(files, "*") == ["b", "d"]
    assert texts(files, "d/a") == ["d/a"]
    assert texts(files, "../*/b") == ["b"]


def test_names_are_sorted_as_bytes(plain: FileSystems, cwd: Path) -> None:
    make(cwd, "b", "B", "é", "a", "\U0001f600", "\uffff")
    assert texts(plain, "*") == ["B", "a", "b", "é", "\uffff", "\U0001f600"]


def test_names_that_are_no_utf8(plain: FileSystems, cwd: Path) -> None:
    name = os.fsdecode(b"\xff")
    make(cwd, name)
    assert texts(plain, "*") == [name]


def test_what_is_a_pattern(plain: FileSystems) -> None:
    assert plain.is_pattern("a/*/b")
    assert plain.is_pattern("{a/b,c}")
    assert not plain.is_pattern(r"hdfs:///a/\*")


def test_around_a_place(plain: FileSystems, cwd: Path) -> None:
    make(cwd, "d/a", "d/b")
    directory = plain.place("d/")
    inner = plain.child(directory, "a")
    assert inner.text == "d/a"
    assert plain.child(plain.place("."), "d").text == "d"
    assert inner.base == "a"
    assert not inner.in_area
    assert plain.parent(inner).file == str(cwd / "d")


def test_area_of_a_user_without_a_home(cwd: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert FileSystems({}, cwd).area == "/.local/share/mapreduce/hdfs"
