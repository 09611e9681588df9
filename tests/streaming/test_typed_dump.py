"""``dumptb`` of text, against what a real one writes; what it refuses."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from hadoopless.streaming.main import main

#: The dump of ``a TAB b NL c NL``: type 4 is a long, the offset; type 7 a string, the line.
DUMPED = bytes.fromhex("040000000000000000 0700000003610962 040000000000000004 070000000163")


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MAPREDUCE_FS_ROOT", raising=False)
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir/a.txt").write_text("a\tb\nc\n")
    (tmp_path / "b.gz").write_bytes(gzip.compress(b"a\tb\r\nc"))
    (tmp_path / "sequence").write_bytes(b"SEQ\x06")


@pytest.mark.parametrize(
    ("pattern", "dumped"), [("dir", DUMPED), ("d*/*", DUMPED), ("{x,b.gz}", None)]
)
def test_lines_come_with_their_offsets(
    pattern: str, dumped: bytes | None, capfdbinary: pytest.CaptureFixture[bytes]
):
    assert main(["dumptb", pattern]) == 0
    expected = dumped or DUMPED.replace(b"\0\x04\x07", b"\0\x05\x07")
    assert capfdbinary.readouterr().out == expected


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["dumptb"], 1, "Too few arguments!"),
        (["loadtb"], 1, "Too few arguments!"),
        (["loadtb", "x"], 1, "sequence files are not supported here"),
        (["dumptb", "sequence"], 1, "sequence files are not supported here"),
        (["dumptb", "nope"], 1, "java.io.FileNotFoundException: File nope does not exist"),
        (["dumptb", "no*"], 255, "Streaming Command Failed!"),
    ],
)
def test_what_is_refused(
    words: list[str], status: int, said: str, capfd: pytest.CaptureFixture[str]
):
    assert main(words) == status
    out, err = capfd.readouterr()
    assert said in err
    assert out.startswith(f"Usage: mapred streaming {words[0]}" if len(words) == 1 else "")
