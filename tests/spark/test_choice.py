"""The choice of a Spark, and all that is refused before anything runs; no Spark is needed."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest

from hadoopless import installation
from hadoopless.coordinator import main as coordinator
from hadoopless.coordinator.options import parse_options
from hadoopless.engines.spark import doors, refused, session
from hadoopless.engines.spark.session import Choice, choice_of
from hadoopless.engines.spark.submitting import submit_line
from hadoopless.errors import UsageError
from hadoopless.streaming import main as streaming

USUAL = ["--engine=spark", "--master=local", "--mapperPath=cat", "--numReducers=0"]


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """PySpark and Java count as installed; nothing here starts them."""
    monkeypatch.setattr(session, "find_spec", lambda name: object())
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/java")


def chosen(master: str | None = None, **properties: str) -> Choice:
    named = {name.replace("_", "."): value for name, value in properties.items()}
    return choice_of(master, named, speculate=True, verbose=False)


def test_the_option_wins_over_the_property() -> None:
    assert chosen("local").master == "local"
    assert chosen(spark_master="yarn").master == "yarn"
    assert chosen("local", spark_master="yarn").master == "local"


def test_without_a_master_there_is_no_job() -> None:
    with pytest.raises(UsageError, match="needs --master=URL"):
        chosen()


def test_spark_connect_needs_no_java(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert chosen("sc://host").connects


def test_what_spark_connect_needs_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None if name == "grpc" else object())
    with pytest.raises(
        UsageError, match=r"Spark Connect \(grpc\).*pip install 'pyspark\[connect\]'"
    ):
        chosen("sc://host")


def test_secrets_are_not_told() -> None:
    choice = chosen("sc://host:1/;token=abc", spark_ssl_keyPassword="def")
    assert choice.told == {"spark.master": "sc://host:1/", "spark.ssl.keyPassword": "…"}
    line = submit_line(choice, ["run", "--master=sc://host:1/;token=abc"])
    assert line.endswith("__main__.py run --master=sc://host:1/")
    hidden = submit_line(chosen("local", spark_ssl_keyPassword="def"), ["-Dspark.a.secret=ghi"])
    assert "--conf 'spark.ssl.keyPassword=…'" in hidden
    assert hidden.endswith(" '-Dspark.a.secret=…'")


def test_properties_are_sparks() -> None:
    with pytest.raises(UsageError, match=r"a\.b must begin with spark\."):
        chosen("local", a_b="c")


@pytest.mark.parametrize("checkout", [True, False])
def test_pyspark_is_missing(monkeypatch: pytest.MonkeyPatch, checkout: bool) -> None:
    monkeypatch.setattr(session, "find_spec", lambda name: None)
    monkeypatch.setattr(installation, "IS_CHECKOUT", checkout)
    with pytest.raises(UsageError, match="needs PySpark, which is not installed; run: pip install"):
        chosen("local")


def test_java_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(UsageError, match="needs Java"):
        chosen("local")
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/java")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match="needs Java"):
        chosen("local")


@pytest.mark.parametrize(
    "word",
    [
        *("--resume", "--workers=embedded", "--listen=unix:/x", "--numWorkers=2", "--slots=2"),
        *("--workerTimeout=5", "--skipBadRecords", "--files=a"),
        *("--profile", "--metricsPort=0", "--dashboard"),
    ],
)
def test_options_that_spark_cannot_have(word: str) -> None:
    name = word.partition("=")[0]
    with pytest.raises(UsageError, match=f"{name} cannot be had with --engine=spark: "):
        refused.check_options(parse_options([*USUAL, word], files=True))


def test_usual_options_and_those_of_files_are_no_trouble() -> None:
    refused.check_options(parse_options(USUAL, files=True))
    options = parse_options([*USUAL, "--slots=2"], files=True)
    options.sources = {"slots": "hadoopless.toml: [run] slots"}
    refused.check_options(options)


def test_a_property_without_a_value() -> None:
    assert doors.properties_of(["spark.a=b=c"]) == {"spark.a": "b=c"}
    with pytest.raises(UsageError, match="--property: write NAME=VALUE, not a"):
        doors.properties_of(["a"])


def test_dry_run_of_a_plain_job(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "0.in").write_text("a\n")
    words = [*USUAL, f"--jobPath={tmp_path}", "--dryRun", "--property=spark.a=b"]
    assert coordinator.main(words, {}) == 0
    (line,) = capsys.readouterr().out.splitlines()
    program = str(Path(installation.ABOVE, "hadoopless", "__main__.py"))
    properties = ["--conf", "spark.a=b", "--conf", f"spark.pyspark.python={sys.executable}"]
    command = ["spark-submit", "--master", "local", *properties, program, "run"]
    assert shlex.split(line) == [*command, *(word for word in words if word != "--dryRun")]


def test_the_line_for_spark_connect_needs_no_launcher() -> None:
    words = shlex.split(submit_line(chosen("sc://host"), ["run", "a b", "--dryRun"]))
    assert (words[0], words[2:]) == (sys.executable, ["run", "a b"])


def run_streaming(place: Path, *words: str) -> int:
    return streaming.main(["--engine=spark", *words, "-input", str(place), "-mapper", "cat"], {})


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_text("a\n")
    return tmp_path / "in"


def test_dry_run_of_a_streaming_job(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    words = ["--dryRun", "-D", "spark.master=local", "-output", "out"]
    assert run_streaming(place, *words) == 0
    line = capfd.readouterr().out
    end = "hadoop jar any.jar --engine=spark --master=local -D spark.master=local -output out"
    assert f"__main__.py {end} -input {place} -mapper cat\n" in line
    assert not (place.parent / "out").exists()


def test_streaming_jobs_that_are_refused(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert run_streaming(place, "-output", "out") == 5
    assert "--engine=spark needs --master=URL" in capfd.readouterr().err
    name = "mapreduce.map.failures.maxpercent"
    assert run_streaming(place, "--master=local", "-D", f"{name}=5", "-output", "out") == 5
    assert f"{name} cannot be had with --engine=spark" in capfd.readouterr().err
    assert not (place.parent / "out").exists()


def test_other_tools_of_the_jar(capfd: pytest.CaptureFixture[str]) -> None:
    assert streaming.main(["--engine=spark", "--master=local", "dumptb", "x"], {}) == 2
    assert "runs streaming jobs; dumptb is none" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "Job aborted due to stage failure: java.io.IOException: Cannot run program"
            ' "/no/python": error=2, No such file',
            "the Python of Spark's executors cannot be started: /no/python"
            " (spark.pyspark.python, or PYSPARK_PYTHON)",
        ),
        (
            "[PYTHON_EXCEPTION] An exception was thrown from the Python worker: Traceback (most"
            ' recent call last):\n  File "worker.py", line 1, in main\n    check()\n'
            "pyspark.errors.PySparkRuntimeError: Python in worker has another version\n"
            " SQLSTATE: 38000\n\nDriver stacktrace:\nat x",
            "pyspark.errors.PySparkRuntimeError: Python in worker has another version",
        ),
        (
            "Traceback (most recent call last):\nModuleNotFoundError: No module named 'hadoopless'",
            "hadoopless is not installed for the Python of Spark's executors"
            " (spark.pyspark.python, or PYSPARK_PYTHON)",
        ),
        (
            "Cannot call methods on a stopped SparkContext.\nThis stopped SparkContext was",
            "its master cannot be reached, or has ended the application",
        ),
        (
            '<_InactiveRpcError of RPC:\n\tstatus = 14\n\tdetails = "failed to connect"\n>',
            "failed to connect",
        ),
        ("one\ntwo", "one"),
        ("", "RuntimeError"),
    ],
)
def test_errors_of_spark_have_one_line(text: str, reason: str) -> None:
    assert session.reason_of(RuntimeError(text)) == reason
