from __future__ import annotations

import pytest

from hadoopless.errors import InputError
from hadoopless.filesystem import globs


@pytest.mark.parametrize(
    ("pattern", "expanded"),
    [
        ("a", ["a"]),
        ("{a,b}/c", ["{a,b}/c"]),
        ("{a/b}", ["a/b"]),
        ("/}{a/b}", ["/}a/b"]),
        ("p{a/b,c/d}s", ["pa/bs", "pc/ds"]),
        ("{a/b,c/d,{e,f}}", ["a/b", "c/d", "{e,f}"]),
        ("{a/b,c/d}{e,f}", ["a/b{e,f}", "c/d{e,f}"]),
        ("{a,b}/{b,{c/d,e/f}}", ["{a,b}/b", "{a,b}/c/d", "{a,b}/e/f"]),
        (r"x\{a/b,c\}", [r"x\{a/b,c\}"]),
        (r"{a/\,,b}", [r"a/\,", "b"]),
        ("{a/b", ["{a/b"]),
    ],
)
def test_braces_with_slashes(pattern: str, expanded: list[str]) -> None:
    assert globs.expand(pattern) == expanded


@pytest.mark.parametrize(
    ("pattern", "names", "others"),
    [
        ("*", ["", "a", ".a", "a\nb"], []),
        ("a*c", ["ac", "abc"], ["abcd", "xac"]),
        ("?", ["a", "é"], ["", "ab"]),
        ("[a-c]x", ["ax", "cx"], ["dx", "x"]),
        ("[^a]", ["b", "^"], ["a", ""]),
        ("[!a]", ["b", "!"], ["a"]),
        ("[a^!]", ["a", "^", "!"], ["b"]),
        ("[]a]", ["]", "a"], ["b"]),
        ("[a-]", ["a", "-"], ["b"]),
        (r"[\]x]", ["]", "x"], ["\\"]),
        ("[*?{.]", ["*", "?", "{", "."], ["a"]),
        ("{a,b*}.gz", ["a.gz", "bcd.gz"], ["a", "abgz", "cgz"]),
        ("{a,{b,c}d}", ["a", "bd", "cd"], ["b", "ad"]),
        (r"a\*", ["a*"], ["ab"]),
        (r"{a\,b,c}", ["a,b", "c"], ["a"]),
        ("a.b+(c)|$^}", ["a.b+(c)|$^}"], ["axb+(c)|$^}"]),
        ("a,b", ["a,b"], ["a", "b"]),
        ("part-0000[0-3]", ["part-00002"], ["part-00004"]),
    ],
)
def test_matching(pattern: str, names: list[str], others: list[str]) -> None:
    matches = globs.matcher(pattern)
    assert [name for name in names + others if matches(name)] == names


@pytest.mark.parametrize("text", ["*", "a?", "[a]", "{a}", r"\**"])
def test_patterns(text: str) -> None:
    assert globs.is_pattern(text)


@pytest.mark.parametrize("text", ["", "a", "a.b", r"\*", r"a\[b\]", "a}", "]", "!", "^"])
def test_plain_names(text: str) -> None:
    assert not globs.is_pattern(text)


def test_unescaped() -> None:
    assert globs.unescaped(r"a\*b\\c") == r"a*b\c"


@pytest.mark.parametrize("text", ["a[b", "[]", "{a", "[z-a]", "a\\", "[a\\"])
def test_what_is_no_pattern(text: str) -> None:
    with pytest.raises(InputError, match="Illegal file pattern"):
        globs.matcher(text)


def test_an_escape_needs_a_character() -> None:
    with pytest.raises(InputError, match="does not present"):
        globs.expand("{a/b\\")
