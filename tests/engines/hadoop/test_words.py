"""Words as Hadoop reads them."""

from __future__ import annotations

import pytest

from hadoopless.data.program.commands import split_arguments
from hadoopless.engines.hadoop.words import (
    command_text,
    input_uri,
    is_remote,
    local_uri,
    shell_line,
    variable,
)
from hadoopless.errors import InputError, UsageError
from hadoopless.streaming.options.command_line import all_options


@pytest.mark.parametrize(
    "words",
    [
        ["cat"],
        ["sed", "s/a b/c/"],
        ["awk", '{print "x"}'],
        ["echo", "it's"],
        ["x", "a  b", 'say "no"', "it's"],
        ["x", '"quoted"'],
        ["x", "back\\slash", "$HOME", "a\tb"],
    ],
)
def test_commands_are_read_as_they_were_meant(words: list[str]) -> None:
    text = command_text(words, "--mapperPath")
    read = all_options({"mapper": 1}, ["-mapper", text]).first("mapper")
    assert read is not None
    assert split_arguments(read) == words


def test_words_that_cannot_be_written() -> None:
    with pytest.raises(UsageError, match="--reducerPath: Hadoop drops an empty argument"):
        command_text(["x", ""], "--reducerPath")
    with pytest.raises(UsageError, match="both kinds of quotes"):
        command_text(["x", "'\""], "--mapperPath")


def test_paths() -> None:
    assert is_remote("hdfs://nn/x")
    assert is_remote("s3a://bucket/x")
    assert not is_remote("file:///x")
    assert not is_remote("/x:y")
    assert local_uri("/a/../b c") == "file:///b c"
    assert input_uri("/a/b[1]*?.in") == "file:///a/b\\[1\\]\\*\\?.in"


@pytest.mark.parametrize("path", ["/a,b", "/a{b", "/a\\b", "/a\nb"])
def test_paths_that_cannot_be_written(path: str) -> None:
    with pytest.raises(InputError, match="cannot be given a path with"):
        local_uri(path)


def test_names_that_are_not_utf8_or_hidden() -> None:
    with pytest.raises(InputError, match="not UTF-8"):
        local_uri("/\udcff")
    for name in ("_a", ".a"):
        with pytest.raises(InputError, match="passes over inputs whose names begin with"):
            input_uri(f"/x/{name}")


def test_variables() -> None:
    assert variable("A", "b=c$d") == "A=b=c$d"
    for value in ("", "a b", "${x}", 'a"', "a\nb"):
        with pytest.raises(UsageError, match="--env: Hadoop cannot be given the value of A"):
            variable("A", value)


def test_a_line_for_a_shell_is_one_line() -> None:
    assert shell_line(["a", "b c", "x=\n'\\"]) == "a 'b c' $'x=\\n\\'\\\\'"
