"""Inputs of which a mapper would make no sense: packed ones, and text in other encodings."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.input.signatures import Inspection, packed_as, warnings_for_hadoop
from hadoopless.data.input.splits import job_inputs, plan_splits
from hadoopless.errors import InputError


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("x.in", data)
    return file.getvalue()


def tarred(data: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        member = tarfile.TarInfo("x.in")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return file.getvalue()


def check_readable(names: list[str], cwd: str) -> list[str]:
    """The warnings of an inspection of inputs."""
    inspection = Inspection()
    plan_splits(names, cwd, None, inspection.look)
    return inspection.warnings()


PACKED = {
    ".gz": gzip.compress(b"x\n"),
    ".bz2": bz2.compress(b"x\n"),
    ".xz": lzma.compress(b"x\n"),
    ".zst": zstandard.compress(b"x\n"),
    ".zip": zipped(b"x\n"),
    ".tar": tarred(b"x\n"),
    ".7z": b"7z\xbc\xaf\x27\x1c rest",
    ".rar": b"Rar!\x1a\x07\x01\0",
    ".lz4": b"\x04\x22\x4d\x18 rest",
    ".Z": b"\x1f\x9d\x90 rest",
    ".snappy": b"\xff\x06\0\0sNaPpY",
}


@pytest.mark.parametrize("ending", PACKED)
def test_what_is_packed_is_known_by_its_bytes(ending: str, tmp_path: Path) -> None:
    assert packed_as(PACKED[ending]) == ending
    (tmp_path / "0.in").write_bytes(PACKED[ending])
    with pytest.raises(InputError, match=f"cannot read the input 0.in: it is packed as {ending}"):
        check_readable(["0.in"], str(tmp_path))


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz", ".zst"])
def test_what_is_unpacked_must_say_so_by_its_name(ending: str, tmp_path: Path) -> None:
    for name in ("0.in", "0.in" + ending):
        (tmp_path / name).write_bytes(PACKED[ending])
    assert check_readable(["0.in" + ending], str(tmp_path)) == []
    with pytest.raises(InputError, match=f"if it is called 0.in{ending}, it is unpacked"):
        check_readable(["0.in"], str(tmp_path))


@pytest.mark.parametrize(
    "name", ["a.zip", "a.7z", "a.Z", "a.rar", "a.lz4", "a.snappy", "a.tar", "a.tgz", "a.tar.gz"]
)
def test_names_of_packed_files(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"anything\n")
    with pytest.raises(InputError, match="which nothing here unpacks; unpack it first, or pack it"):
        check_readable([name], str(tmp_path))


def test_packed_files_of_a_job_directory_are_not_passed_over(tmp_path: Path) -> None:
    for name in ("0.in", "1.in.xz", "2.in.zip", "3.in.tar.gz"):
        (tmp_path / name).touch()
    names = [Path(path).name for path in job_inputs(".", str(tmp_path))]
    assert names == ["0.in", "1.in.xz", "2.in.zip", "3.in.tar.gz"]


@given(st.text(max_size=400))
def test_text_is_not_packed(text: str) -> None:
    assert packed_as(text.encode("utf-8", "replace")) == ""


def test_utf_16_is_told_once(tmp_path: Path) -> None:
    for name in ("a b.in", "b.in"):
        (tmp_path / name).write_bytes("ä b\n".encode("utf-16"))
    (tmp_path / "c.in").write_bytes("ä b\n".encode("utf-32"))
    (tmp_path / "d.in").write_text("ä b\n")
    [warning] = check_readable(["a b.in", "b.in", "c.in", "d.in"], str(tmp_path))
    assert "the input a b.in (and 2 more) begins with the byte order mark of UTF-16" in warning
    line = warning.rpartition("to convert it: ")[2]
    subprocess.run(["/bin/sh", "-c", line], cwd=tmp_path, check=True)
    assert (tmp_path / "a b.in.utf8").read_text() == "ä b\n"
    [warning] = check_readable(["c.in"], str(tmp_path))
    assert "UTF-32" in warning
    assert check_readable(["d.in"], str(tmp_path)) == []


def test_hadoop_goes_by_names(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(PACKED[".gz"])
    (tmp_path / "x.xz").write_bytes(PACKED[".xz"])
    (tmp_path / "x.txt").write_text("x\n")
    (tmp_path / "u.txt").write_bytes("x\n".encode("utf-16"))
    names = ["x.gz", "x.xz", "x.txt", "u.txt", "missing"]
    files = [(f"file:{name}", str(tmp_path / name)) for name in names]
    packed, encoding = warnings_for_hadoop(files)
    assert packed.startswith("file:x.xz is packed as .xz; Hadoop goes by its name")
    assert "byte order mark of UTF-16" in encoding
