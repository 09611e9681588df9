"""Jobs of ``hadoop jar`` with inputs and outputs in a real HDFS."""

from __future__ import annotations

import gzip
import os
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from tests.hdfs.cluster import Dfs
from tests.hdfs.test_jobs import MAPPER, REDUCER, lines
from tests.oracle import REPOSITORY, oracle

pytestmark = [pytest.mark.hdfs, pytest.mark.cluster, pytest.mark.slow]

HADOOP = str(REPOSITORY / "bin" / "hadoop")


def hadoop_jar(dfs: Dfs, cwd: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [HADOOP, "jar", "any.jar", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        env=dfs.environment(MAPREDUCE_WORKERS="embedded", **more),
    )


def test_a_job_as_on_a_cluster(dfs: Dfs, tmp_path: Path) -> None:
    data = lines(100_000)
    dfs.put("/user/me/logs/a.txt", data)
    dfs.put("/user/me/logs/b.txt.gz", gzip.compress(lines(500, 11)))
    dfs.put("/user/me/logs/_skipped", b"never\n")
    words = ["-D", "mapreduce.job.reduces=3", "-files", f"{MAPPER},{REDUCER}"]
    words += ["-mapper", "mapper.py", "-reducer", "reducer.py", "-input", "logs"]
    done = hadoop_jar(dfs, tmp_path, *words, "-output", "counts", HADOOP_USER_NAME="ann")
    assert done.returncode == 5, done.stderr  # the directory of ann, not of me
    assert f"Input path does not exist: {dfs.uri}/user/ann/logs" in done.stderr
    full = ["-D", "dfs.replication=2", "-D", "dfs.blocksize=1m", *words[:-1]]
    full += [f"{dfs.uri}/user/me/logs", "-output", "/user/me/counts"]
    done = hadoop_jar(dfs, tmp_path, *full)
    assert done.returncode == 0, done.stderr
    assert "number of splits:5" in done.stderr
    parts = oracle([MAPPER], [REDUCER], [data, lines(500, 11)], 3)
    expected = {f"part-{number:05}": part for number, part in enumerate(parts)}
    assert dfs.files("/user/me/counts") == expected | {"_SUCCESS": b""}
    assert dfs.names("/user/me/counts") == ["_SUCCESS", *expected]
    status = dfs.client.get_file_info("/user/me/counts/part-00000")
    assert (status.replication, status.blocksize) == (2, 1 << 20)
    again = hadoop_jar(dfs, tmp_path, *full)
    assert again.returncode == 5
    assert f"Output directory {dfs.uri}/user/me/counts already exists" in again.stderr


def test_files_and_archives_come_from_hdfs(dfs: Dfs, tmp_path: Path) -> None:
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        member = tarfile.TarInfo("words/list")
        member.size = 4
        archive.addfile(member, BytesIO(b"fox\n"))
    dfs.put("/ship/m.sh", b'#!/bin/sh\nexec grep -c -f arch/words/list "$@"\n')
    dfs.put("/ship/a.tar.gz", packed.getvalue())
    dfs.put("/ship/in.txt", lines(40))
    words = ("-files", "hdfs:///ship/m.sh#run.sh", "-archives", "hdfs:///ship/a.tar.gz#arch")
    job = ("-mapper", "run.sh", "-reducer", "NONE", "-input", "/ship/in.txt", "-output", "/ship/o")
    done = hadoop_jar(dfs, tmp_path, *words, *job)
    assert done.returncode == 0, done.stderr
    assert dfs.files("/ship/o") == {"part-00000": b"40\t\n", "_SUCCESS": b""}
    missing = hadoop_jar(dfs, tmp_path, "-files", "hdfs:///ship/none", *job)
    assert missing.returncode == 1
    assert "File hdfs:///ship/none does not exist" in missing.stderr


def test_side_files_go_along_and_failures_leave_none(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/side/in.txt", lines(10))
    told = tmp_path / "told"
    mapper = tmp_path / "m.sh"
    mapper.write_text(f'#!/bin/sh\ncat\necho "$mapreduce_task_output_dir" > {told}\n')
    mapper.chmod(0o755)
    job = ("-mapper", str(mapper), "-input", "/side/in.txt")
    done = hadoop_jar(dfs, tmp_path, *job, "-reducer", "cat", "-output", "/side/out")
    assert done.returncode == 0, done.stderr
    assert told.read_text().startswith(f"{dfs.uri}/side/out/_temporary/1/_temporary/attempt_")
    fails = ("-reducer", "false", "-output", "/side/fails")
    failed = hadoop_jar(dfs, tmp_path, "-D", "mapreduce.reduce.maxattempts=1", *job, *fails)
    assert failed.returncode == 1, failed.stderr
    assert dfs.names("/side/fails") == []


def test_lines_by_number_and_all_formats_of_records(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/forms/in.txt", b"a\r\nb\rc\n" * 30_000)
    name = "org.apache.hadoop.mapred.lib.NLineInputFormat"
    lines_each = ("-D", "mapreduce.input.lineinputformat.linespermap=40000")
    job = ("-mapper", "cat", "-reducer", "NONE", "-input", "hdfs:///forms/*.txt")
    done = hadoop_jar(
        dfs, tmp_path, *lines_each, *job, "-output", "/forms/lines", "-inputformat", name
    )
    assert done.returncode == 0, done.stderr
    found = dfs.files("/forms/lines")
    del found["_SUCCESS"]
    assert len(found) == 3
    keys = [line.split(b"\t")[-1] for part in found.values() for line in part.splitlines()]
    assert keys == [b"a", b"b", b"c"] * 30_000


def test_in_the_background_and_outside_of_it(dfs: Dfs, tmp_path: Path) -> None:
    dfs.put("/back/in.txt", b"a\n")
    job = ("-mapper", "cat", "-reducer", "NONE", "-input", "/back/in.txt", "-output", "/back/out")
    done = hadoop_jar(dfs, tmp_path, *job, "-background")
    assert done.returncode == 5
    assert "-background: a job with files in HDFS cannot go to the background" in done.stderr
    assert dfs.client.delete("/back/out") is False
    (tmp_path / "area").mkdir()
    area = hadoop_jar(dfs, tmp_path, *job, MAPREDUCE_FS_ROOT=str(tmp_path / "area"))
    assert area.returncode == 5  # the area that the user names goes before the real one
    assert "Input path does not exist: hdfs://localhost/back/in.txt" in area.stderr
    local = tmp_path / "in.txt"
    local.write_text("b\n")
    words = ("-input", f"file://{local}", "-output", f"file://{tmp_path}/out")
    done = hadoop_jar(dfs, tmp_path, *job[:4], *words)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "part-00000").read_text() == "b\t\n"
    assert os.listdir(tmp_path / "out") != []


def test_commands_of_files_do_not_take_the_area_for_it(dfs: Dfs, tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    for words, code in ((("-ls", "/"), 255), (("-fs", "file:///", "-ls", str(tmp_path)), 0)):
        done = subprocess.run(
            [HADOOP, "fs", *words], capture_output=True, text=True, env=dfs.environment()
        )
        assert done.returncode == code
        assert (f"fs: {dfs.uri}, which HADOOP_CONF_DIR names, is here" in done.stderr) == bool(code)


def test_without_the_library_one_line_says_so(dfs: Dfs, tmp_path: Path) -> None:
    job = ("-mapper", "cat", "-reducer", "NONE", "-input", "/x", "-output", "/y")
    done = hadoop_jar(dfs, tmp_path, *job, PYTHONPATH="")
    assert done.returncode == 5
    assert "the library hdfs-native is missing" in done.stderr
    assert "Traceback" not in done.stderr
