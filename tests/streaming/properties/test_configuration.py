"""Properties: names old and new, files, expansion, Java's numbers, the environment of programs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.properties import conf_file
from hadoopless.streaming.properties.configuration import Configuration
from hadoopless.streaming.properties.deprecated import NEW_NAMES


def conf(*pairs: tuple[str, str], environ: dict[str, str] | None = None) -> Configuration:
    made = Configuration(environ or {}, "/work")
    for name, value in pairs:
        made.set(name, value)
    return made


OLD, NEW = "mapred.reduce.tasks", "mapreduce.job.reduces"


@pytest.mark.parametrize("name", [OLD, NEW])
@pytest.mark.parametrize("asked", [OLD, NEW])
def test_a_property_has_two_names(name, asked):
    assert conf((name, "7")).get(asked) == "7"


@pytest.mark.parametrize("pairs", [[(OLD, "1"), (NEW, "2")], [(NEW, "2"), (OLD, "1")]])
def test_the_new_name_wins_whatever_the_order(pairs):
    made = conf(*pairs)
    assert made.get(OLD) == made.get(NEW) == "2"


def test_names_are_trimmed_and_the_last_value_counts():
    assert conf((" a ", "1"), ("a", "2")).get("a") == "2"


def test_defaults_are_known_but_do_not_count_as_set():
    made = conf()
    assert made.get("mapreduce.task.timeout") == "600000"
    assert made.get("mapred.task.timeout") == "600000"
    assert not made.is_set("mapreduce.task.timeout")
    made.set_if_unset("mapreduce.task.timeout", "5")
    made.set_if_unset("mapred.task.timeout", "6")
    assert made.get_int("mapreduce.task.timeout", 0) == 5


def test_every_old_name_has_a_new_one_that_is_not_old():
    assert not set(NEW_NAMES.values()) & set(NEW_NAMES)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("${b}!", "B!"),
        ("${b}${b}", "BB"),
        ("${c}", "<B>"),
        ("${unknown} ${b}", "${unknown} ${b}"),
        ("${b ${b}", "${b B"),
        ("${}${b}", "${}B"),
        ("$b {b}", "$b {b}"),
        ("${a}", "${a}"),
        ("${env.HOME_DIR}", "/home"),
        ("${env.NONE}", "${env.NONE}"),
        ("${env.NONE-x}", "x"),
        ("${env.EMPTY-x}", ""),
        ("${env.EMPTY:-x}", "x"),
        ("${env.HOME_DIR:-x}", "/home"),
        ("${user.dir}", "/work"),
        ("${mapred.reduce.tasks}", "1"),
    ],
)
def test_variables_are_expanded(value, expected):
    environ = {"HOME_DIR": "/home", "EMPTY": ""}
    assert conf(("a", value), ("b", "B"), ("c", "<${b}>"), environ=environ).get("a") == expected


def test_expansion_has_an_end():
    made = conf(("a", "${b}x"), ("b", "${a}x"))
    with pytest.raises(StreamingExit, match="Variable substitution depth too large: 20 "):
        made.get("a")
    assert conf(("a", "${b}" * 19), ("b", "-")).get("a") == "-" * 19
    with pytest.raises(StreamingExit):
        conf(("a", "${b}" * 20), ("b", "-")).get("a")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), (" -3\t", -3), ("+4", 4), ("0x1F", 31), ("-0X10", -16), ("2147483647", 2**31 - 1)],
)
def test_whole_numbers(text, expected):
    assert conf(("a", text)).get_int("a", 0) == expected


@pytest.mark.parametrize("text", ["", "x", "1.5", "1_0", "0x", "0xg", "2147483648", "1 2", "٣"])
def test_what_is_no_number_is_said_in_javas_words(text):
    with pytest.raises(StreamingExit, match="NumberFormatException: For input string: ") as caught:
        conf(("a.b", text)).get_int("a.b", 0)
    assert caught.value.code == 1
    assert caught.value.stderr[-1].text == "Streaming Command Failed!"
    assert "a.b" in str(caught.value)


def test_long_numbers():
    assert conf(("a", str(2**63 - 1))).get_long("a", 0) == 2**63 - 1
    with pytest.raises(StreamingExit):
        conf(("a", str(2**63))).get_long("a", 0)
    assert conf().get_long("a", 9) == 9


@pytest.mark.parametrize(
    ("text", "expected"), [("TRUE", True), (" false ", False), ("yes", None), ("", None)]
)
def test_truth(text, expected):
    for default in (True, False):
        found = conf(("a", text)).get_boolean("a", default)
        assert found is (default if expected is None else expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("5000", 5000), ("5s", 5000), ("2m", 120_000), ("1h", 3_600_000), ("7ms", 7), ("0", 0)],
)
def test_times(text, expected):
    assert conf(("a", text)).get_milliseconds("a") == expected


def test_sizes():
    assert conf(("a", "64MB")).get_size("a") == 64 << 20
    assert conf().get_size("a") is None
    with pytest.raises(StreamingExit, match="must be a size"):
        conf(("a", "much")).get_size("a")


def test_the_environment_has_all_properties_by_their_names_of_today():
    made = conf(("my.own-prop", "hello"), ("mapred.job.name", "${my.own-prop}!"), ("a", "x\0y"))
    found = made.environment()
    assert found["my_own_prop"] == "hello"
    assert found["mapreduce_job_name"] == "hello!"
    assert found["mapreduce_job_maps"] == "2"
    assert found["mapreduce_map_memory_mb"] == "-1"
    assert found["hadoop_tmp_dir"].startswith("/tmp/hadoop-")
    assert not {"mapred_job_name", "mapred_map_tasks", "a"} & found.keys()


def test_values_in_the_environment_can_be_cut():
    assert conf(("stream.jobconf.truncate.limit", "3"), ("p", "abcdef")).environment()["p"] == "abc"
    assert conf(("p", "abcdef")).environment()["p"] == "abcdef"


def test_empty_values_do_not_reach_tasks():
    of_tasks = conf(("mapred.task.timeout", ""), ("a", ""), ("b", "1")).of_tasks()
    assert of_tasks.get("mapreduce.task.timeout") == "600000"
    assert of_tasks.get_or_none("a") is None
    assert of_tasks.get("b") == "1"


XML = """<?xml version="1.0"?>
<!-- text -->
<configuration xmlns:xi="http://www.w3.org/2001/XInclude">
  <property><name> a </name><value> 1 </value><description>x</description></property>
  <property><name>empty</name><value></value></property>
  <property><name>fixed</name><value>1</value><final>true</final></property>
  <property name="short" value="&lt;s&gt;"/>
  <property><name>mapred.reduce.tasks</name><value>3</value></property>
  %s
</configuration>
"""


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


def test_a_file_of_properties(tmp_path: Path):
    made = conf(("a", "stronger"))
    assert conf_file.load(made, write(tmp_path / "a.xml", XML % ""), "a.xml") == []
    assert made.get("a") == "stronger"
    assert made.get("short") == "<s>"
    assert made.get(NEW) == made.get(OLD) == "3"
    assert made.get_or_none("empty") is None
    assert made.get_or_none("x") is None


def test_blanks_of_values_stay(tmp_path: Path):
    made = conf()
    conf_file.load(made, write(tmp_path / "a.xml", XML % ""), "a.xml")
    assert made.get("a") == " 1 "


def test_an_option_by_the_old_name_beats_a_file_by_the_new_one(tmp_path: Path):
    made = conf((OLD, "5"))
    text = "<configuration><property name='mapreduce.job.reduces' value='2'/></configuration>"
    conf_file.load(made, write(tmp_path / "a.xml", text), "a.xml")
    assert made.get(NEW) == "5"


def test_final_properties_stay_for_later_files_but_not_for_options(tmp_path: Path):
    made = conf()
    conf_file.load(made, write(tmp_path / "a.xml", XML % ""), "a.xml")
    text = "<configuration><property name='fixed' value='2'/></configuration>"
    (notice,) = conf_file.load(made, write(tmp_path / "b.xml", text), "b.xml")
    assert notice.text == "b.xml:an attempt to override final parameter: fixed;  Ignoring."
    assert made.get("fixed") == "1"
    made.set("fixed", "3")
    assert made.get("fixed") == "3"


def test_files_include_others(tmp_path: Path):
    other = "<configuration><property name='other' value='there'/></configuration>"
    write(tmp_path / "other.xml", other)
    made = conf()
    text = XML % '<xi:include href="other.xml"/><xi:include href="x"><xi:fallback/></xi:include>'
    conf_file.load(made, write(tmp_path / "a.xml", text), "a.xml")
    assert made.get("other") == "there"


def test_a_missing_file_is_only_warned_about(tmp_path: Path):
    (notice,) = conf_file.load(conf(), str(tmp_path / "none.xml"), "none.xml")
    assert notice.level == "WARN"
    assert "none.xml does not exist" in notice.text


def test_entities_of_a_file_are_expanded(tmp_path: Path):
    made = conf()
    text = '<!DOCTYPE c [<!ENTITY e "x"><!ENTITY f "&e;y">]><configuration>'
    text += "<property><name>&e;.name</name><value>a&f;&lt;</value></property></configuration>"
    conf_file.load(made, write(tmp_path / "a.xml", text), "a.xml")
    assert made.get("x.name") == "axy<"


def test_entities_cannot_blow_up_a_file(tmp_path: Path):
    entities = ['<!ENTITY e0 "0123456789">']
    entities += [f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9)]
    text = f"<!DOCTYPE c [{''.join(entities)}]><configuration>"
    text += "<property><name>a</name><value>&e8;</value></property></configuration>"
    with pytest.raises(StreamingExit, match=r"error parsing conf a\.xml"):
        conf_file.load(conf(), write(tmp_path / "a.xml", text), "a.xml")


def test_variables_of_the_system():
    made = conf()
    made.set("a", "x${path.separator}y${line.separator}${os.name}${file.separator}")
    assert made.get("a") == f"x:y\n{os.uname().sysname}/"


@pytest.mark.parametrize(
    "text",
    [
        "<configuration><property>",
        "",
        "no xml",
        XML % "<xi:include href='missing.xml'/>",
        XML % "<xi:include href='a.xml'/>",
        '<!DOCTYPE c [<!ENTITY e SYSTEM "other.xml">]><configuration/>',
        '<?xml version="1.0" encoding="rot13"?><configuration/>',
    ],
    ids=["cut off", "empty", "no xml", "missing include", "includes itself", "entity", "encoding"],
)
def test_a_broken_file_ends_the_client(tmp_path: Path, text):
    with pytest.raises(StreamingExit, match=r"error parsing conf a\.xml") as caught:
        conf_file.load(conf(), write(tmp_path / "a.xml", text), "a.xml")
    assert caught.value.code == 1
