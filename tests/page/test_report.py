"""``hadoopless report`` writes one file with all of a job, a trace, a table; each whole or not."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.history import events as ev
from hadoopless.history.profile import profile_path
from hadoopless.page.columns import unpack
from hadoopless.page.report import main
from tests.oracle import REPOSITORY
from tests.page.made_logs import began, made_events, write_log
from tests.page.test_server import hostile_events


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write_log(tmp_path / "made.jsonl", made_events(300))


def test_the_report_holds_all_and_asks_nobody(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    assert main([str(log), "-o", str(path)]) == 0
    text = path.read_text()
    assert "The job took" in re.sub("<script.*?</script>", "", text, flags=re.DOTALL)
    packed = re.search('<script type="application/octet-stream" id="data">(.*?)</script>', text)
    assert packed
    head, columns = unpack(gzip.decompress(base64.b64decode(packed[1])))
    assert head["rows"] == len(columns["state"]) == 300
    policy = re.search('<meta http-equiv="Content-Security-Policy" content="(.*?)">', text)
    assert policy
    assert policy[1].startswith("default-src &#x27;none&#x27;")
    assert "connect-src" not in policy[1]
    assert not re.search(r"""(src|href)=["'](?!#)""", text.replace(packed[1], ""))


def test_a_profile_is_in_the_report(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    main([str(log), "-o", str(path)])
    assert 'id="profile"' not in path.read_text()
    profile_path(log).write_text("mapper;main;split 30\nmapper;</svg><script>alert(1) 3\n")
    main([str(log), "-o", str(path)])
    text = path.read_text()
    assert '<a href="#profile">Profile</a>' in text
    assert "<title>split: 91 %, 30 samples, 30 in itself</title>" in text
    assert "<script>alert" not in text


def test_hostile_texts(tmp_path: Path) -> None:
    log = write_log(tmp_path / "made.jsonl", iter(hostile_events()))
    paths = [str(tmp_path / name) for name in ("r.html", "r.csv", "r.pb")]
    assert main([str(log), "-o", paths[0], "--csv", paths[1], "--perfetto", paths[2]]) == 0
    assert "<img" not in Path(paths[0]).read_text()


@pytest.mark.heavy
def test_a_report_of_100_000_attempts(tmp_path: Path) -> None:
    """Every size and time in it is random, so that nothing can be packed for free."""
    path = tmp_path / "report.html"
    events = made_events(100_000, workers=16, reduces=400)
    assert main([str(write_log(tmp_path / "made.jsonl", events)), "-o", str(path)]) == 0
    assert path.stat().st_size <= 3_000_000


def test_the_table(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "attempts.csv"
    assert main([str(log), "--csv", str(path)]) == 0
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    assert len(rows) == 300
    assert {row["result"] for row in rows} >= {"succeeded"}
    assert sum(int(row["counts"]) for row in rows if row["task"].startswith("reduce")) == 8


def test_no_spreadsheet_computes_an_input(tmp_path: Path) -> None:
    events: list[ev.Event] = [
        began(1, 0),
        ev.AttemptBegan(1.0, "map-0", 0, "@SUM(1)", input='=cmd|"/c calc"!A1'),
    ]
    log = write_log(tmp_path / "made.jsonl", iter(events))
    assert main([str(log), "--csv", str(tmp_path / "a.csv")]) == 0
    (row,) = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text()))
    assert (row["worker"], row["input"]) == ("'@SUM(1)", '\'=cmd|"/c calc"!A1')


# Perfetto ---------------------------------------------------------------------------------------


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The fields of a message of protobuf: varints as numbers, all else as bytes."""
    at = 0

    def varint() -> int:
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(data):
        key = varint()
        assert key & 7 in (0, 2), "the trace has varints and texts alone"
        if key & 7 == 0:
            yield key >> 3, varint()
        else:
            length = varint()
            assert at + length <= len(data)
            yield key >> 3, data[at : at + length]
            at += length


def message(data: int | bytes) -> dict[int, list[int | bytes]]:
    assert isinstance(data, bytes)
    found: dict[int, list[int | bytes]] = {}
    for field, value in fields(data):
        found.setdefault(field, []).append(value)
    return found


def test_the_trace(log: Path, tmp_path: Path) -> None:
    path = tmp_path / "trace.pb"
    assert main([str(log), "--perfetto", str(path)]) == 0
    packets = [message(packet) for packet in message(path.read_bytes())[1]]
    assert all(packet[10] == [1] for packet in packets)
    assert packets[0][13] == [1]
    tracks = [message(packet[60][0]) for packet in packets if 60 in packet]
    assert len({track[1][0] for track in tracks}) == len(tracks)
    threads = {track[1][0] for track in tracks if 4 in track}
    assert len(threads) == 16
    events = [(packet[8][0], message(packet[11][0])) for packet in packets if 11 in packet]
    begins = [event for _, event in events if event[9] == [1]]
    assert len(begins) == sum(event[9] == [2] for _, event in events) == 300
    assert all(event[11][0] in threads for event in begins)
    assert begins[0][23] == [b"map-0-0"]
    annotations = {message(one)[10][0]: message(one) for one in begins[0][4]}
    assert annotations[b"result"][6] == [b"succeeded"]
    assert any(event[9] == [4] for _, event in events)


# Errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["{log}"], 2, "name a file to write: -o FILE.html"),
        (["/nowhere.jsonl", "-o", "x"], 3, "there is no event log /nowhere.jsonl"),
        (["{log}", "-o", "{log}/x"], 6, "cannot write"),
        (["{noise}", "-o", "x"], 3, "is no event log"),
    ],
)
def test_errors(
    log: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    code: int,
    text: str,
) -> None:
    noise = tmp_path / "noise.jsonl"
    noise.write_bytes(random.Random(1).randbytes(1000))
    given = [word.format(log=log, noise=noise) for word in words]
    assert main(given) == code
    err = capsys.readouterr().err
    assert err.startswith("hadoopless report: ")
    assert text in err
    assert err.count("\n") == 1


def test_a_report_appears_whole_or_not_at_all(log: Path, small_disk: Path) -> None:
    target = small_disk / "report.html"
    target.write_text("old")
    (small_disk / "filler").write_bytes(bytes(900_000))
    assert main([str(log), "-o", str(target)]) == 6
    assert target.read_text() == "old"
    assert sorted(os.listdir(small_disk)) == ["filler", "report.html"]


def test_a_report_into_a_pipe(log: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main([str(log), "-o", "-"]) == 0
    assert capfdbinary.readouterr().out.startswith(b"<!doctype html>")
    assert main([str(log), "-o", "/dev/null"]) == 0
    assert Path("/dev/null").is_char_device()


def test_a_report_to_a_full_disk(log: Path) -> None:
    line = f"exec {sys.executable} -m hadoopless report {log} -o - > /dev/full"
    done = subprocess.run(["sh", "-c", line], cwd=REPOSITORY, capture_output=True, text=True)
    told = "hadoopless report: stdout cannot be written: No space left on device\n"
    assert (done.returncode, done.stderr) == (6, told)
