"""The staging directory: commits, what fails there, and the files that tell of failures."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.engines.spark import failures, process
from hadoopless.engines.spark.failures import Failures
from hadoopless.engines.spark.place import Done, Place
from hadoopless.engines.spark.staging import Staging
from hadoopless.errors import DiskError, ProgramFailed
from hadoopless.failure import Failure, Role
from hadoopless.job import AttemptId, JobSpec, Split, TaskReport, map_task


def spec_in(place: Path, reducers: int = 2) -> JobSpec:
    return JobSpec("cat", "cat", (Split("a"),), reducers, ".", str(place), job_id="j")


def done(directory: str, index: int = 0) -> Done:
    return Done(index, directory, TaskReport(), "w", 0, 0.0, 1.0)


def test_only_the_attempts_that_count_are_committed(tmp_path: Path) -> None:
    with Staging(spec_in(tmp_path)) as staging:
        for name, data in (("first", "yes"), ("backup", "no")):
            directory = Path(staging.path, name)
            (directory / "beside").mkdir(parents=True)
            (directory / "0.out").write_text(data)
            (directory / "beside" / name).touch()
        staging.commit([done("first")])
    assert [path.name for path in tmp_path.iterdir() if path.name[0] == "."] == []
    assert (tmp_path / "0.out").read_text() == "yes"
    assert [path.name for path in (tmp_path / "beside").iterdir()] == ["first"]


def test_nothing_appears_when_the_job_fails(tmp_path: Path) -> None:
    staging = Staging(spec_in(tmp_path))
    with staging:
        Path(staging.path, "first").mkdir()
        Path(staging.path, "first", "0.out").touch()
    with pytest.raises(DiskError, match="is not there"):
        staging.commit([done("first")])
    assert list(tmp_path.iterdir()) == []


def test_an_output_directory_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="cannot make"), Staging(spec_in(tmp_path / "file")):
        pass


def test_failures_are_told_once(tmp_path: Path) -> None:
    (tmp_path / failures.DIRECTORY).mkdir()
    attempt = AttemptId(map_task(3), 1)
    error = ProgramFailed(Failure("ended with exit code 3", Role.MAPPER, exit=3), "map task")
    failures.tell(tmp_path, failures.Told(attempt, "host/1", error, 3.5, 4.5), 7)
    heard = Failures(str(tmp_path))
    (told,) = heard.new()
    assert (told.attempt, told.worker, told.began, told.ended) == (attempt, "host/1", 3.5, 4.5)
    assert isinstance(told.error, ProgramFailed)
    assert told.error.failure == error.failure
    assert list(heard.new()) == []


def test_failures_where_there_is_no_directory_any_more(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    attempt = AttemptId(map_task(0), 0)
    failures.tell(gone, failures.Told(attempt, "host/1", DiskError("full"), 0.0, 1.0), 1)
    assert list(Failures(str(gone)).new()) == []


def test_blocks_are_smaller_where_many_are_collected(tmp_path: Path) -> None:
    sizes = [Place(spec_in(tmp_path, n), "", 1).block_size for n in (1, 4, 20, 100, 5_000)]
    assert sizes == [
        8 << 20,
        268_435_456 // 40,
        268_435_456 // 200,
        262_144 + 6_291,
        262_144 + 6_291,
    ]


def test_a_process_with_another_version_is_refused(tmp_path: Path) -> None:
    place = Place(spec_in(tmp_path), str(tmp_path), 1 << 20, version="0.0")
    assert "install the same one" in process.trouble_of(place)


def test_programs_do_not_inherit_the_variables_of_spark(tmp_path: Path) -> None:
    kept = (("PYTHONPATH", None), ("PYTHONHASHSEED", "7"))
    place = Place(spec_in(tmp_path), "", 1, kept)
    environ = {"SPARK_HOME": "x", "PYTHONPATH": "y", "PYTHONHASHSEED": "0", "HOME": "/"}
    process.restore_environment(environ, place)
    assert environ == {"PYTHONHASHSEED": "7", "HOME": "/"}


def test_a_failure_that_cannot_be_read_yet_is_read_later(tmp_path: Path) -> None:
    (tmp_path / failures.DIRECTORY).mkdir()
    failures.tell(
        tmp_path, failures.Told(AttemptId(map_task(0), 0), "w", DiskError("full"), 0, 1), 1
    )
    (name,) = (tmp_path / failures.DIRECTORY).iterdir()
    name.rename(tmp_path / "elsewhere")
    name.symlink_to(tmp_path / "not there")
    heard = Failures(str(tmp_path))
    assert list(heard.new()) == []
    (tmp_path / "elsewhere").rename(tmp_path / "not there")
    (told,) = heard.new()
    assert str(told.error) == "full"
