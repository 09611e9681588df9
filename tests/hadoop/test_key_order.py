"""Sort keys beside Hadoop's own KeyFieldBasedComparator, pair by pair."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from itertools import product
from random import Random

import numpy as np
import pytest

from hadoopless.data.sort.keys import SortKeys, keys_of
from hadoopless.rules import KeyFields
from hadoopless.streaming.rules.key_fields import parse_key_options
from tests.data.key_models import compared
from tests.hadoop.maven import Unavailable
from tests.hadoop.oracle import compiled

SETS = 400
KEYS = 10
#: Words that stand in columns of numbers besides numbers.
WORDS = ["", "a", "b", "NULL", "NA", "\\N", "nan", "None", "+5", " 5", "1x", "12ab", "é", "#", "~"]
#: Options, and the text before and behind the field that is compared as a number.
NUMERIC = [
    ("-k2,2n", "x\t", "\ty"),
    ("-k2n", "x\t", "\ty"),
    ("-k2n", "x\t", ""),
    ("-k2,2nr", "x\t", "\t5.0"),
    ("-k2,2n -k1,1", "x\t", "\tz"),
    ("-k1n", "", "\t3.4"),
    ("-n", "", ""),
]
ANY = ["-k2,2n", "-k2n", "-n", "-nr", "-k1.2n", "-k2.2,3.1n", "-k1,1 -k2,2nr", "-k2,2", "-k3n -k1"]

Question = tuple[str, list[bytes]]


def hadoops(questions: Sequence[Question]) -> list[list[str]]:
    """For each question the signs of each key with every key, by a real Hadoop."""
    try:
        command = ["java", "-XX:TieredStopAtLevel=1", "-cp", compiled(), "KeyOrder"]
    except Unavailable as reason:
        pytest.skip(f"no Hadoop to compare with: {reason}")
    lines = [
        " ".join([options.encode().hex(), *(key.hex() for key in keys)])
        for options, keys in questions
    ]
    done = subprocess.run(command, input="\n".join(lines), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers = done.stdout.split()
    return [
        [answer[row : row + len(keys)] for row in range(0, len(answer), len(keys))]
        for answer, (_, keys) in zip(answers, questions, strict=True)
    ]


def sign(difference: int) -> str:
    return "=" if difference == 0 else "<" if difference < 0 else ">"


def order_of(options: str) -> KeyFields:
    return KeyFields(parse_key_options(options).ranges, b"\t")


def ours(options: str, keys: list[bytes]) -> list[str]:
    """The signs of the sort keys."""
    made = SortKeys(order_of(options), False, len(keys))
    assert made.write(keys_of(keys), 0, np.zeros(len(keys), np.uint64)) == len(keys)
    found = [made.keys[number] for number in range(len(keys))]
    return ["".join(sign((a > b) - (a < b)) for b in found) for a in found]


def number(dice: Random) -> str:
    """A number; one that is 0 has neither a sign nor a point."""
    digits = dice.choice(["0", str(dice.randrange(1, 10)), str(dice.randrange(10**20))])
    fraction = dice.choice(["", "", ".5", ".25", ".05", ".50", ".125"])
    signs = ["", "-"] if digits != "0" or fraction else [""]
    return dice.choice(signs) + digits + fraction


@pytest.mark.slow
def test_numbers_and_words_compare_as_in_hadoop():
    dice = Random(1)
    questions: list[Question] = []
    for _ in range(SETS):
        options, before, behind = dice.choice(NUMERIC)
        fields = [dice.choice(WORDS) if dice.random() < 0.3 else number(dice) for _ in range(KEYS)]
        # Hadoop takes an empty field at the end of a key for a missing one.
        fields = [field for field in fields if field or behind]
        questions.append((options, [f"{before}{field}{behind}".encode() for field in fields]))
    for (options, keys), theirs in zip(questions, hadoops(questions), strict=True):
        assert ours(options, keys) == theirs, (options, keys)


@pytest.mark.slow
def test_the_model_of_the_order_is_hadoops():
    dice = Random(2)
    questions: list[Question] = [
        (
            dice.choice(ANY),
            [
                bytes(dice.choices(b"001159-..a \t\t\xffx", k=dice.randrange(1, 9)))
                for _ in range(KEYS)
            ],
        )
        for _ in range(SETS)
    ]
    for (options, keys), theirs in zip(questions, hadoops(questions), strict=True):
        order = order_of(options)
        for (i, a), (j, b) in product(enumerate(keys), repeat=2):
            # Two keys that both lack a field are each below the other, or each above it.
            if theirs[i][j] == theirs[j][i] != "=":
                continue
            assert theirs[i][j] == sign(compared(a, b, order)), (options, a, b)


@pytest.mark.slow
def test_hadoops_order_is_none_for_words_beside_other_zeros():
    """The reason why sort keys differ there: docs/hadoop-streaming.md tells of it."""
    words = ["a", "NULL", "-", "-0", "0.0", "0", "."]
    keys = [f"x\t{word}\ty".encode() for word in words]
    tails = [f"x\t{field}\ty".encode() for field in ["1", "1.0", "1.00"]]
    closed, opened = hadoops([("-k2,2n", keys), ("-k2n", tails)])
    by = {(a, b): closed[i][j] for (i, a), (j, b) in product(enumerate(words), enumerate(words))}
    assert {by["a", zero] for zero in ("-", "-0", "0.0", ".")} == {"="}
    assert {by["NULL", zero] for zero in ("-", "-0", "0.0", ".")} == {"="}
    assert {by["0", zero] for zero in ("-", "-0", "0.0")} == {"="}
    assert (by["a", "NULL"], by["a", "0"]) == (">", ">")
    assert opened == ["===", "==<", "=>="]
