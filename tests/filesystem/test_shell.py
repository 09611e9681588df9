"""Commands against what a real Hadoop answered, and what only we have: the area, streams."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from msgspec import structs

from hadoopless.filesystem import command, shell
from hadoopless.filesystem.paths import Place
from hadoopless.filesystem.status import Status, status_of
from hadoopless.filesystem.terminal import Terminal
from tests.disks import mounted
from tests.filesystem.samples import ZONE, Step, build, left, normalised, scenarios


@dataclass
class Answer:
    code: int
    out: bytes
    err: bytes

    @property
    def lines(self) -> list[str]:
        return self.out.decode().splitlines()

    @property
    def complaints(self) -> list[str]:
        return self.err.decode().splitlines()


def fs(*words: str | Path, stdin: bytes = b"") -> Answer:
    terminal = Terminal(io.BytesIO(stdin), io.BytesIO(), io.BytesIO())
    code = shell.run([str(word) for word in words], terminal)
    assert isinstance(terminal.stdout, io.BytesIO)
    assert isinstance(terminal.stderr, io.BytesIO)
    return Answer(code, terminal.stdout.getvalue(), terminal.stderr.getvalue())


@pytest.fixture
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", ZONE)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def umask() -> Iterator[None]:
    old = os.umask(0o022)
    yield
    os.umask(old)


def as_recorded(place: Place) -> Status | None:
    """The recorded output without the parts that depend on the user and the disk."""
    status = status_of(place)
    if status is None:
        return None
    length = 4096 if status.is_directory else status.length
    return structs.replace(status, owner="root", group="root", length=length)


@pytest.mark.usefixtures("zone", "umask")
@pytest.mark.parametrize(("steps", "tree"), scenarios())
def test_as_hadoop_does(
    steps: list[Step], tree: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "root"
    build(root)
    monkeypatch.delenv("MAPREDUCE_FS_ROOT", raising=False)
    monkeypatch.setattr(command, "status_of", as_recorded)
    monkeypatch.chdir(root)
    for step in steps:
        answer = fs(*step.words(root), stdin=step.stdin.encode())
        shown = replace(
            step,
            code=answer.code,
            out=normalised(answer.out, root, unordered=step.unordered),
            err=normalised(answer.err, root, unordered=step.unordered),
        )
        assert shown == step
    assert left(root) == tree


@pytest.fixture
def area(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that plays HDFS, for a user *me* in the directory *cwd*."""
    monkeypatch.setenv("MAPREDUCE_FS_ROOT", str(tmp_path / "area"))
    monkeypatch.setenv("USER", "me")
    monkeypatch.delenv("HADOOP_USER_NAME", raising=False)
    (tmp_path / "cwd").mkdir()
    monkeypatch.chdir(tmp_path / "cwd")
    return tmp_path / "area"


def test_what_mrjob_does(area: Path) -> None:
    Path("script.py").write_text("pass\n")
    base = "hdfs:///user/me/tmp/mrjob/KEY"
    assert fs("-ls", base).complaints == [f"ls: `{base}': No such file or directory"]
    assert fs("-mkdir", "-p", f"{base}/files/wd").code == 0
    assert fs("-put", "script.py", f"{base}/files/wd/script.py").code == 0
    assert fs("-touchz", f"{base}/output/_SUCCESS").code == 1
    assert fs("-mkdir", f"{base}/output").code == 0
    (area / "user/me/tmp/mrjob/KEY/output/part-00000").write_text("a\t1\n")
    assert fs("-cat", f"{base}/output/part-00000").out == b"a\t1\n"
    paths = [line.split(None, 7)[7] for line in fs("-ls", "-R", base).lines]
    names = ("files", "files/wd", "files/wd/script.py", "output", "output/part-00000")
    assert paths == [f"{base}/{name}" for name in names]
    assert fs("-du", base).lines == [f"5  5  {base}/files", f"4  4  {base}/output"]
    assert fs("-copyToLocal", f"{base}/files/wd/script.py", "copy").code == 0
    assert Path("copy").read_text() == "pass\n"
    assert fs("-rm", "-R", "-f", "-skipTrash", base).lines == [f"Deleted {base}"]
    assert fs("-rm", "-R", "-f", "-skipTrash", base) == Answer(0, b"", b"")


def test_a_read_only_area(area: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = tmp_path / "disk"
    with mounted(disk, "-t", "tmpfs", "tmpfs"):
        (disk / "in").mkdir()
        (disk / "in/f").write_text("hi\n")
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        monkeypatch.setenv("MAPREDUCE_FS_ROOT", str(disk))
        homeless = (
            f"The home directory {disk}/user/me cannot be made (Read-only file system) in the"
            " directory that holds hdfs:// files; MAPREDUCE_FS_ROOT may name another one"
        )
        Path("here").touch()
        for words in (("-put", "here", "."), ("-mkdir", "-p", "x"), ("-touchz", "x")):
            assert fs(*words).complaints == [f"{words[0][1:]}: {homeless}"]
        assert fs("-rm", "-r", "/in").complaints == [f"rm: {disk}/in (Read-only file system)"]
        assert fs("-ls").complaints == ["ls: `.': No such file or directory"]
        assert fs("-get", "x", "y").complaints == ["get: `x': No such file or directory"]
        assert fs("-get", "/in/f", "y").code == 0
        assert Path("y").read_text() == "hi\n"


def test_a_reading_command_makes_no_area(
    area: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAPREDUCE_FS_ROOT", str(tmp_path / "none/x"))
    for words in (("-ls",), ("-ls", "/"), ("-cat", "x"), ("-get", "x", "y"), ("-test", "-e", "x")):
        assert fs(*words).code == 1
    assert not (tmp_path / "none").exists()


def test_paths_are_shown_as_they_were_given(area: Path) -> None:
    fs("-put", "-", "x", stdin=b"1")
    for text in ("x", "/user/me/x", "hdfs:///user/me/x", "hdfs://nn:8020/user/me/x"):
        assert fs("-ls", "-C", text).lines == [text]
    assert fs("-ls", "-C", "hdfs://nn").lines == ["hdfs://nn/user/me/x"]
    assert fs("-ls", "-C").lines == ["x"]
    assert fs("-ls", "-C", "/").lines == ["/tmp", "/user"]


def test_the_area_is_not_the_disk_around_it(area: Path) -> None:
    Path("here").touch()
    assert fs("-ls", "here").code == 1
    assert fs("-put", "here", "there").code == 0
    assert fs("-put", "there", "x").complaints == ["put: `there': No such file or directory"]
    assert fs("-ls", "-C", Path("here").absolute().as_uri()).code == 0
    assert fs("-mv", "there", f"file://{Path.cwd()}/x").complaints == [
        "mv: `there': Does not match target filesystem"
    ]
    assert fs("-cp", "there", f"file://{Path.cwd()}/x").code == 0
    assert fs("-fs", "file:///", "-ls", "-C").lines == ["here", "x"]
    assert fs("-D", "fs.defaultFS=hdfs://nn:1", "-mkdir", "no/dir").complaints == [
        "mkdir: `hdfs://nn:1/user/me/no': No such file or directory"
    ]


def test_nothing_leads_out_of_the_area(area: Path) -> None:
    fs("-mkdir", "d")
    (area / "user/me/d/out").symlink_to("/")
    (area / "user/me/d/in").symlink_to("../../../tmp")
    answer = fs("-ls", "-R", "-C", "d")
    assert (answer.code, answer.lines) == (1, ["d/in"])
    assert "leads out of" in answer.complaints[0]
    for words in (("-cat", "d/out/etc/passwd"), ("-get", "d/out", "x"), ("-mkdir", "d/out/x")):
        assert "leads out of" in fs(*words).complaints[0]
    answer = fs("-cat", "/../x")
    assert answer.code == 255
    assert "is not a valid DFS filename" in answer.complaints[0]
    assert fs("-rm", "-r", "/").complaints == ["rm: `/': Input/output error"]


def test_statuses_of_the_area(area: Path) -> None:
    fs("-put", "-", "x", stdin=b"12")
    fs("-mkdir", "d")
    pattern = "%n %F %b %o %r"
    assert fs("-stat", pattern, "x", "d").lines == [
        "x regular file 2 134217728 1",
        "d directory 0 0 0",
    ]
    # Only root gives files away; in the area nobody minds.
    assert fs("-chown", "-R", "nobody-at-all:none", "x", "d") == Answer(0, b"", b"")


def test_appending(area: Path) -> None:
    Path("more").write_text("b")
    assert fs("-appendToFile", "more", "more", "x").code == 0
    assert fs("-appendToFile", "-", "x", stdin=b"c").code == 0
    assert fs("-cat", "x").out == b"bbc"
    assert fs("-appendToFile", "x").complaints == ["appendToFile: missing destination argument"]
    assert fs("-appendToFile", "-", "more", "x").code == 1
    assert fs("-appendToFile", "more", "/tmp").complaints == [
        "appendToFile: `/tmp': Is a directory"
    ]


def test_no_file_grows_by_itself(area: Path) -> None:
    fs("-put", "-", "x", stdin=b"1")
    there = area / "user/me/x"
    answer = fs("-appendToFile", f"file://{there}", "x")
    assert answer.complaints == [f"appendToFile: `{there}': is the target `x', too"]
    answer = fs("-getmerge", "/user/me", there)
    assert answer.complaints == [f"getmerge: `/user/me/x': is the target `{there}', too"]
    assert there.read_text() == "1"


def test_no_directory_is_copied_into_itself(area: Path) -> None:
    # The area lies in what is copied into it.
    answer = fs("-put", "..", "x")
    assert answer.complaints == ["put: `..' to `x': is a subdirectory of itself"]
    assert fs("-ls", "-C").lines == []


def test_deep_directories(area: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    before = sys.getrecursionlimit()
    try:
        os.makedirs("/".join("d" * 400))
        assert shell.main(["-fs", "file:///", "-ls", "-R", "-C", "d"]) == 0
    finally:
        sys.setrecursionlimit(before)
    assert len(capfdbinary.readouterr().out.splitlines()) == 399


def test_truncating(area: Path) -> None:
    fs("-put", "-", "x", stdin=b"12345")
    assert fs("-truncate", "-w", "2", "x").lines == ["Truncated x to length: 2"]
    assert fs("-cat", "x").out == b"12"


@pytest.mark.parametrize(
    "words",
    [
        ("-setrep", "+-1", "x"),
        ("-truncate", "\u00b2", "x"),
        ("-tail", "-f", "-s", "1-", "x"),
        ("-put", "-t", "1.5", "x", "y"),
    ],
)
def test_numbers_that_are_none(area: Path, words: tuple[str, ...]) -> None:
    answer = fs(*words)
    assert answer.code == 255
    assert any("For input string: " in line for line in answer.complaints)


def test_owners_beyond_all_numbers(tmp_path: Path) -> None:
    assert fs("-chown", "9" * 30, f"file://{tmp_path}").code == 1


def test_too_many_groups_in_a_pattern() -> None:
    pattern = "{" * 20_000 + "}" * 20_000
    assert "too many groups" in fs("-find", "/tmp", "-name", pattern).complaints[0]


@pytest.mark.parametrize("name", ["x.gz", "x.bz2", "x.zst", "x.deflate"])
def test_damaged_data(area: Path, name: str) -> None:
    fs("-put", "-", name, stdin=b"this is no packed data")
    answer = fs("-text", name)
    assert (answer.code, answer.out) == (1, b"")
    assert answer.complaints[0].startswith("text: broken data")


def test_text_of_deflate(area: Path) -> None:
    # More than is unpacked at once.
    fs("-put", "-", "x.deflate", stdin=zlib.compress(b"12" * 1_500_000) + b"behind")
    assert fs("-text", "x.deflate").out == b"12" * 1_500_000
    fs("-put", "-", "y.deflate", stdin=zlib.compress(b"12" * 100)[:-1])
    assert fs("-text", "y.deflate").complaints == ["text: Unexpected end of input stream"]


def test_text_of_zstandard(area: Path) -> None:
    import zstandard

    packed = zstandard.compress(b"one\n") + zstandard.compress(b"two\n")
    fs("-put", "-", "x.zst", stdin=packed)
    assert fs("-text", "x.zst").out == b"one\ntwo\n"


def test_what_cannot_be_shown_as_text(area: Path) -> None:
    fs("-put", "-", "x", stdin=b"SEQ\6")
    fs("-put", "-", "x.snappy", stdin=b"abc")
    assert fs("-text", "x").complaints == ["text: `x': sequence files cannot be shown as text here"]
    assert fs("-text", "x.snappy").complaints == ["text: .snappy files cannot be unpacked here"]


def test_nothing_is_left_of_a_broken_copy(area: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    terminal = Terminal(Broken(), io.BytesIO(), io.BytesIO())
    assert shell.run(["-put", "-", "x"], terminal) == 1
    assert list((area / "user/me").iterdir()) == []


FULL_DISK = (b"fs: No space left on device", b"cat: Unable to write to output stream.")


@pytest.mark.parametrize("words", [("-ls", "/"), ("-cat", __file__), ("-help",)])
def test_stdout_on_a_full_disk(words: tuple[str, ...]) -> None:
    program = (
        "import sys; from hadoopless.filesystem.shell import main; sys.exit(main(sys.argv[1:]))"
    )
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-c", program, *words],
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert done.stderr.splitlines()[-1] in FULL_DISK


def test_the_copy_of_another_process_stays(area: Path) -> None:
    fs("-mkdir", "d")
    other = area / f"user/me/d/x.{os.getpid()}._COPYING_"
    other.write_text("half")
    assert "File exists" in fs("-put", "-", "d/x", stdin=b"1").complaints[0]
    assert other.read_text() == "half"


def test_checksums_follow_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MAPREDUCE_FS_ROOT", raising=False)
    monkeypatch.chdir(tmp_path)
    for name in ("a", "b"):
        Path(name).touch()
        Path(f".{name}.crc").touch()
    assert fs("-ls", "-C").lines == ["a", "b"]
    fs("-mv", "a", "c")
    fs("-cp", "-f", "b", "c")
    fs("-rm", "b")
    assert sorted(os.listdir()) == ["c"]
    Path("d").mkdir()
    Path("d/.x.crc").touch()
    assert fs("-rmdir", "d").code == 0


@pytest.mark.parametrize("name", sorted(shell.COMMANDS))
def test_every_command_is_explained(name: str) -> None:
    usage, *description = fs("-help", name).lines
    assert usage == f"{shell.usage_of(name)} :"
    assert description
    assert all(len(line) <= 100 for line in description)


def test_help_for_all() -> None:
    answer = fs("-help")
    assert answer.code == 0
    for name in ("ls", "help", "usage", "getmerge"):
        assert f"{shell.usage_of(name)} :" in answer.lines
    assert fs("-usage").lines[0] == "Usage: hadoop fs [generic options]"


def test_what_does_not_exist_here() -> None:
    answer = fs("-setfacl", "-m", "user:x:rw", "y")
    assert answer.code == 1
    assert answer.complaints == ["setfacl: not supported: there is no such thing in these files"]


@pytest.mark.parametrize("words", [("-D",), ("-fs",), ("-fs", "s3://x", "-ls", "/")])
def test_wrong_generic_options(words: tuple[str, ...]) -> None:
    answer = fs(*words)
    assert answer.code == 255
    assert len(answer.complaints) == 1


def test_a_command_that_reads_makes_no_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "nowhere"
    monkeypatch.setenv("MAPREDUCE_FS_ROOT", str(root))
    for words in (["-ls"], ["-cat", "x"], ["-du", "/"], ["-find", "/"], ["-getmerge", "x", "y"]):
        answer = fs(*words)
        assert answer.code == 1
        assert "No such file or directory" in answer.complaints[-1]
    assert fs("-test", "-e", "/").code == 1
    assert not root.exists()
    assert fs("-mkdir", "x").code == 0
    assert (root / "user").is_dir()


def test_a_command_that_is_almost_one(tmp_path: Path) -> None:
    answer = fs("-lss")
    assert answer.complaints == ["-lss: Unknown command. Did you mean -ls?"]
    assert answer.code == 255


def test_a_file_that_is_written_anew_has_the_mode_of_a_new_one(tmp_path: Path):
    """The modes are those that a real Hadoop gives."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "part").write_text("a\n")
    for name in ("merged", "touched"):
        (tmp_path / name).touch(0o400)
    assert fs("-getmerge", tmp_path / "d", tmp_path / "merged").code == 0
    assert fs("-touchz", tmp_path / "touched").code == 0
    modes = [(tmp_path / name).stat().st_mode & 0o777 for name in ("merged", "touched")]
    assert modes == [0o644, 0o644]
    assert (tmp_path / "merged").read_text() == "a\n"


@pytest.mark.parametrize(
    ("words", "file_mode", "directory_mode"),
    [([], 0o644, 0o755), (["-D", "fs.permissions.umask-mode=077"], 0o600, 0o700)],
)
def test_modes_come_from_the_property_alone(
    tmp_path: Path, words: list[str], file_mode: int, directory_mode: int
) -> None:
    before = os.umask(0o007)
    try:
        assert fs(*words, "-touchz", tmp_path / "f").code == 0
        assert fs(*words, "-mkdir", tmp_path / "d").code == 0
    finally:
        os.umask(before)
    assert (tmp_path / "f").stat().st_mode & 0o777 == file_mode
    assert (tmp_path / "d").stat().st_mode & 0o777 == directory_mode


def test_a_mask_that_is_none(tmp_path: Path) -> None:
    answer = fs("-D", "fs.permissions.umask-mode=xyz", "-ls", tmp_path)
    assert answer.code == 1
    assert "as octal or symbolic umask" in answer.complaints[0]


def test_more_of_what_hadoop_refuses_or_takes(tmp_path: Path) -> None:
    file = tmp_path / "f"
    assert fs("-touch", "-t", "20201301:000000", file).code == 0
    assert time.localtime(file.stat().st_mtime)[:2] == (2021, 1)
    assert fs("-touch", "-t", "2020:1", file).code == 255
    assert fs("-setrep", "99999", file).code == 255
    assert fs("-find", tmp_path, "-name", "f", "-and").code == 255
