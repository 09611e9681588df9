"""Inputs of any size that are the same in each run: English-like text, records to sort, tiny files.

It knows nothing of jobs and measurements.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt

#: The share of "the" among all words of English, about.
COMMONEST = 0.06
VOCABULARY = 60_000
LINE = 70
RECORD = 100
KEY = 10
_WORDS_PER_BLOCK = 1 << 19
_RECORDS_PER_BLOCK = 1 << 16

_ONSETS = [*"bcdfghjklmnprstvwyz", "bl", "br", "ch", "cl", "cr", "dr", "fl", "gr", "pl", "pr"]
_ONSETS += ["sh", "sl", "st", "th", "tr"]
_VOWELS = [*"aeiou", "ea", "ee", "ou"]
_CODAS = ["", "", "", "", *"nrstldm", "ck", "nd", "ng", "st"]


def cached(directory: Path, make: Callable[[Path], None]) -> Path:
    """*directory*, filled by *make* unless an earlier run has done so."""
    if not directory.exists():
        partial = directory.with_name(directory.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        make(partial)
        partial.rename(directory)
    return directory


def write_text(directory: Path, size: int, files: int, seed: int = 1) -> None:
    """*size* bytes of text in *files* inputs of the same length, to within a line each."""
    words = [word.encode() for word in vocabulary(VOCABULARY, seed)]
    chances = word_frequencies(len(words))
    for index in range(files):
        rng = np.random.default_rng([seed, index])
        with (directory / f"{index}.in").open("wb") as out:
            left = size // files
            while block := _text_block(words, chances, left, rng):
                out.write(block)
                left -= len(block)


def _text_block(
    words: list[bytes],
    chances: npt.NDArray[np.float64],
    limit: int,
    rng: np.random.Generator,
) -> bytes:
    """At most *limit* bytes of whole lines; empty if no line fits."""
    count = min(_WORDS_PER_BLOCK, limit)  # no word is shorter than a byte
    chosen = np.searchsorted(np.cumsum(chances), rng.random(count) * chances.sum())
    lengths = np.array([len(word) + 1 for word in words])
    ends = np.cumsum(lengths[chosen])
    # A line ends with the word that crosses the next multiple of LINE.
    breaks = np.diff(ends // LINE, prepend=0) > 0
    tokens = [word + b" " for word in words] + [word + b"\n" for word in words]
    indices = (chosen + len(words) * breaks)[ends <= limit]
    text = b"".join(map(tokens.__getitem__, indices.tolist()))
    return text[: text.rfind(b"\n") + 1]


def vocabulary(count: int, seed: int) -> list[str]:
    """*count* different pronounceable words; the commonest come first and are short."""
    rng = Random(seed)
    words: dict[str, None] = {}  # used as a set that keeps its order
    for rank in range(1, count + 1):
        # English: about two letters in the ten commonest words, seven beyond the ten thousandth.
        length = max(1, round(rng.gauss(1.9 + 0.5 * np.log(rank), 0.6 + 0.1 * np.log(rank))))
        word = _word(length, rng)
        while word in words:
            length += rng.random() < 0.3  # there are only few different short words
            word = _word(length, rng)
        words[word] = None
    return list(words)


def _word(length: int, rng: Random) -> str:
    """*length* letters of random syllables."""
    word = "" if rng.random() < 0.75 else rng.choice(_VOWELS)
    while len(word) < length:
        word += rng.choice(_ONSETS) + rng.choice(_VOWELS) + rng.choice(_CODAS)
    return word[:length] if length > 1 else rng.choice("aeiou")


def word_frequencies(count: int) -> npt.NDArray[np.float64]:
    """The share of each word by rank: Zipf's law with Mandelbrot's shift, 1 / (rank + shift).

    The shift is the one that gives the commonest word its share in English.
    """
    ranks = np.arange(1, count + 1, dtype=np.float64)
    low, high = 0.0, 1e6
    for _ in range(100):
        shift = (low + high) / 2
        weights = 1 / (ranks + shift)
        shares: npt.NDArray[np.float64] = weights / weights.sum()
        low, high = (shift, high) if shares[0] > COMMONEST else (low, shift)
    return shares


def write_records(directory: Path, size: int, files: int, seed: int = 2) -> None:
    """*size* bytes of records in *files* inputs: a random key, TAB, a random value, newline."""
    for index in range(files):
        rng = np.random.default_rng([seed, index])
        left = size // files // RECORD
        with (directory / f"{index}.in").open("wb") as out:
            while left:
                count = min(left, _RECORDS_PER_BLOCK)
                out.write(_records(count, rng))
                left -= count


def _records(count: int, rng: np.random.Generator) -> bytes:
    table = rng.integers(ord("!"), ord("~") + 1, (count, RECORD), dtype=np.uint8)
    table[:, KEY] = ord("\t")
    table[:, -1] = ord("\n")
    return table.tobytes()


def write_one_liners(directory: Path, files: int) -> None:
    """*files* inputs of one record each."""
    for index in range(files):
        (directory / f"{index}.in").write_text(f"key-{index}\tvalue\n")
