from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hadoopless import hadoop_commands
from hadoopless.streaming import main as streaming
from tests.oracle import REPOSITORY

BIN = REPOSITORY / "bin"


def start(
    program: str | Path, *words: str, cwd: Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(program), *words],
        cwd=cwd,
        env={**os.environ, "MAPREDUCE_PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("tool", sorted(hadoop_commands.TOOLS))
def test_every_tool_tells_its_version(tool: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert hadoop_commands.main(tool, ["version"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    # As mrjob looks for it.
    assert re.match(r"^.*?(\d|\.)+", first)
    assert first == "Hadoop 3.3.6"
    assert "not Apache Hadoop" in others[0]
    assert (BIN / tool).is_file()


@pytest.mark.parametrize("tool", sorted(hadoop_commands.TOOLS))
def test_usage(tool: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert hadoop_commands.main(tool, ["--help"]) == 0
    assert capsys.readouterr().out == hadoop_commands.usage(tool) + "\n"
    assert hadoop_commands.main(tool, []) == 1
    assert capsys.readouterr().err == hadoop_commands.usage(tool) + "\n"


def test_unknown_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert hadoop_commands.main("hadoop", ["classpath"]) == 1
    assert capsys.readouterr().err.startswith("ERROR: classpath is not a command of this hadoop.\n")


def test_a_directory_that_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert hadoop_commands.main("hadoop", ["fs", "-ls"]) == 1
    assert capsys.readouterr().err == "hadoop: the current directory has been removed\n"


@pytest.mark.parametrize("tool", ["hadoop", "yarn"])
def test_a_jar_must_be_named(tool: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert hadoop_commands.main(tool, ["jar"]) == 255
    assert capsys.readouterr().err == "Usage: hadoop jar <jar> [mainClass] args...\n"
    assert hadoop_commands.main(tool, ["jar", "-mapper", "cat"]) == 255
    first, hint = capsys.readouterr().err.splitlines()
    assert first == "JAR does not exist or is not a normal file: -mapper"
    assert hint.startswith("(The jar comes first")


@pytest.mark.parametrize(
    ("tool", "words", "passed"),
    [
        ("hadoop", ["jar", "any.jar", "-input", "x"], ["-input", "x"]),
        ("hadoop", ["--config", "conf", "jar", "any.jar"], []),
        ("yarn", ["jar", "any.jar", "-help"], ["-help"]),
        ("mapred", ["--loglevel", "WARN", "streaming", "-info"], ["-info"]),
    ],
)
def test_jobs_go_to_streaming(
    tool: str, words: list[str], passed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []

    def front_end(arguments: list[str]) -> int:
        seen.append(arguments)
        return 5

    monkeypatch.setattr(streaming, "main", front_end)
    assert hadoop_commands.main(tool, words) == 5
    assert seen == [passed]


def test_a_launcher_works_through_links_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "first").symlink_to(BIN / "hadoop")
    (tmp_path / "sub" / "second").symlink_to("../first")
    done = start("./second", "fs", "-ls", "-C", "..", cwd=tmp_path / "sub")
    assert (done.stdout, done.stderr) == ("../first\n../sub\n", "")
    found = f"{tmp_path / 'sub'}:{os.environ['PATH']}"
    assert start("second", "version", PATH=found).stdout.startswith("Hadoop 3.")
    script = start("sh", "hadoop", "version", cwd=BIN)
    assert script.stdout.startswith("Hadoop 3.")


def test_a_launcher_leaves_the_environment_alone(tmp_path: Path) -> None:
    """The launcher starts Python with just what its own user exported."""
    python = tmp_path / "python"
    python.write_text("#!/bin/sh\nenv | grep -v ^_=\n")
    python.chmod(0o755)
    mine = {"PATH": os.environ["PATH"], "MAPREDUCE_PYTHON": str(python), "PYTHONPATH": "/x"}
    mine |= {"self": "1", "here": "2", "link": "3", "python": "4"}
    done = subprocess.run([BIN / "mapred", "x"], env=mine, capture_output=True, text=True)
    shown = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert {name: value for name, value in shown.items() if name not in ("PWD", "SHLVL")} == mine


def test_files_through_the_launcher(tmp_path: Path) -> None:
    def hdfs(*words: str) -> subprocess.CompletedProcess[str]:
        return start(
            BIN / "hdfs", "dfs", *words, cwd=tmp_path, MAPREDUCE_FS_ROOT=str(tmp_path / "area")
        )

    (tmp_path / "in.txt").write_text("hello\n")
    assert hdfs("-put", "in.txt", "hdfs:///tmp/x").returncode == 0
    assert hdfs("-cat", "/tmp/x").stdout == "hello\n"
    done = hdfs("-ls", "nope")
    assert (done.returncode, done.stderr) == (1, "ls: `nope': No such file or directory\n")
    done = hdfs("-foo")
    assert done.returncode == 255
    assert done.stderr.startswith(
        "-foo: Unknown command\nUsage: hadoop fs [generic options]\n\t[-a"
    )


def test_a_job_without_our_packages_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lacking(program: str) -> None:
        sys.exit(f"{program}: this Python has no tornado")

    monkeypatch.setattr("hadoopless.entry.interpreter.ensure", lacking)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").touch()
    with pytest.raises(SystemExit, match=r"^hadoop: this Python has no tornado$"):
        streaming.main(["-input", "in", "-output", "out", "-mapper", "cat"])
    assert os.listdir() == ["in"]


def test_nobody_reads_it_all(tmp_path: Path) -> None:
    (tmp_path / "big").write_bytes(bytes(1 << 20))
    script = '"$0" fs -cat big nope | head -c 1 | wc -c; "$0" fs -ls | true; "$0" version | true'
    done = subprocess.run(
        ["sh", "-c", script, BIN / "hadoop"],
        cwd=tmp_path,
        env={**os.environ, "MAPREDUCE_PYTHON": sys.executable},
        capture_output=True,
        text=True,
    )
    assert done.stdout.strip() == "1"
    assert done.stderr.splitlines() == [
        "cat: Unable to write to output stream.",
        "cat: `nope': No such file or directory",
    ]


def test_stdout_on_a_full_disk() -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [BIN / "hadoop", "version"],
            env={**os.environ, "MAPREDUCE_PYTHON": sys.executable},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert (done.returncode, done.stderr) == (1, "cannot write: No space left on device\n")


def test_what_is_slow_to_load_is_not_loaded() -> None:
    code = (
        "import sys\n"
        "from hadoopless.hadoop_commands import main\n"
        "main('hadoop', ['fs', '-ls', '-d', '/'])\n"
        "print(*sys.modules)\n"
    )
    done = start(sys.executable, "-c", code, cwd=REPOSITORY)
    loaded = set(done.stdout.split())
    assert not loaded & {"argparse", "asyncio", "json", "numpy", "pathlib", "shutil", "tornado"}


def test_distcp_copies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a").mkdir()
    Path("a/x").write_text("1")
    assert hadoop_commands.main("hadoop", ["distcp", "-m", "4", "a", "b"]) == 0
    assert Path("b/x").read_text() == "1"
    assert hadoop_commands.main("hadoop", ["distcp", "a", "b"]) == 0
    assert Path("b/a/x").read_text() == "1"
    Path("a/x").write_text("2")
    assert hadoop_commands.main("mapred", ["distcp", "-overwrite", "-pb", "a", "b"]) == 0
    assert Path("b/x").read_text() == "2"
    assert hadoop_commands.main("hadoop", ["distcp", "-update", "a/x", "b/y"]) == 0
    assert Path("b/y").read_text() == "2"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["a"], "a source and a target"), (["-delete", "a", "b"], "-delete is not supported")],
)
def test_what_distcp_refuses(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hadoop_commands.main("hadoop", ["distcp", *words]) == 255
    assert message in capsys.readouterr().err


def test_questions_to_a_cluster(capsys: pytest.CaptureFixture[str]) -> None:
    assert hadoop_commands.main("hdfs", ["dfsadmin", "-safemode", "get"]) == 0
    assert capsys.readouterr().out == "Safe mode is OFF\n"
    assert hadoop_commands.main("hdfs", ["dfsadmin", "-report"]) == 0
    assert hadoop_commands.main("hdfs", ["dfsadmin", "-format"]) == 255
    assert "there is no HDFS" in capsys.readouterr().err


def test_the_places_of_a_hadoop_home() -> None:
    jars = list(REPOSITORY.glob("share/hadoop/tools/lib/hadoop-streaming-*.jar"))
    assert [jar.name for jar in jars] == [f"hadoop-streaming-{hadoop_commands.HADOOP_VERSION}.jar"]
    for server in ("dfs", "yarn", "all"):
        for verb in ("start", "stop"):
            done = start(REPOSITORY / "sbin" / f"{verb}-{server}.sh")
            assert (done.returncode, done.stdout) == (0, "")
            assert f"{verb}-{server}.sh: there is nothing to start" in done.stderr


def test_streaming_as_a_command_of_its_own() -> None:
    done = start(BIN / "hadoop-streaming", "-help")
    assert done.returncode == 0
    assert done.stdout.startswith("Usage: $HADOOP_HOME/bin/hadoop jar")
