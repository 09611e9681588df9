"""The parts of the benchmarks that can be wrong without anyone noticing: inputs and accounting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest

from benchmarks import generate, limit, measure, pool
from benchmarks.cases import CASES
from benchmarks.measure import BenchmarkError, Cpu, Figure

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
FIGURE = Figure("case", "figure", value=2.0, limit=2.0, unit="s")


@pytest.fixture(scope="module")
def text(tmp_path_factory):
    directory = tmp_path_factory.mktemp("text")
    generate.write_text(directory, 400_000, files=2)
    return [(directory / f"{index}.in").read_bytes() for index in range(2)]


def test_text_has_the_word_frequencies_of_english(text):
    words = b"".join(text).split()
    counts = [count for _, count in Counter(words).most_common()]

    assert counts[0] / len(words) == pytest.approx(0.06, abs=0.003)
    assert counts[0] / counts[9] == pytest.approx(7, abs=1.5)
    assert len(counts) > 10_000
    assert 4 < sum(map(len, words)) / len(words) < 5.5


def test_text_has_the_asked_size_in_lines_like_those_of_a_book(text):
    for part in text:
        lines = part.splitlines(keepends=True)

        assert 200_000 - 100 < len(part) <= 200_000
        assert part.endswith(b"\n")
        assert max(map(len, lines)) < 100
        assert len(part) / len(lines) == pytest.approx(70, abs=2)


def test_text_is_the_same_in_each_run_and_another_in_each_file(text, tmp_path):
    generate.write_text(tmp_path, 400_000, files=2)

    assert (tmp_path / "1.in").read_bytes() == text[1]
    assert text[0] != text[1]


def test_vocabulary_is_of_different_words_the_commonest_short():
    words = generate.vocabulary(2000, seed=3)

    assert len(set(words)) == 2000
    assert all(word.isascii() and word.isalpha() and word.islower() for word in words)
    assert len("".join(words[:100])) < len("".join(words[-100:]))


def test_word_frequencies():
    shares = generate.word_frequencies(60_000)

    assert shares.sum() == pytest.approx(1)
    assert shares[0] == pytest.approx(generate.COMMONEST)
    assert (shares[:-1] > shares[1:]).all()


def test_records(tmp_path):
    generate.write_records(tmp_path, 100_000, files=2)
    parts = [(tmp_path / f"{index}.in").read_bytes() for index in range(2)]
    lines = b"".join(parts).splitlines(keepends=True)
    keys = [line.split(b"\t")[0] for line in lines]

    assert [len(part) for part in parts] == [50_000, 50_000]
    assert {len(line) for line in lines} == {100}
    assert {len(key) for key in keys} == {10}
    assert len(set(keys)) == 1000
    assert all(line.count(b"\t") == 1 and line[11:-1].decode().isprintable() for line in lines)


def test_one_liners(tmp_path):
    generate.write_one_liners(tmp_path, 3)

    assert [(tmp_path / f"{index}.in").read_text() for index in range(3)] == [
        "key-0\tvalue\n",
        "key-1\tvalue\n",
        "key-2\tvalue\n",
    ]


def test_inputs_are_made_once_and_whole(tmp_path):
    made = []

    def make(directory):
        (directory / "0.in").write_text("half")
        made.append(directory)
        if len(made) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate.cached(tmp_path / "data", make)
    assert not (tmp_path / "data").exists()
    for _ in range(2):
        assert (generate.cached(tmp_path / "data", make) / "0.in").exists()
    assert len(made) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


@pytest.mark.parametrize("name", ["python", "a) S 1 (b", "new\nline"])
def test_stat_of_a_process_with_any_name(name):
    ticks = os.sysconf("SC_CLK_TCK")
    counters = [ticks, 2 * ticks, 30 * ticks, 4 * ticks]
    text = f"17 ({name}) S 1 17 17 0 -1 0 5 6 7 8 {' '.join(map(str, counters))} 20 0 1 0\n"

    assert measure.parse_stat(text) == Cpu(own=3.0, reaped=34.0)


@LINUX
def test_process_tree_cpu_and_memory_of_real_processes():
    script = "sh -c 'echo ready; read line'; true"  # a shell under a shell
    with subprocess.Popen(
        ["sh", "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as shell:
        assert shell.stdout is not None
        assert shell.stdout.readline() == b"ready\n"
        tree = measure.process_tree(os.getpid())
        assert shell.pid in tree[os.getpid()]
        (inner,) = tree[shell.pid]
        assert tree[inner] == []
        assert measure.cpu_of(shell.pid).own >= 0
        assert measure.peak_memory(shell.pid) > 10_000
        shell.communicate(b"end\n")


def test_verdicts():
    assert FIGURE.verdict == "PASS"
    assert replace(FIGURE, value=2.1).verdict == "MISS"
    assert replace(FIGURE, at_least=True).verdict == "PASS"
    assert replace(FIGURE, at_least=True, value=1.9).verdict == "MISS"


def test_table():
    assert limit.table([FIGURE, replace(FIGURE, value=1 / 3, unit="", at_least=True)]) == (
        "| case | figure | value | limit | verdict |\n"
        "|---|---|---|---|---|\n"
        "| case | figure | 2 s | ≤ 2 s | PASS |\n"
        "| case | figure | 0.333 | ≥ 2 | MISS |"
    )


def test_runner_keeps_commands_and_drops_what_slows_scripts(monkeypatch, tmp_path):
    monkeypatch.setenv("PYTHONUNBUFFERED", "1")
    said: list[str] = []
    runner = measure.Runner(said.append)
    out = tmp_path / "out"
    line = f"env > {out}"
    runner.shell(line)
    runner.shell(line)

    assert "PYTHONUNBUFFERED" not in out.read_text()
    assert runner.commands == [line]
    assert said == [f"$ {line}"]


def test_a_failing_command_is_no_measurement():
    runner = measure.Runner(lambda _: None)

    with pytest.raises(BenchmarkError, match="exit code 7"):
        runner.run(["sh", "-c", "exit 7"])
    with pytest.raises(BenchmarkError, match="exit code 3"):
        runner.shell("(exit 3) | cat")


def test_a_pool_that_does_not_start_shows_its_console(tmp_path):
    log = tmp_path / "log"
    with log.open("wb") as console:
        process = subprocess.Popen(["sh", "-c", "echo no luck; exit 1"], stdout=console)
    process.wait()
    urls = [f"http://127.0.0.1:{port}" for port in pool.free_ports(2)]

    with pytest.raises(BenchmarkError, match="no luck"):
        pool.wait_until_ready(urls, process, log)


@pytest.mark.parametrize("tree", [{1: []}, {1: [2, 3], 2: [], 3: [4], 4: []}])
def test_an_unknown_tree_of_processes_is_an_error(tree, monkeypatch):
    monkeypatch.setattr(pool, "process_tree", lambda _: tree)

    with pytest.raises(BenchmarkError, match="no tree"):
        pool.Pool(1, ("http://a", "http://b"), measure.Runner(print)).survey()


def test_idle_seconds_of_some_cores():
    ticks = os.sysconf("SC_CLK_TCK")
    text = (
        "cpu  9 9 9 9 9 9 9\n"
        f"cpu0 1 2 3 {2 * ticks} {ticks} 6 7\n"
        f"cpu1 1 2 3 {ticks} 0 6 7\n"
        f"cpu10 1 2 3 {ticks} 0 6 7\n"
        "intr 5 5 5 5\n"
    )

    assert measure.idle_seconds(text, {0, 10}) == 4.0
    assert measure.idle_seconds(text, {1}) == 1.0


@pytest.mark.parametrize("arguments", [["no-such-case"], ["--size", "0"], ["--files", "0"]])
def test_wrong_options(arguments):
    with pytest.raises(SystemExit) as exit_info:
        limit.main(arguments)

    assert exit_info.value.code == 2


@LINUX
@pytest.mark.cluster
@pytest.mark.heavy
def test_all_cases_run(tmp_path):
    answer = tmp_path / "figures.json"
    command = ["benchmarks/limit.py", "--size=0.001", f"--work={tmp_path}", f"--json={answer}"]
    done = subprocess.run(
        [sys.executable, *command, *limit.names()], cwd=measure.ROOT, capture_output=True, text=True
    )
    assert done.returncode in (0, 1), (
        done.stdout + done.stderr
    )  # 1: so small that a limit is missed
    report = json.loads(answer.read_text())

    assert [case.name for case in CASES] == list(
        dict.fromkeys(figure["case"] for figure in report["figures"])
    )
    assert len(done.stdout.split("| verdict |")[1].splitlines()) == 2 + len(report["figures"])
