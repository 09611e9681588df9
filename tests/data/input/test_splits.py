"""The inputs of a plain job: which files, in which order, cut where."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.input.raw import pinned
from hadoopless.data.input.splits import (
    check_covered,
    combine_small,
    job_inputs,
    named_inputs,
    plan_splits,
    whole_lines,
)
from hadoopless.errors import InputChanged, InputError
from hadoopless.job import Split
from tests.data.byte_feeds import fed
from tests.data.samples import hostile


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("inputs")


# which files


def touch(directory: Path, *names: str) -> None:
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_inputs_of_a_job_in_natural_order(tmp_path: Path) -> None:
    names = ["2.in", "10.in", "1.in", "1.in.gz", "a9.in", "a10.in.zst", "b.in.bz2"]
    touch(tmp_path, *names, "0.out", ".hidden.in", "x.in.txt", "in", "directory.in/1.in")
    (tmp_path / "broken.in").symlink_to("missing")
    (tmp_path / "linked.in").symlink_to("2.in")
    expected = ["1.in", "1.in.gz", "2.in", "10.in", "a9.in", "a10.in.zst", "b.in.bz2"]
    # They are refused when they are opened: nobody would notice that their data is missing.
    expected += ["broken.in", "directory.in", "linked.in"]
    assert job_inputs(".", str(tmp_path)) == [f"./{name}" for name in expected]
    assert job_inputs(str(tmp_path), "/") == [f"{tmp_path}/{name}" for name in expected]


def test_the_order_does_not_hang_on_the_file_system(tmp_path: Path) -> None:
    names = ["1.in", "01.in", "001.in", "²1.in", "٣.in", "1.1.in", "x1y2.in", "x1y10.in"]
    orders = []
    for seed in range(5):
        directory = tmp_path / str(seed)
        shuffled = random.Random(seed).sample(names, len(names))
        touch(directory, *shuffled)
        orders.append([os.path.basename(path) for path in job_inputs(".", str(directory))])
    assert all(order == orders[0] for order in orders)
    assert orders[0].index("x1y2.in") < orders[0].index("x1y10.in")
    assert orders[0].index("001.in") < orders[0].index("01.in") < orders[0].index("1.in")


def test_names_that_are_no_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"\xff\xfe.in")
    touch(tmp_path, name)
    assert job_inputs(".", str(tmp_path)) == [f"./{name}"]


def test_a_job_without_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "0.out")
    with pytest.raises(InputError, match="no input files"):
        job_inputs(".", str(tmp_path))
    for missing in ("missing", "0.out", "x" * 300):
        with pytest.raises(InputError, match="no such job directory"):
            job_inputs(missing, str(tmp_path))


@contextmanager
def bound_by_permissions() -> Iterator[None]:
    """Root may read everything, so its tests go on as somebody else."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "pattern", ["*/x", "**/x", "shut/*", "*/*", "**", "{root}/s*/x", "*/sub/*", "[s]hut/**"]
)
def test_a_glob_does_not_pass_over_a_directory_that_may_not_be_read(pattern: str) -> None:
    with TemporaryDirectory() as root:  # in a directory that all may enter
        touch(Path(root), "open/x", "open/sub/x", "shut/x", "shut/sub/x")
        Path(root).chmod(0o755)
        shut = Path(root, "shut")
        shut.chmod(0)
        try:
            with bound_by_permissions():
                assert len(named_inputs(["open/*", "op*/x", "open/**/x"], root)) == 5
                refused = "cannot read the directory .*shut.*: Permission denied"
                with pytest.raises(InputError, match=refused):
                    named_inputs([pattern.format(root=root)], root)
        finally:
            shut.chmod(0o755)


def test_named_inputs(tmp_path: Path) -> None:
    touch(
        tmp_path,
        *(
            "d/10",
            "d/9",
            "d/_logs",
            "d/.part.crc",
            "d/deeper/file",
            "a[1].txt",
            "a1.txt",
            "a10.txt",
        ),
        *("a2.txt", "e/1/x", "e/2/x"),
    )

    def named(*patterns: str) -> list[str]:
        return named_inputs(patterns, str(tmp_path))

    assert named("d") == ["d/9", "d/10"]
    assert named("a*.txt") == ["a1.txt", "a2.txt", "a10.txt", "a[1].txt"]
    assert named("a[1].txt") == ["a[1].txt"]
    assert named("a10.txt", "d", "a1.txt") == ["a10.txt", "d/9", "d/10", "a1.txt"]
    assert named("e/*") == ["e/1/x", "e/2/x"]
    assert named("e/**/x") == ["e/1/x", "e/2/x"]
    for pattern in ("e/**", "e/**/*"):  # the directories match as well as the files in them
        assert named(pattern) == ["e/1/x", "e/2/x"]
    assert named("d/9", "d") == ["d/9", "d/9", "d/10"]
    assert named(f"{tmp_path}/a1.txt") == [f"{tmp_path}/a1.txt"]
    assert named("d/_logs") == ["d/_logs"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no input files in empty"):
        named("a1.txt", "empty")
    for pattern in ("missing", "b*.txt", "x" * 5000):
        with pytest.raises(InputError, match="no such input"):
            named(pattern)


def test_what_is_no_file_in_a_directory(tmp_path: Path) -> None:
    """It is refused as it would be by its own name, and directories are told."""
    touch(tmp_path, "d/a", "d/deeper/b", "d/_logs/c")
    deeper: list[str] = []
    assert named_inputs(["d"], str(tmp_path), deeper.append) == ["d/a"]
    assert deeper == ["d/deeper"]
    (tmp_path / "d" / "lost").symlink_to("nowhere")
    (tmp_path / "d" / ".lock").symlink_to("nowhere")
    os.mkfifo(tmp_path / "d" / "pipe")
    for name, why in (("lost", "it is a link to nowhere"), ("pipe", "it is a pipe")):
        files = named_inputs(["d"], str(tmp_path))
        assert f"d/{name}" in files
        with pytest.raises(InputError, match=f"cannot read the input d/{name}: {why}"):
            plan_splits(files, str(tmp_path), None)
        (tmp_path / "d" / name).unlink()
    assert named_inputs(["d"], str(tmp_path)) == ["d/a"]


# where they are cut


@given(data=hostile("\n\n\0\ra\xff", 120), size=st.integers(1, 40))
def test_splits_cover_every_byte_once_and_end_after_newlines(
    directory: Path, data: bytes, size: int
) -> None:
    (directory / "x").write_bytes(data)
    splits = plan_splits(["x"], str(directory), size)
    for split, following in pairwise(splits):
        assert following.start == split.start + (split.length or 0)
        # At the first line border that makes the split large enough.
        assert data.find(b"\n", split.start + size - 1) == following.start - 1
    if not splits[0].whole:
        assert splits[0].start == 0
        assert splits[-1].start + (splits[-1].length or 0) == len(data)
    assert b"".join(fed(split, directory / "x") for split in splits) == data


def test_a_last_piece_a_little_too_long_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"a\n" * 55)
    assert plan_splits(["x"], str(tmp_path), 100) == (Split("x"),)
    path.write_bytes(b"a\n" * 105)
    assert plan_splits(["x"], str(tmp_path), 100) == (Split("x", 0, 100), Split("x", 100, 110))
    path.write_bytes(b"a\n" * 106)
    assert plan_splits(["x"], str(tmp_path), 100) == (
        Split("x", 0, 100),
        Split("x", 100, 100),
        Split("x", 200, 12),
    )


def test_exactly_a_tenth_more_is_not_cut(tmp_path: Path) -> None:
    assert 1.1 * 20 == 22  # as it is for few numbers: 1.1 * 100 is a little more than 110
    path = tmp_path / "x"
    path.write_bytes(b"a\n" * 11)
    assert plan_splits(["x"], str(tmp_path), 20) == (Split("x"),)
    path.write_bytes(b"a\n" * 21)
    assert plan_splits(["x"], str(tmp_path), 20) == (Split("x", 0, 20), Split("x", 20, 22))


def test_a_line_longer_than_many_splits(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a\n" + b"b" * 1_000_000 + b"\nc\n")
    assert plan_splits(["x"], str(tmp_path), 2) == (
        Split("x", 0, 2),
        Split("x", 2, 1_000_001),
        Split("x", 1_000_003, 2),
    )


def test_what_is_never_cut(tmp_path: Path) -> None:
    for name in ("x", "x.gz", "x.bz2", "x.deflate", "x.zst", "empty"):
        (tmp_path / name).write_bytes(b"" if name == "empty" else b"a\n" * 100)
    packed = ["x.gz", "x.bz2", "x.deflate", "x.zst", "empty"]
    assert plan_splits(packed, str(tmp_path), 3) == tuple(map(Split, packed))
    assert plan_splits(["x"], str(tmp_path), None) == (Split("x"),)


def test_what_cannot_be_read_is_told_before(tmp_path: Path) -> None:
    (tmp_path / "directory").mkdir()
    for path in ("missing", "directory", "x" * 300):
        with pytest.raises(InputError, match="cannot read the input"):
            plan_splits([path], str(tmp_path), 100)


# several files in one split


def test_small_files_are_put_together_in_their_order(tmp_path: Path) -> None:
    sizes = {"a": 3, "b": 4, "c": 4, "d": 20, "e": 1, "f": 0, "g": 9}
    for name, size in sizes.items():
        (tmp_path / name).write_bytes(b"x" * size)
    splits = combine_small([Split(name) for name in sizes], str(tmp_path), 10)
    found = [[piece.path for piece in split.pieces] for split in splits]
    assert found == [["a", "b"], ["c"], ["d"], ["e", "f", "g"]]
    cut = [Split("d", 0, 6), Split("d", 6, 6), Split("d", 12, 8)]
    together = combine_small(cut, str(tmp_path), 12)
    assert together == (Split("d", 0, 6, (Split("d", 6, 6),)), Split("d", 12, 8))
    with pytest.raises(InputError, match="cannot read the input gone"):
        combine_small([Split("gone")], str(tmp_path), 10)


@given(
    st.lists(st.binary(max_size=6).map(lambda line: line.replace(b"\n", b"")), max_size=8),
    st.booleans(),
    st.lists(st.integers(0, 50), min_size=1, max_size=5),
)
def test_whole_lines_of_stretches(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], ended: bool, cuts: list[int]
) -> None:
    """Stretches that cover a file give each of its lines once."""
    data = b"\n".join(lines) + (b"\n" if ended else b"")
    path = tmp_path_factory.mktemp("lines") / "file"
    path.write_bytes(data)
    places = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    found = b""
    for start, end in pairwise(places):
        split = whole_lines(Split("file", start, end - start), str(path.parent))
        assert split.length is not None
        piece = data[split.start : split.start + split.length]
        assert piece == b"" or start <= split.start < end
        found += piece
    assert found == data
    assert whole_lines(Split("file"), str(path.parent)) == Split("file")


# all of them


def test_splits_hold_each_byte(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a line\n" * 100)
    splits = pinned(plan_splits(["x", "x"], str(tmp_path), 50), str(tmp_path))
    check_covered(["x", "x"], splits)
    for wrong in (splits[:-1], splits + splits[2:3]):
        with pytest.raises(InputChanged, match="x has changed while the job was planned"):
            check_covered(["x", "x"], wrong)


def test_splits_hold_each_file_as_often_as_it_was_named(tmp_path: Path) -> None:
    for name in "xy":
        (tmp_path / name).write_bytes(b"a line\n" * 100)
    splits = pinned(plan_splits(["x", "y"], str(tmp_path), 50), str(tmp_path))
    for wrong in (splits[1:], splits[:1], splits[:1] + splits):
        with pytest.raises(InputError, match=r"named 1 time.s., and would be read [02] time"):
            check_covered(["x", "y"], wrong)


def test_a_file_that_grows_while_it_is_cut(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"a line\n" * 100)
    splits = plan_splits(["x"], str(tmp_path), 50)
    with (tmp_path / "x").open("ab") as file:
        file.write(b"one more\n")
    with pytest.raises(InputChanged, match="x has changed"):
        check_covered(["x"], pinned(splits, str(tmp_path)))
