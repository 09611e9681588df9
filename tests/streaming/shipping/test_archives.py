"""Archives that are unpacked, and those that try to be clever."""

from __future__ import annotations

import errno
import gzip
import io
import os
import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from hadoopless.errors import DiskError, InputError
from hadoopless.streaming.shipping.archives import cannot, is_archive, unpack


def tar(path: Path, *members: tuple[tarfile.TarInfo, bytes], mode: str = "w") -> str:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for info, data in members:
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return str(path)


def member(name: str, kind: bytes = tarfile.REGTYPE, **fields: object) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mtime = 1_000_000_000
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def contents(path: Path) -> dict[str, bytes | str | None]:
    """Names below *path* -> bytes of a file, target of a link, None for a directory."""
    found: dict[str, bytes | str | None] = {}
    for one in sorted(path.rglob("*")):
        name = str(one.relative_to(path))
        if one.is_symlink():
            found[name] = os.readlink(one)
        else:
            found[name] = one.read_bytes() if one.is_file() else None
    return found


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *((f"a{ending}", True) for ending in (".zip", ".jar", ".tar", ".tgz", ".tar.gz", ".ZIP")),
        *((f"a{ending}", False) for ending in (".gz", ".tar.bz2", ".txt", "zip", "")),
    ],
)
def test_archives_are_known_by_their_names(name: str, is_one: bool) -> None:
    assert is_archive(name) is is_one


@pytest.mark.parametrize(("ending", "mode"), [(".tar", "w"), (".tgz", "w:gz"), (".tar.gz", "w:gz")])
def test_tar(ending: str, mode: str, tmp_path: Path) -> None:
    archive = tar(
        tmp_path / f"a{ending}",
        (member("./", tarfile.DIRTYPE, mode=0o755), b""),
        (member("empty", tarfile.DIRTYPE, mode=0), b""),
        (member("run.sh", mode=0o4755), b"#!/bin/sh\n"),
        (member("./lib/data.txt", mode=0o444), b"old"),
        (member("lib/data.txt", mode=0o444), b"data"),
        (member("lib/same", tarfile.LNKTYPE, linkname="lib/data.txt"), b""),
        (member("lib/python", tarfile.SYMTYPE, linkname="/usr/bin/python3"), b""),
        (member("/absolute.txt"), b"inside"),
        (member("pipe", tarfile.FIFOTYPE), b""),
        mode=mode,
    )
    target = tmp_path / "out"
    unpack(archive, str(target))
    assert contents(target) == {
        "absolute.txt": b"inside",
        "empty": None,
        "lib": None,
        "lib/data.txt": b"data",
        "lib/python": "/usr/bin/python3",
        "lib/same": b"data",
        "run.sh": b"#!/bin/sh\n",
    }
    assert (target / "run.sh").stat().st_mode & 0o7777 == 0o755
    assert (target / "lib/data.txt").stat().st_mode & 0o7777 == 0o644
    assert (target / "run.sh").stat().st_mtime == 1_000_000_000


def test_zip(tmp_path: Path) -> None:
    archive = tmp_path / "a.jar"
    with zipfile.ZipFile(archive, "w") as file:
        for name, mode, data in (
            ("run.sh", stat.S_IFREG | 0o755, "#!/bin/sh\n"),
            ("lib/data.txt", 0o640, "data"),
            ("/absolute.txt", 0, "inside"),
            ("link", stat.S_IFLNK | 0o777, "lib/data.txt"),
        ):
            info = zipfile.ZipInfo(name, (2001, 9, 9, 1, 46, 40))
            info.external_attr = mode << 16
            file.writestr(info, data)
        file.writestr("empty/", "")
    target = tmp_path / "out"
    unpack(str(archive), str(target))
    assert contents(target) == {
        "absolute.txt": b"inside",
        "empty": None,
        "lib": None,
        "lib/data.txt": b"data",
        "link": "lib/data.txt",
        "run.sh": b"#!/bin/sh\n",
    }
    assert (target / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (target / "lib/data.txt").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "..", "/../evil"])
def test_nothing_is_written_outside(name: str, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(InputError, match="outside of its directory"):
        unpack(tar(tmp_path / "a.tar", (member(name), b"x")), f"{tmp_path}/in/one")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(name, "x")
    with pytest.raises(InputError, match="outside of its directory"):
        unpack(f"{tmp_path}/a.zip", f"{tmp_path}/in/other")
    link = member("link", tarfile.LNKTYPE, linkname=name)
    with pytest.raises(InputError, match="outside of its directory"):
        unpack(tar(tmp_path / "b.tar", (link, b"")), f"{tmp_path}/in/third")
    assert not (tmp_path / "evil").exists()
    assert not (tmp_path / "in/evil").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    archive = tar(
        tmp_path / "a.tar",
        (member("dir", tarfile.SYMTYPE, linkname=str(outside)), b""),
        (member("dir/evil"), b"x"),
    )
    with pytest.raises(InputError, match="Is a directory"):
        unpack(archive, f"{tmp_path}/one")
    archive = tar(
        tmp_path / "b.tar",
        (member("file", tarfile.SYMTYPE, linkname=f"{outside}/evil"), b""),
        (member("file"), b"x"),
    )
    unpack(archive, f"{tmp_path}/other")
    assert contents(tmp_path / "other") == {"file": b"x"}
    assert os.listdir(outside) == []


def test_the_last_of_several_members_counts(tmp_path: Path) -> None:
    archive = tar(
        tmp_path / "a.tar",
        (member("link", tarfile.SYMTYPE, linkname="old"), b""),
        (member("link", tarfile.SYMTYPE, linkname="new"), b""),
        (member("file"), b"x"),
        (member("file", tarfile.SYMTYPE, linkname="new"), b""),
    )
    unpack(archive, f"{tmp_path}/out")
    assert contents(tmp_path / "out") == {"link": "new", "file": "new"}


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tgz", "missing.tar"])
def test_what_is_no_archive(name: str, tmp_path: Path) -> None:
    if not name.startswith("missing"):
        (tmp_path / name).write_bytes(b"\x1f\x8bno archive at all")
    with pytest.raises(InputError, match=f"{name} cannot be unpacked: "):
        unpack(f"{tmp_path}/{name}", f"{tmp_path}/out")


def test_an_archive_that_was_cut_off(tmp_path: Path) -> None:
    for name, mode in (("a.tar", "w"), ("a.tgz", "w:gz")):
        path = Path(tar(tmp_path / name, (member("x"), os.urandom(100_000)), mode=mode))
        path.write_bytes(path.read_bytes()[:50_000])
        with pytest.raises(InputError, match="cannot be unpacked"):
            unpack(str(path), f"{tmp_path}/out-{name}")


def test_times_that_no_clock_shows(tmp_path: Path) -> None:
    info = member("x", pax_headers={"mtime": "1e300"})
    with tarfile.open(tmp_path / "a.tar", "w", format=tarfile.PAX_FORMAT) as file:
        file.addfile(info)
    with pytest.raises(InputError, match="out of range"):
        unpack(f"{tmp_path}/a.tar", f"{tmp_path}/out")


def test_a_link_that_is_no_path(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("link")
    info.external_attr = stat.S_IFLNK << 16
    info.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr(info, b"x" * 1_000_000)
    with pytest.raises(InputError, match="its link link is too long"):
        unpack(f"{tmp_path}/a.zip", f"{tmp_path}/out")


def test_damaged_lzma(tmp_path: Path) -> None:
    pytest.importorskip("lzma")
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("x", b"0123456789" * 20)
    data = bytearray(path.read_bytes())
    data[36:44] = b"\xff" * 8
    path.write_bytes(data)
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpack(str(path), f"{tmp_path}/out")


def test_a_member_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x", b"data")
    data = path.read_bytes()
    entry, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
    nameless = data[entry : entry + 28] + b"\0\0" + data[entry + 30 : entry + 46]
    length = len(nameless).to_bytes(4, "little")
    path.write_bytes(data[:entry] + nameless + data[end : end + 12] + length + data[end + 16 :])
    with pytest.raises(InputError, match="a member has no name"):
        unpack(str(path), f"{tmp_path}/out")


def test_a_file_that_promises_more_than_the_disk_holds(tmp_path: Path) -> None:
    """A sparse file has only its size in the archive, and no byte."""
    archive = tmp_path / "a.tar"
    headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,0"}
    huge = {**headers, "GNU.sparse.size": str(1 << 60), "GNU.sparse.name": "huge"}
    with tarfile.open(archive, "w", format=tarfile.PAX_FORMAT) as file:
        file.addfile(member("small"))
        file.addfile(member("huge", pax_headers=huge))
    with pytest.raises(DiskError, match="No space left"):
        unpack(str(archive), f"{tmp_path}/out")
    assert os.listdir(tmp_path / "out") == ["small"]


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_header_that_is_a_bomb(kind: bytes, tmp_path: Path) -> None:
    header = member("x", kind)
    header.size = 1 << 40
    path = tmp_path / "a.tgz"
    path.write_bytes(gzip.compress(header.tobuf(tarfile.GNU_FORMAT) + bytes(1 << 20)))
    with pytest.raises(InputError, match="header of a member is too large"):
        unpack(str(path), f"{tmp_path}/out")


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_the_packing_is_known_by_the_first_bytes(mode: str, tmp_path: Path) -> None:
    pytest.importorskip({"w:gz": "zlib", "w:bz2": "bz2", "w:xz": "lzma"}[mode])
    archive = tar(tmp_path / "a.tar", (member("one"), b"1"), (member("two"), b"2"), mode=mode)
    unpack(archive, f"{tmp_path}/out")
    assert contents(tmp_path / "out") == {"one": b"1", "two": b"2"}


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_is_not_the_fault_of_an_archive(code: int) -> None:
    error = cannot("unpacked", "a.zip", OSError(code, os.strerror(code)))
    assert isinstance(error, DiskError)
    assert str(error) == (
        f"a.zip cannot be unpacked: {os.strerror(code)}; set TMPDIR to another disk"
    )
    error = cannot("copied", "a", OSError(errno.EACCES, "Permission denied"))
    assert isinstance(error, InputError)
    assert str(error) == "a cannot be copied: Permission denied"
