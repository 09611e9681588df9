"""The search for a real Hadoop, which never ends at our own commands."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.engines.hadoop.finding import environment_for, find, is_ours
from hadoopless.errors import InputError
from tests.engines.hadoop.fakes import fake_hadoop
from tests.oracle import REPOSITORY

OURS = str(REPOSITORY / "bin")


def test_home_or_command_by_the_option(tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    found = find(str(home), {})
    assert found == find(str(home / "bin" / "hadoop"), {})
    assert found.home == str(home)
    assert found.streaming == (
        f"{home}/bin/hadoop",
        "jar",
        f"{home}/share/hadoop/tools/lib/hadoop-streaming-3.3.4.jar",
    )
    assert found.jobs == (f"{home}/bin/mapred", "job")


def test_hadoop_home_goes_before_the_search_path(tmp_path: Path) -> None:
    one, other = fake_hadoop(tmp_path / "one"), fake_hadoop(tmp_path / "other")
    environ = {"HADOOP_HOME": str(one), "PATH": f"{OURS}:{other}/bin"}
    assert find(None, environ).home == str(one)
    assert find(None, environ | {"HADOOP_HOME": ""}).home == str(other)


def test_our_own_commands_are_passed_over(tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "hadoop").symlink_to(f"{OURS}/hadoop")
    environ = {"HADOOP_HOME": str(REPOSITORY), "PATH": f"{OURS}:{tmp_path}/links:{home}/bin"}
    assert find(None, environ).program == f"{home}/bin/hadoop"
    assert is_ours(str(tmp_path / "links" / "hadoop"))


@pytest.mark.parametrize("environ", [{}, {"HADOOP_HOME": str(REPOSITORY)}])
def test_no_hadoop_at_all(environ: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no real Hadoop: .*; --hadoop=DIR names") as end:
        find(None, environ | {"PATH": f"{OURS}:{tmp_path}"})
    assert "\n" not in str(end.value)


def test_wrong_values_of_the_option(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"--hadoop: there is no .*nowhere"):
        find(str(tmp_path / "nowhere"), {})
    with pytest.raises(InputError, match="is hadoopless itself, not a real Hadoop"):
        find(str(REPOSITORY), {})
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="is not executable"):
        find(str(tmp_path / "file"), {})
    with pytest.raises(InputError, match="HADOOP_HOME: there is no"):
        find(None, {"HADOOP_HOME": str(tmp_path)})


def test_mapred_streaming_where_no_jar_is_found(tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    (home / "share/hadoop/tools/lib/hadoop-streaming-3.3.4.jar").unlink()
    assert find(str(home), {}).streaming == (f"{home}/bin/mapred", "streaming")
    (home / "bin" / "mapred").unlink()
    with pytest.raises(InputError, match="has neither a command mapred nor a hadoop-streaming"):
        find(str(home), {})


def test_jars_of_sources_are_no_programs(tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    lib = home / "share/hadoop/tools/lib"
    (lib / "hadoop-streaming-3.3.4.jar").rename(lib / "hadoop-streaming-3.3.4-sources.jar")
    assert find(str(home), {}).jar == ""


def test_environment_of_the_client(tmp_path: Path) -> None:
    home = fake_hadoop(tmp_path / "h")
    given = {"HADOOP_HOME": str(REPOSITORY), "MAPREDUCE_TOKEN": "secret", "HADOOP_CONF_DIR": "/c"}
    assert environment_for(find(str(home), {}), given) == {
        "HADOOP_HOME": str(home),
        "HADOOP_CONF_DIR": "/c",
        "HADOOPLESS_ENGINE": "hadoop",
    }
