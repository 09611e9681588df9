"""The word count programs on their own, as a shell would run them."""

from __future__ import annotations

import os

import pytest

from tests.oracle import REPOSITORY, oracle, run

MAPPER = "wordcount/mapper.py"
REDUCER = "wordcount/reducer.py"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", b""),
        (b"\n \n\t\n", b""),
        (b"one fish\n", b"one\t1\nfish\t1\n"),
        (b"no final newline", b"no\t1\nfinal\t1\nnewline\t1\n"),
        (b"  a\tb \r\n", b"a\t1\nb\t1\n"),
        (b"One one\n", b"One\t1\none\t1\n"),
        (b"caf\xe9 \xff\xfe \x80\n", b"caf\xe9\t1\n\xff\xfe\t1\n\x80\t1\n"),
        ("Größe žluť\n".encode(), "Größe\t1\nžluť\t1\n".encode()),
        (b"n\0l\n", b"n\0l\t1\n"),
    ],
)
def test_mapper(text, expected):
    assert run([MAPPER], text) == expected


def test_mapper_lower():
    text = "One oNe ÄRGER \udcff\n".encode(errors="surrogateescape")

    assert run([MAPPER, "--lower"], text) == b"one\t1\none\t1\n\xc3\xa4rger\t1\n\xff\t1\n"


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        (b"", b""),
        (b"fish\t1\n", b"fish\t1\n"),
        (b"fish\t1\nfish\t1\none\t1\n", b"fish\t2\none\t1\n"),
        (b"fish\t2\nfish\t40", b"fish\t42\n"),  # counts of a combiner; no final newline
        (b"a\t1\nb\t1\na\t1\n", b"a\t1\nb\t1\na\t1\n"),  # only neighbours are added up
        (b"\xff\t1\n\xff\t1\n", b"\xff\t2\n"),
    ],
)
def test_reducer(pairs, expected):
    assert run([REDUCER], pairs) == expected


@pytest.mark.parametrize("program", [MAPPER, REDUCER])
def test_programs_are_executable(program):
    path = REPOSITORY / program

    assert os.access(path, os.X_OK)
    assert path.read_bytes().startswith(b"#!/usr/bin/env python3\n")


@pytest.mark.parametrize("job", ["fish_jobs", "oas_jobs"])
def test_sample_jobs_count_every_word(job):
    inputs = [path.read_bytes() for path in sorted((REPOSITORY / job).glob("*.in"))]
    (counts,) = oracle([MAPPER], [REDUCER], inputs, 1)
    words, numbers = zip(*(line.split(b"\t") for line in counts.splitlines()), strict=True)

    assert len(inputs) >= 2
    assert list(words) == sorted(set(b" ".join(inputs).split()))
    assert sum(map(int, numbers)) == len(b" ".join(inputs).split())
