"""The settings with which HDFS is reached, and the names in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hadoopless.errors import InputError, UsageError
from hadoopless.hdfs import choice, settings
from hadoopless.hdfs.located import located
from hadoopless.hdfs.names import HdfsName, work_directory


def xml(**properties: str) -> str:
    entries = "".join(
        f"<property><name>{name.replace('_', '.')}</name><value>{value}</value></property>"
        for name, value in properties.items()
    )
    return f"<?xml version='1.0'?><configuration>{entries}</configuration>"


@pytest.fixture(autouse=True)
def chosen(tmp_path: Path) -> Iterator[Path]:
    choice.choose(str(tmp_path))
    yield tmp_path
    choice.choose(None)


def test_only_what_a_client_needs_is_kept(chosen: Path) -> None:
    core = xml(fs_defaultFS="hdfs://${nn}:8020/", nn="one", io_sort_mb="100", hadoop_tmp_dir="/x")
    (chosen / "core-site.xml").write_text(core)
    (chosen / "hdfs-site.xml").write_text(xml(dfs_replication="2", dfs_client_a="${unknown}"))
    assert settings.of_process() == (
        ("dfs.client.a", "${unknown}"),
        ("dfs.client.failover.max.attempts", "4"),
        ("dfs.replication", "2"),
        ("fs.defaultFS", "hdfs://one:8020/"),
    )
    assert settings.default_name(settings.of_process()) == "hdfs://one:8020"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("hdfs:///a/b", "hdfs://nn:1/a/b"),
        ("hdfs:/a//b/../c", "hdfs://nn:1/a/c"),
        ("hdfs://other:9/x y%20", "hdfs://other:9/x y%20"),
        ("HDFS://other", "hdfs://other/"),
    ],
)
def test_names_are_whole(chosen: Path, text: str, name: str) -> None:
    (chosen / "core-site.xml").write_text(xml(fs_default_name="hdfs://nn:1"))
    assert settings.full_name(text) == name


def test_a_name_needs_a_name_node(chosen: Path) -> None:
    with pytest.raises(UsageError, match=r"hdfs:///a names no name node, and .* has no fs.default"):
        settings.full_name("hdfs:///a")


def test_name_nodes_of_a_service_and_of_a_host() -> None:
    service = (
        ("dfs.ha.namenodes.s", "a, b,c"),
        ("dfs.namenode.rpc-address.s.a", "h1:8020"),
        ("dfs.namenode.rpc-address.s.b", "h2:8020"),
    )
    assert settings.name_nodes("s", service) == ["h1:8020", "h2:8020"]
    assert settings.name_nodes("host", service) == ["host:8020"]
    assert settings.name_nodes("host:1", ()) == ["host:1"]
    assert settings.name_nodes("one", (("dfs.namenode.rpc-address.one", "h:9"),)) == ["h:9"]


def test_a_place_has_one_name() -> None:
    service = (
        ("dfs.ha.namenodes.s", "a,b"),
        ("dfs.namenode.rpc-address.s.a", "h1:8020"),
        ("dfs.namenode.rpc-address.s.b", "H2:8020"),
    )
    for authority in ("s", "h1", "h1:8020", "h2:8020", "H1"):
        assert settings.one_name(f"hdfs://{authority}/a/B", service) == "hdfs://s/a/B"
    assert settings.one_name("hdfs://Host/a", service) == "hdfs://host:8020/a"
    assert settings.one_name("hdfs://host:9/a", service) == "hdfs://host:9/a"


def test_a_path_behind_the_default_has_no_meaning(chosen: Path) -> None:
    (chosen / "core-site.xml").write_text(xml(fs_defaultFS="hdfs://nn:1/user/joe/"))
    assert settings.full_name("hdfs:///a") == "hdfs://nn:1/a"


@pytest.mark.parametrize(
    ("text", "authority"),
    [
        ("${env.NN_HOST}", "here"),
        ("${env.NN_EMPTY:-other}", "other"),
        ("${env.NN_EMPTY-x}y", "y"),
        ("${env.NN_NONE-other}", "other"),
        ("${env.NN_NONE}", "${env.NN_NONE}"),
    ],
)
def test_variables_are_expanded_as_hadoop_does(
    chosen: Path, monkeypatch: pytest.MonkeyPatch, text: str, authority: str
) -> None:
    monkeypatch.setenv("NN_HOST", "here")
    monkeypatch.setenv("NN_EMPTY", "")
    monkeypatch.delenv("NN_NONE", raising=False)
    (chosen / "core-site.xml").write_text(xml(fs_defaultFS=f"hdfs://{text}:1"))
    assert settings.default_name(settings.of_process()) == f"hdfs://{authority}:1"


def test_a_file_may_include_others(chosen: Path) -> None:
    include = '<configuration xmlns:xi="x"><xi:include href="{}"/></configuration>'
    (chosen / "core-site.xml").write_text(include.format("more.xml"))
    (chosen / "more.xml").write_text(xml(fs_defaultFS="hdfs://nn:1"))
    assert settings.default_name(settings.of_process()) == "hdfs://nn:1"
    settings.read.cache_clear()
    (chosen / "more.xml").write_text(include.format("core-site.xml"))
    with pytest.raises(InputError, match=r"xml: files include one another without end$"):
        settings.of_process()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"<configuration><prop", "unclosed token"),
        (b"<!DOCTYPE a [<!ENTITY e 'x'>]><configuration>&e;</configuration>", "entity e is ref"),
        (b" " * ((1 << 22) + 1), "too large"),
    ],
)
def test_files_that_cannot_be_read(chosen: Path, data: bytes, reason: str) -> None:
    (chosen / "core-site.xml").write_bytes(data)
    with pytest.raises(InputError, match=reason):
        settings.of_process()


def test_too_many_settings_and_no_directory(chosen: Path) -> None:
    (chosen / "core-site.xml").write_text(xml(dfs_client_x="y" * 20_000))
    with pytest.raises(UsageError, match="have more than 16,384 characters"):
        settings.of_process()
    choice.choose(str(chosen / "none"))
    with pytest.raises(InputError, match="no such directory with the settings of Hadoop"):
        settings.of_process()


def test_the_variable_names_a_directory_too(monkeypatch: pytest.MonkeyPatch) -> None:
    choice.choose(None)
    assert choice.directory() == ""
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/x")
    assert choice.directory() == "/etc/x"


def test_names() -> None:
    name = HdfsName("hdfs://nn:1/a/b")
    assert (name.authority, name.path, str(name.parent)) == ("nn:1", "/a/b", "hdfs://nn:1/a")
    assert located("/here", "hdfs:/x") == Path("/here/hdfs:/x")
    assert located("/here", "hdfs://n/x") == HdfsName("hdfs://n/x")
    assert work_directory("hdfs://n/out", "j1") == "hdfs://n/out/_temporary/hadoopless-j1"
