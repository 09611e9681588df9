"""Reading, listing and writing HDFS by a library that is made for the tests."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.data.input.raw import SplitFeed, check_unchanged, open_split, state_of
from hadoopless.data.input.source import open_source
from hadoopless.data.input.splits import job_inputs, named_inputs, plan_splits, whole_lines
from hadoopless.data.output.commit import pending_output
from hadoopless.data.program.commands import Root
from hadoopless.errors import (
    DiskError,
    ForbiddenError,
    InputChanged,
    InputError,
    MapReduceError,
    StoreError,
)
from hadoopless.hdfs import changing, client
from hadoopless.hdfs.files import HdfsReader, entry_of
from hadoopless.hdfs.located import Located
from hadoopless.hdfs.names import HdfsName
from hadoopless.job import Split
from tests.hdfs.fakes import DENIED, FakeStore, listening

SETTINGS = (("dfs.blocksize", "2m"), ("dfs.replication", "3"))


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeStore]:
    fake = FakeStore()
    monkeypatch.setitem(sys.modules, "hdfs_native", fake.module())
    yield fake
    assert fake.dropped == [], "a file that is not closed must not go"


@pytest.fixture
def base(store: FakeStore) -> Iterator[str]:
    """The beginning of names."""
    with listening() as address:
        yield f"hdfs://{address}"


@pytest.fixture
def root(base: str) -> Root:
    return Root("/", hdfs=SETTINGS)


def fed(split: Split, root: Root, path: Path) -> tuple[bytes, SplitFeed]:
    feed = open_split(split, root.locate)
    assert isinstance(feed, SplitFeed)
    with path.open("wb") as file:
        feed(file.fileno())
    return path.read_bytes(), feed


def test_a_reader_reads_anywhere(store: FakeStore, base: str) -> None:
    store.put("/a", b"0123456789")
    reader = HdfsReader(HdfsName(f"{base}/a", SETTINGS))
    assert reader.size == 10
    assert reader.readall() == b"0123456789"
    assert reader.seek(-3, os.SEEK_END) == 7
    assert reader.read(2) == b"78"
    assert reader.seek(-1, os.SEEK_CUR) == 8
    assert reader.read(100) == b"89"
    assert reader.read(1) == b""
    assert b"".join(reader.pieces(2, 99)) == b"23456789"
    assert list(reader.pieces(10, 12)) == []


def test_splits_are_cut_at_lines_and_fed(
    store: FakeStore, base: str, root: Root, tmp_path: Path
) -> None:
    data = b"".join(b"line %d\n" % number for number in range(50))
    store.put("/a", data)
    splits = plan_splits([f"{base}/a"], "/", 100)
    assert len(splits) > 3
    parts = [fed(split, root, tmp_path / "out")[0] for split in splits]
    assert b"".join(parts) == data
    assert all(part.endswith(b"\n") for part in parts)
    assert whole_lines(Split(f"{base}/a", 3, 5), "/") == Split(f"{base}/a", 7, 7)


def test_several_pieces_and_their_figures(
    store: FakeStore, base: str, root: Root, tmp_path: Path
) -> None:
    store.put("/a", b"one")
    store.put("/b", b"two\nthree\n")
    split = Split.of([Split(f"{base}/a"), Split(f"{base}/b", 4, 6)])
    data, feed = fed(split, root, tmp_path / "out")
    assert data == b"one\nthree\n"
    assert feed.reading.bytes == 9
    assert feed.reading.stretches == [(0, 3), (4, 10)]


def test_another_file_is_noticed(store: FakeStore, base: str, root: Root, tmp_path: Path) -> None:
    name = f"{base}/a"
    store.put("/a", b"one")
    split = Split(name, state=state_of(name, root.locate(name)))
    check_unchanged(split, root.locate)
    store.put("/a", b"one", time=2)
    with pytest.raises(InputChanged):
        fed(split, root, tmp_path / "out")


def test_a_source_of_records(store: FakeStore, base: str, root: Root) -> None:
    store.put("/a", b"abcdefgh")
    source = open_source(f"{base}/a", root.locate(f"{base}/a"))
    assert source.size == 8
    assert source.starts_with(b"abcde")
    assert not source.starts_with(b"abx")
    room = bytearray(8)
    assert source.read_into(memoryview(room), 5) == 3
    assert room[:3] == b"fgh"
    assert source.read_into(memoryview(room), 8) == 0
    assert source.bytes_read == 3
    source.close()


def test_inputs_are_listed_as_local_ones(
    store: FakeStore, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["10.in", "9.in", ".h.in", "_h", "sub/x.txt", "sub/deep/y.txt", "a[b].txt", "ab.txt"]
    for name in names:
        store.put(f"/d/{name}", b"x")
        (tmp_path / "d" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "d" / name).write_bytes(b"x")
    for word in ("d", "d/*", "d/*.in", "d/.*", "d/**/*.txt", "d/**/*", "d/a[b].txt", "d/s?b/*"):
        here = named_inputs([word], str(tmp_path))
        assert named_inputs([f"{base}/{word}"], "/") == [f"{base}/{name}" for name in here], word
    assert len(named_inputs([f"{base}/d/**"], "/")) == len(names) - 1
    assert job_inputs(f"{base}/d", "/") == [f"{base}/d/9.in", f"{base}/d/10.in"]
    store.put("/empty", None)
    for word, text in (("nix", "no such input"), ("d/*.q", "no such"), ("empty", "no input files")):
        with pytest.raises(InputError, match=text):
            named_inputs([f"{base}/{word}"], "/")
    with pytest.raises(InputError, match=r"no input files \*\.in in"):
        job_inputs(f"{base}/empty", "/")


def target_and_work(store: FakeStore, base: str, root: Root) -> tuple[Located, Located]:
    store.put("/out/_temporary/j", None)
    return root.locate(f"{base}/out/0.out"), root.locate(f"{base}/out/_temporary/j")


def files_of(store: FakeStore) -> dict[str, bytes]:
    return {name: data for name, data in store.files.items() if data is not None}


def test_an_output_appears_whole(store: FakeStore, base: str, root: Root) -> None:
    target, work = target_and_work(store, base, root)
    store.put("/out/0.out", b"old")
    with pending_output(target, work=work) as output:
        output.write(memoryview(b"dropped"))
        output.clear()
        read, write = os.pipe()
        os.write(write, b"new")
        os.close(write)
        assert output.move_from(read) == 3
        assert output.move_from(read) == 0
        os.close(read)
        assert store.files["/out/0.out"] == b"old"
        output.commit()
    assert files_of(store) == {"/out/0.out": b"new"}
    assert store.options[0]["block_size"] == 2 << 20
    assert store.options[0]["replication"] == 3
    assert not store.options[0]["create_parent"]
    assert store.options[0]["permission"] == 0o644


def test_an_output_that_is_not_committed_goes(store: FakeStore, base: str, root: Root) -> None:
    target, work = target_and_work(store, base, root)
    with pending_output(target, work=work) as output:
        output.write(memoryview(b"dropped"))
    assert files_of(store) == {}
    with pending_output(target, work=work) as output:
        output.write(memoryview(b"handed"))
        output.hand_over(".0.tmp")
    assert files_of(store) == {"/out/_temporary/j/.0.tmp": b"handed"}


def test_an_attempt_that_outlives_its_job_finds_no_place(
    store: FakeStore, base: str, root: Root
) -> None:
    target, work = target_and_work(store, base, root)
    del store.files["/out/_temporary/j"]
    with pytest.raises(DiskError, match=r"Parent directory doesn't exist: /out/_temporary/j$"):
        pending_output(target, work=work)


def test_a_file_that_lacks_bytes_is_not_committed(store: FakeStore, base: str, root: Root) -> None:
    target, work = target_and_work(store, base, root)
    with pending_output(target, work=work) as output:
        output.write(memoryview(b"data"))
        output.size += 1
        with pytest.raises(DiskError, match="5 bytes were written to it, and it holds 4"):
            output.commit()
    assert files_of(store) == {}


def test_directories_are_merged(store: FakeStore, base: str, root: Root) -> None:
    store.put("/from/a", b"1")
    store.put("/from/d/b", b"2")
    store.put("/to/d/c", b"3")
    source, target = (root.locate(f"{base}/{name}") for name in ("from", "to"))
    assert isinstance(source, HdfsName)
    assert isinstance(target, HdfsName)
    changing.move_into(source, target)
    assert files_of(store) == {"/to/a": b"1", "/to/d/b": b"2", "/to/d/c": b"3"}
    changing.move_into(source.child("none"), target)
    store.put("/from/d", b"a file")
    with pytest.raises(DiskError, match="one of them is a directory"):
        changing.move_into(source, target)


class PanicException(BaseException):
    pass


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (RuntimeError(DENIED), InputError, 'Permission denied: user=joe, inode="/é"$'),
        (RuntimeError('RPCError("a.SafeModeException", "safe\\n\\tat x")'), StoreError, "safe$"),
        (FileNotFoundError("/a"), InputError, "cannot read hdfs://.*/a: it does not exist$"),
        (OSError("connection reset"), StoreError, "connection reset"),
        (RuntimeError("RPC listener disconnected"), StoreError, "is this not the port of"),
        (
            RuntimeError(
                'DataTransferError("All DataNodes failed: [DatanodeInfoProto { id: \\"1\\" }]")'
            ),
            StoreError,
            r"/a: its data nodes do not answer \(All DataNodes failed\)$",
        ),
        (
            RuntimeError('DataTransferError("All nodes failed for write")'),
            StoreError,
            r"do not answer \(All nodes failed for write\)$",
        ),
        (PanicException("past the end"), StoreError, "past the end"),
        (UnicodeEncodeError("utf-8", "a", 0, 1, "no"), InputError, "names in HDFS are UTF-8"),
        (ValueError(), StoreError, "ValueError"),
    ],
)
def test_errors_of_reading(
    store: FakeStore, base: str, error: BaseException, kind: type[MapReduceError], text: str
) -> None:
    def trouble(name: str) -> None:
        raise error

    store.put("/a", b"x")
    store.trouble = trouble
    with pytest.raises(kind, match=text):
        entry_of(HdfsName(f"{base}/a", SETTINGS))


def test_errors_within_a_stream(store: FakeStore, base: str) -> None:
    store.put("/a", b"x" * 10)
    reader = HdfsReader(HdfsName(f"{base}/a", SETTINGS))

    def trouble(name: str) -> None:
        raise OSError("the data node is gone")

    store.trouble = trouble
    with pytest.raises(StoreError, match=r"cannot read .*/a: the data node is gone"):
        reader.read(1)


@pytest.mark.parametrize("moment", ["create", "write", "close", "rename"])
def test_errors_of_writing(store: FakeStore, base: str, root: Root, moment: str) -> None:
    target, work = target_and_work(store, base, root)

    def trouble(name: str) -> None:
        if name == moment:
            raise RuntimeError(DENIED)

    store.trouble = trouble

    def write() -> None:
        with pending_output(target, work=work) as output:
            output.write(memoryview(b"x"))
            output.commit()

    with pytest.raises(DiskError, match=r"cannot write .*: Permission denied"):
        write()
    assert files_of(store) == {}


def test_a_silent_name_node_is_not_waited_for(
    store: FakeStore, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = threading.Event()

    def trouble(name: str) -> None:
        answer.wait()

    store.trouble = trouble
    monkeypatch.setattr(client, "PATIENCE", 0.05)
    with pytest.raises(StoreError, match="its name node has not answered for 0 s"):
        entry_of(HdfsName(f"{base}/a", SETTINGS))
    answer.set()


def test_nothing_is_tidied_up_where_nobody_answers(
    store: FakeStore, base: str, root: Root, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, work = target_and_work(store, base, root)
    answer, calls = threading.Event(), []

    def trouble(name: str) -> None:
        calls.append(name)
        if name == "rename":
            answer.wait()

    store.trouble = trouble
    monkeypatch.setattr(client, "PATIENCE", 0.2)

    def write() -> None:
        with pending_output(target, work=work) as output:
            output.commit()

    with pytest.raises(StoreError, match="its name node has not answered"):
        write()
    assert isinstance(work, HdfsName)
    changing.tidy(work)
    changing.remove_if_empty(work.parent)
    assert calls[-1] == "rename"
    entry_of(HdfsName(f"{base}/out", SETTINGS))
    changing.tidy(work)
    assert calls[-1] == "delete"
    answer.set()


@pytest.mark.parametrize(
    ("mask", "mode"), [("", 0o644), ("077", 0o600), ("0002", 0o664), ("u=rwx,g=,o=", 0o600)]
)
def test_the_umask_is_that_of_the_settings(
    store: FakeStore, base: str, mask: str, mode: int
) -> None:
    masks = (("fs.permissions.umask-mode", mask),) if mask else ()
    place = HdfsName(f"{base}/a/b", masks)
    changing.make_directory(place.parent)
    changing.touch(place)
    assert store.options[0]["permission"] == mode
    assert store.modes == [mode | (mode & 0o444) >> 2]


def test_nobody_is_there(store: FakeStore) -> None:
    with pytest.raises(StoreError, match=r"cannot reach the name node of hdfs://127.0.0.1:1 from"):
        entry_of(HdfsName("hdfs://127.0.0.1:1/a", SETTINGS))
    with pytest.raises(StoreError, match=r"cannot reach the name node of hdfs://a:b from"):
        entry_of(HdfsName("hdfs://a:b/a", SETTINGS))
    for port in ("b", "0", "99999", "-1", "²"):
        with pytest.raises(StoreError, match="its port is no number from 1 to 65535"):
            entry_of(HdfsName(f"hdfs://127.0.0.1:{port}/a", SETTINGS))
    assert store.made == []


def test_a_library_that_is_broken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "hdfs_native.py").write_text("raise OSError('libx.so: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "hdfs_native", raising=False)
    with pytest.raises(StoreError, match=r"is missing or broken \(libx.so: cannot open\)"):
        entry_of(HdfsName("hdfs://127.0.0.1:1/a", SETTINGS))


def test_a_library_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hdfs_native", None)
    with pytest.raises(StoreError, match=r"cannot be used on .* pip install 'hadoopless\[hdfs\]'"):
        entry_of(HdfsName("hdfs://127.0.0.1:1/a", SETTINGS))


def test_one_client_serves_all_files(store: FakeStore, base: str) -> None:
    for name in ("a", "b"):
        store.put(f"/{name}", b"x")
        entry_of(HdfsName(f"{base}/{name}", SETTINGS))
    assert store.made == [(base, dict(SETTINGS))]
    other = (("dfs.ha.namenodes.s", "x"), ("dfs.namenode.rpc-address.s.x", base[7:]))
    entry_of(HdfsName("hdfs://s/a", other))
    assert store.made[1] == ("hdfs://s", dict(other))


def test_callers_without_the_token_have_no_hdfs(base: str, tmp_path: Path) -> None:
    bound = Root(str(tmp_path), str(tmp_path), hdfs=SETTINGS)
    assert bound.locate(f"{base}/a") == tmp_path / f"{base}/a"
    with pytest.raises(ForbiddenError):
        bound.locate(f"{base}/../../../../etc")
    assert Root(str(tmp_path)).locate(f"{base}/a") == tmp_path / f"{base}/a"
