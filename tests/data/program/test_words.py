"""Words of a command line as Hadoop Streaming cuts it; the odd ones were seen with Hadoop 3.3.4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hadoopless.data.program.commands import split_arguments


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", []),
        ("   ", []),
        ("cat", ["cat"]),
        (" a   b\tc ", ["a", "b\tc"]),
        ("argv.py 'a b' c", ["argv.py", "a b", "c"]),
        ('argv.py -e"x y"z', ["argv.py", "-e", "x y", "z"]),
        ("a '' \"\" b", ["a", "b"]),
        ("a'b'c\"d\"", ["a", "b", "c", "d"]),
        ("sed 's/\"//g'", ["sed", 's/"//g']),
        ("awk \"{print '$1'}\"", ["awk", "{print '$1'}"]),
        ("a 'b c", ["a", "b c"]),
        ("a 'b \"c", ["a", 'b "c']),
        ("a\\ b \\'c d\\'", ["a\\", "b", "\\", "c d\\"]),
        ("* $HOME | > x ~", ["*", "$HOME", "|", ">", "x", "~"]),
        ("a\nb c", ["a\nb", "c"]),
        ("\u20ac \udcff\u3000x", ["\u20ac", "\udcff\u3000x"]),
    ],
)
def test_words(line: str, words: list[str]) -> None:
    assert split_arguments(line) == words


@given(st.lists(st.text(st.characters(exclude_characters="'\" "), min_size=1)))
def test_words_joined_by_spaces_come_back(words: list[str]) -> None:
    assert split_arguments(" ".join(words)) == words
    assert split_arguments("'" + "' '".join(words) + "'") == words


@given(st.text("ab '\""))
def test_as_hadoop_does_it_character_by_character(line: str) -> None:
    words: list[str] = []
    word = quote = ""
    for char in line:
        opens = not quote and char in "'\""
        closes = bool(quote) and char == quote
        if opens or closes or (char == " " and not quote):
            words.append(word)
            word = ""
            quote = char if opens else "" if closes else quote
        else:
            word += char
    words.append(word)
    assert split_arguments(line) == [one for one in words if one]
