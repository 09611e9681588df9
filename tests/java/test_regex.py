"""Java's regular expressions. All results are those of Java 17."""

from __future__ import annotations

import pytest

from hadoopless.java.errors import JavaError
from hadoopless.java.regex import compiled, matches, split
from hadoopless.library.fields import splitter


@pytest.mark.parametrize(
    ("pattern", "string", "found"),
    [
        (r"\w+", "foo Foo_1 é", ["foo", "Foo_1"]),
        ("a*?", "ab", ["", "", ""]),
        ("|a", "aa", ["", "", ""]),
        ("a|", "ba", ["", "a", ""]),
        ("a*", "baac", ["", "aa", "", ""]),
        (r"\bfoo\b", "foo xfoo é foo", ["foo", "foo"]),
        ("(?i)FOO|É", "foo é É", ["foo", "É"]),
        ("(?iu)é", "é É", ["é", "É"]),
        ("a(?i)b|c", "AB aB C c", ["aB", "C", "c"]),
        ("((?i)a)b", "Ab AB ab", ["Ab", "ab"]),
        ("(?i:f)OO", "fOO foo", ["fOO"]),
        ("[a-z&&[^aeiou]]+", "hello world", ["h", "ll", "w", "rld"]),
        ("[a-c[x-z]]+", "abcdxyz", ["abc", "xyz"]),
        ("[^a-c[x-z]]+", "abcdxyz", ["d"]),
        (r"[\d&&[^5]]+", "14567", ["14", "67"]),
        (r"\p{Alpha}+", "aé1", ["a"]),
        (r"\p{Lu}", "aÉZ", ["É", "Z"]),
        (r"\P{L}+", "a1 é", ["1 "]),
        (r"[\p{L}&&[^\p{Lu}]]+", "aéÉb", ["aé", "b"]),
        (r"\pL+", "é1a", ["é", "a"]),
        (r"\Qa.b\E+", "a.bb axb", ["a.bb"]),
        (r"\x41\u0042\x{43}\0104", "ABCD", ["ABCD"]),
        (r"\h+", "a \t\xa0b", [" \t\xa0"]),
        (r"\R", "a\r\nb\nc\u2028", ["\r\n", "\n", "\u2028"]),
        ("$", "a\r\n", ["", ""]),
        ("(?m)^.", "a\nb\n", ["a", "b"]),
        ("(?m).$", "a\r\nb", ["a", "b"]),
        (".", "a\u2028\rb", ["a", "b"]),
        ("(?s).", "a\nb", ["a", "\n", "b"]),
        (r"(?<y>a)\k<y>", "aaa", ["aa"]),
        (r"(a)(b)\11", "aba1abab1", ["aba1"]),
        (r"\1(a)", "aa", []),
        ("(?x) a b # c", "ab", ["ab"]),
        ("a++b|a", "aab aa", ["aab", "a", "a"]),
        ("[]a]+", "]a", ["]a"]),
        ("[a-]+", "a-b", ["a-"]),
        (r"[\Q]-\E]+", "a]-", ["]-"]),
        ("[a||b~~]+", "a|b~", ["a|b~"]),
        (r"\z", "a", [""]),
        (r"\cA\e", "\x01\x1b", ["\x01\x1b"]),
        ("a{2,}?", "aaaa", ["aa", "aa"]),
    ],
)
def test_find(pattern, string, found):
    assert [match[0] for match in matches(compiled(pattern), string)] == found


@pytest.mark.parametrize(
    ("pattern", "string", "pieces"),
    [
        (",", "a,b,,c,,", ["a", "b", "", "c"]),
        (",", "", [""]),
        (",", ",", []),
        ("", "abc", ["a", "b", "c"]),
        (".", "a.b", []),
        (r"\.", "a.b.", ["a", "b"]),
        (r"\|", "a|b", ["a", "b"]),
        ("[;,]", "a;b,c", ["a", "b", "c"]),
        (r"\s*,\s*", "a , b", ["a", "b"]),
        ("b*", "abc", ["a", "", "c"]),
        ("::", "a::b::", ["a", "b"]),
        ("(?=b)", "abab", ["a", "ba", "b"]),
        ("a", "aab", ["", "", "b"]),
    ],
)
def test_split(pattern, string, pieces):
    assert split(compiled(pattern), string) == pieces
    assert splitter(pattern)(string) == pieces


@pytest.mark.parametrize(
    "pattern",
    ["(", ")", "[a", "*a", "a{", "\\", r"\y", r"\p{Foo}", r"\p{}", "(?P<a>b)", "(?<=a*)b", r"\Ga"],
)
def test_what_is_no_pattern_is_refused(pattern):
    with pytest.raises(JavaError) as error:
        compiled(pattern)
    assert str(error.value).startswith("java.util.regex.PatternSyntaxException: ")
