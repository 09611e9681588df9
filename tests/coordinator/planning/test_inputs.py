"""The values of --inputPath: lists, URIs, stdin, and the outputs of earlier runs among them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hadoopless.coordinator.planning.inputs import OwnOutputs, listed, local_path, words_of
from hadoopless.errors import InputError, UsageError


def files(directory: Path, *texts: str, output: str = "out") -> list[str]:
    own = OwnOutputs(output, str(directory))
    return listed(texts, str(directory), lambda: "from stdin", own)


def touch(directory: Path, *names: str) -> None:
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_commas_separate_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert words_of("~/a,b/~c,,~/d", "/") == ["/home/me/a", "b/~c", "/home/me/d"]
    assert words_of(r"a\,b,c", "/") == ["a,b", "c"]
    touch(tmp_path, "a,b.in", "c.in")
    assert files(tmp_path, "a,b.in") == ["a,b.in"]
    assert files(tmp_path, r"a\,b.in,c.in") == ["a,b.in", "c.in"]
    with pytest.raises(InputError, match=r"no such input: a \(a comma separates inputs; \\, is"):
        files(tmp_path, "a,b.in,c.in")


def test_uris() -> None:
    assert local_path("file:///in/a b", "the input") == "/in/a b"
    assert local_path("file:/in", "the input") == "/in"
    assert local_path("file://localhost/in", "the input") == "/in"
    assert local_path("a:b", "the input") == "a:b"
    with pytest.raises(InputError, match="file://host/in is on the machine host"):
        local_path("file://host/in", "the input")
    for uri in ("hdfs:///in", "s3://bucket/in", "HDFS://host:9000/in", "https://a.example/x"):
        with pytest.raises(InputError, match=f"the input {uri} is in a file system that cannot"):
            local_path(uri, "the input")


def test_stdin_is_one_input_among_others(tmp_path: Path) -> None:
    touch(tmp_path, "a", "b")
    assert files(tmp_path, "a,-", "b") == ["a", "from stdin", "b"]
    with pytest.raises(UsageError, match="given twice"):
        files(tmp_path, "-", "a,-")


def test_pipes_cannot_be_read_by_name(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for name in ("/dev/stdin", "/dev/fd/63", "/proc/self/fd/0", "/dev/../dev/fd/3"):
        with pytest.raises(InputError, match=f"input {name}: it is another file .* or use -"):
            files(tmp_path, name)
    with pytest.raises(InputError, match=r"input fifo: it is a pipe; write .* or use -"):
        files(tmp_path, "fifo")


def test_directories_that_are_not_read_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "in/a", "in/out/0.out", "in/old/x", "in/_logs/y")

    def told(*texts: str) -> list[str]:
        own = OwnOutputs("in/out", str(tmp_path))
        listed(texts, str(tmp_path), lambda: "", own)
        return own.warnings()

    (warning,) = told("in")
    assert warning.startswith("not read, because an input directory stands for the files right in")
    assert warning.endswith("(to read other directories, name them): in/old")
    for texts in (["in/a"], ["in", "in/old"], ["in,./in/old/"], ["in/**/[ax]"]):
        assert told(*texts) == []
    touch(tmp_path, "in/new/deep/z")
    assert told("in")[0].endswith(": in/new and 1 more")
    assert told("in", "in/*/x")[0].endswith(": in/new")
    assert not any("directories" in line for line in told("in/**"))


def test_outputs_in_hdfs_have_several_names(tmp_path: Path) -> None:
    own = OwnOutputs("hdfs://nn/d", str(tmp_path))
    files = ["hdfs://NN:8020/d/0.out", "hdfs://nn:9/d/0.out", "hdfs://nn/d/a"]
    assert own.overwritten(files, 1) == files[:1]
    assert own.without("hdfs://nn:8020/d", files) == files[1:]
    own = OwnOutputs("hdfs://nn/d", str(tmp_path))
    assert own.without("hdfs://nn:8020/d", files[2:]) == files[2:]
    assert "the output directory is an input, too" in own.warnings()[0]


def test_outputs_of_an_earlier_run_are_no_inputs(tmp_path: Path) -> None:
    touch(tmp_path, "d/a", "d/0.out", "d/10.out", "d/01.out", "d/3.skipped", "other/0.out")
    touch(tmp_path, "other/0.skipped")
    (tmp_path / "link").symlink_to("d")
    own = OwnOutputs("link", str(tmp_path))

    def named(*texts: str) -> list[str]:
        return listed(texts, str(tmp_path), str, own)

    assert named("d") == ["d/01.out", "d/a"]
    assert named("d/*") == ["d/01.out", "d/a"]
    assert named("other") == ["other/0.out"]
    assert named("d/0.out", "d/*.out") == ["d/0.out", "d/0.out", "d/01.out", "d/10.out"]
    [warning] = own.warnings()
    assert warning == (
        "not read, because an earlier run has left them there (to read them, name them):"
        " d/0.out … other/0.skipped (7 files)"
    )
    assert own.overwritten(["d/0.out", "d/10.out", "other/0.out"], 1) == ["d/0.out"]
    with pytest.raises(
        InputError, match=r"no input files in d/\[13\]\* but those of an earlier run"
    ):
        named("d/[13]*")


def test_outputs_beside_inputs_of_a_job_are_no_inputs(tmp_path: Path) -> None:
    """A job of that directory has left them, whatever the output directory is now."""
    touch(tmp_path, "d/0.in", "d/0.out", "e/0.out", "e/a.txt")
    assert files(tmp_path, "d,e") == ["d/0.in", "e/0.out", "e/a.txt"]
    assert files(tmp_path, "?/*") == ["d/0.in", "e/0.out", "e/a.txt"]
    assert files(tmp_path, "d/0.out") == ["d/0.out"]


def test_an_output_directory_that_is_an_input_is_told(tmp_path: Path) -> None:
    touch(tmp_path, "d/a")
    own = OwnOutputs("d", str(tmp_path))
    assert listed(["d/a"], str(tmp_path), str, own) == ["d/a"]
    assert own.warnings() == []
    listed(["./d"], str(tmp_path), str, own)
    assert own.warnings() == [
        "the output directory is an input, too; its N.out files are no inputs"
    ]
