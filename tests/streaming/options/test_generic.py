"""Generic options: commons-cli's ways, the order of strength, files that must be there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.options.command_line import MANY, BadWords, all_options, leading_options
from hadoopless.streaming.options.generic import GenericOptions, parse_generic
from hadoopless.streaming.request import Shipped

GENERIC = dict.fromkeys(["fs", "jt", "conf", "D", "libjars", "files", "archives"], 1)
OTHERS = {"input": MANY, "output": 1, "mapper": 1, "cmdenv": 1, "info": 0}


# The results are those of commons-cli 1.2 for the same words.
@pytest.mark.parametrize(
    ("words", "values", "rest"),
    [
        ("-Da=b|-D|c=d|x|-Dk=v|-zz|-files=q", {"D": ["a=b", "c=d"]}, "x|-D|k=v|-zz|-files=q"),
        ("-D|-foo|x", {"D": ["-foo"]}, "x"),
        (
            "--files=a,b|--D=x=y|-D=u|--|-Dz=1",
            {"files": ["a,b"], "D": ["x=y", "u"]},
            "-Dz=1",
        ),
        ('-D|a="x"|-D|"b=c"|-D|sep="', {"D": ['a="x', "b=c", "sep="]}, None),
        ("-input|a|-Dq=w|-mapper|x|--|y|--|z", {}, "-input|a|-Dq=w|-mapper|x|y|z"),
        ("-Dx=1|-|y", {"D": ["x=1"]}, "y"),
        ("-files|", {"files": [""]}, None),
        ("-D|a=b|word|-Dl=1|-fsx|-Dk=1", {"D": ["a=b"]}, "word|-D|l=1|-fsx|-Dk=1"),
        ("---files|b", {}, "---files|b"),
    ],
)
def test_leading_options(words, values, rest):
    found = leading_options(GENERIC, words.split("|"))
    assert found.values == values
    assert found.rest == ([] if rest is None else rest.split("|"))


@pytest.mark.parametrize(
    ("words", "values", "rest"),
    [
        (
            "-input|a|-zz|b|--|-|-mapper|c|d|-output|q",
            {"input": ["a", "-zz", "b", "--", "-"], "mapper": ["c"], "output": ["q"]},
            ["d"],
        ),
        ('-mapper|sh -c "x"|-cmdenv|"A=b', {"mapper": ['sh -c "x'], "cmdenv": ["A=b"]}, []),
        ('-cmdenv|"', {"cmdenv": [""]}, []),
        ("-input|a|-info|x|--|-mapper|--|", {"input": ["a"], "info": []}, ["x", "-mapper", ""]),
        ("--input|a|-input|b|--info", {"input": ["a", "b"], "info": []}, []),
    ],
)
def test_all_options(words, values, rest):
    found = all_options(OTHERS, words.split("|"))
    assert found.values == values
    assert found.rest == rest


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ("-input|-output|q", "Missing argument for option: input"),
        ("-mapper|--output", "Missing argument for option: mapper"),
        ("-info|---info", "Unrecognized option: ---info"),
        ("-mapper=x", "Unrecognized option: -mapper=x"),
        ("-output|a|-D|x", "Unrecognized option: -D"),
    ],
)
def test_words_that_cannot_be_read(words, text):
    with pytest.raises(BadWords, match=f"^{text}$"):
        all_options(OTHERS, words.split("|"))


def test_of_an_option_given_twice_the_first_counts():
    assert all_options(OTHERS, ["-output", "a", "-output", "b"]).first("output") == "a"


def parse(cwd: Path, *words: str) -> GenericOptions:
    return parse_generic(words, {"USER": "me", "HOME": str(cwd)}, str(cwd))


@pytest.fixture
def cwd(tmp_path: Path) -> Path:
    for name in ("a.txt", "b c.txt", "x.zip", "dir/one.jar", "dir/two.JAR", "dir/no.txt"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    (tmp_path / "empty").mkdir()
    return tmp_path


def test_properties(cwd: Path):
    found = parse(cwd, "-Da=1", "-D", "b=x=y", "-D", "nothing", "-D", "a=2", "-input", "i", "-Dc=3")
    assert found.configuration.get("a") == "2"
    assert found.configuration.get("b") == "x=y"
    assert not found.configuration.is_set("nothing")
    assert not found.configuration.is_set("c")
    assert found.rest == ("-input", "i", "-Dc=3")


def test_options_beat_files_wherever_they_stand(cwd: Path):
    text = "<configuration><property name='a' value='file'/><property name='b' value='f'/>"
    (cwd / "c.xml").write_text(text + "</configuration>")
    found = parse(cwd, "-D", "a=word", "-conf", "c.xml", "-conf", "none.xml")
    assert found.configuration.get("a") == "word"
    assert found.configuration.get("b") == "f"
    assert [notice.level for notice in found.notices] == ["WARN"]


def test_files(cwd: Path):
    found = parse(cwd, "-files", f"a.txt,file://{cwd}/dir#d,./a.txt#é", "-archives", "x.zip#z")
    here = str(cwd)
    assert found.files == (
        Shipped(f"{here}/a.txt", "a.txt"),
        Shipped(f"{here}/dir", "d"),
        Shipped(f"{here}/a.txt", "é"),
    )
    assert found.archives == (Shipped(f"{here}/x.zip", "z"),)


def test_a_second_list_of_files_is_ignored(cwd: Path):
    assert len(parse(cwd, "-files", "a.txt", "-files", "x.zip").files) == 1


def test_names_with_blanks_are_taken_as_they_are_and_as_uris(cwd: Path):
    for word in ("b c.txt", "b%20c.txt"):
        assert parse(cwd, "-files", word).files == (Shipped(f"{cwd}/b c.txt", "b c.txt"),)


def test_a_name_alone_is_that_of_the_working_directory(cwd: Path):
    assert parse(cwd, "-files", "#x").files == (Shipped(str(cwd), "x"),)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("a.txt#x#y", "Illegal character in fragment at index 7: a.txt#x#y"),
        ("a.txt#", "Can not create a Path from an empty string"),
    ],
)
def test_names_for_tasks_that_are_none(cwd: Path, word, reason):
    with pytest.raises(StreamingExit, match=reason) as caught:
        parse(cwd, "-files", word)
    assert caught.value.code == 1


def test_files_of_the_area(cwd: Path):
    area = cwd / ".local/share/mapreduce/hdfs/user/me"
    area.mkdir(parents=True)
    (area / "m.py").touch()
    (shipped,) = parse(cwd, "-files", "hdfs:///user/me/m.py#n.py").files
    assert os.path.samefile(shipped.path, area / "m.py")
    assert shipped.name == "n.py"


@pytest.mark.parametrize("option", ["-files", "-archives", "-libjars"])
def test_what_is_not_there_ends_the_client(cwd: Path, option):
    with pytest.raises(StreamingExit) as caught:
        parse(cwd, option, "a.txt,nope.py", "-input")
    expected = (
        'Exception in thread "main" java.io.FileNotFoundException: File nope.py does not exist'
    )
    assert (caught.value.code, str(caught.value)) == (1, expected)


@pytest.mark.parametrize("word", ["", ",", "a.txt,,a.txt"])
def test_names_cannot_be_empty(cwd: Path, word):
    with pytest.raises(StreamingExit, match="File name can't be empty string"):
        parse(cwd, "-files", word)


def test_jars_of_a_directory(cwd: Path):
    names = [one.name for one in parse(cwd, "-libjars", "dir/*").jars]
    assert names == ["one.jar", "two.JAR"]
    with pytest.raises(StreamingExit, match=r"Path empty/\* cannot be empty\.") as caught:
        parse(cwd, "-libjars", "empty/*")
    assert caught.value.stderr[0].text == "empty/ does not have jars in it. It will be ignored."
    with pytest.raises(StreamingExit, match="is not a directory"):
        parse(cwd, "-libjars", "a.txt*")


def test_words_that_cannot_be_read_leave_nothing(cwd: Path):
    found = parse(cwd, "-Da=b", "-D")
    assert found.notices[0].text == "options parsing failed: Missing argument for option: D"
    assert found.stdout[0] == "usage: general options are:"
    assert found.rest == ()


def test_the_default_file_system(cwd: Path):
    assert parse(cwd).file_systems.qualified("x") == f"file:{cwd}/x"
    for words in (["-fs", "hdfs://h:1"], ["-fs", "h:1"], ["-D", "fs.default.name=hdfs://h:1/"]):
        assert parse(cwd, *words).file_systems.qualified("x") == "hdfs://h:1/user/me/x"
    assert parse(cwd, "-fs", "local").file_systems.qualified("x") == f"file:{cwd}/x"
    with pytest.raises(StreamingExit, match="scheme"):
        parse(cwd, "-fs", "foo://h")


def test_job_trackers(cwd: Path):
    assert parse(cwd, "-jt", "LOCAL").configuration.get("mapreduce.framework.name") == "LOCAL"
    assert not parse(cwd, "-jt", "h:1").configuration.is_set("mapreduce.framework.name")


def test_a_missing_token_file(cwd: Path):
    assert parse(cwd, "-tokenCacheFile", "a.txt", "x").rest == ("x",)
    with pytest.raises(StreamingExit, match=r"FileNotFoundException: File file:.*/nope does not"):
        parse(cwd, "-tokenCacheFile", "nope")
