"""The workloads in Python functions on Dask bags, as their users would write them, in processes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Iterable
from itertools import pairwise
from operator import add, ior, itemgetter
from pathlib import Path
from typing import Any

import dask
import dask.bag
from dask.bag import Bag

PAUSE = 1800
_LETTERS = re.compile("[a-z]+")


def words(lines: Bag, partitions: int) -> Bag:
    """Word count: ``word TAB count``."""
    counts = lines.map_partitions(_words).frequencies()
    return counts.map(_joined)


def letters(lines: Bag, partitions: int) -> Bag:
    """Count of words in the format of ``uniq -c``."""
    counts = lines.map_partitions(_letters).frequencies()
    return counts.map(_counted)


def index(lines: Bag, partitions: int) -> Bag:
    """Inverted index: ``word TAB document,document``."""
    pairs = lines.map_partitions(_words_of_documents)
    found = pairs.foldby(itemgetter(0), _with_document, set, ior, set)  # each key's own set
    return found.map(_indexed)


def sessions(lines: Bag, partitions: int) -> Bag:
    """Sessions of each user: ``user TAB sessions``."""
    users = lines.map(_visit).groupby(itemgetter(0), npartitions=partitions)
    return users.map(_sessions)


def identity(lines: Bag, partitions: int) -> Bag:
    """All lines, each partition sorted."""
    keys = lines.map(_key_and_line).groupby(itemgetter(0), npartitions=partitions)
    return keys.map_partitions(_sorted_lines)


def skew(lines: Bag, partitions: int) -> Bag:
    """Sums by key: ``key TAB sum``."""
    sums = lines.map(_number).foldby(itemgetter(0), _with_number, 0, add, 0)
    return sums.map(_joined)


JOBS: dict[str, Callable[[Bag, int], Bag]] = {
    "lines": words,
    "words": words,
    "combiner": words,
    "letters": letters,
    "index": index,
    "sessions": sessions,
    "identity": identity,
    "skew": skew,
    "small": letters,
    "big": letters,
}


def _words(lines: Iterable[str]) -> Iterable[str]:
    return [word for line in lines for word in line.split()]


def _letters(lines: Iterable[str]) -> Iterable[str]:
    return [word for line in lines for word in _LETTERS.findall(line)]


def _words_of_documents(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    pairs = []
    for line in lines:
        document, _, text = line.partition("\t")
        pairs += [(word, document) for word in set(text.split())]
    return pairs


def _joined(pair: tuple[str, int]) -> str:
    return f"{pair[0]}\t{pair[1]}"


def _counted(pair: tuple[str, int]) -> str:
    return f"{pair[1]:7} {pair[0]}"


def _with_document(documents: set[str], pair: tuple[str, str]) -> set[str]:
    documents.add(pair[1])
    return documents


def _indexed(pair: tuple[str, set[str]]) -> str:
    return f"{pair[0]}\t{','.join(sorted(pair[1]))}"


def _visit(line: str) -> tuple[str, int]:
    user, time, _ = line.split("\t")
    return user, int(time)


def _sessions(group: tuple[str, list[tuple[str, int]]]) -> str:
    times = sorted(time for _, time in group[1])
    begun = 1 + sum(later - time >= PAUSE for time, later in pairwise(times))
    return f"{group[0]}\t{begun}"


def _key_and_line(line: str) -> tuple[str, str]:
    return line.partition("\t")[0], line.rstrip("\n")


def _sorted_lines(groups: Iterable[tuple[str, list[tuple[str, str]]]]) -> list[str]:
    return [line for _, pairs in sorted(groups) for _, line in pairs]


def _number(line: str) -> tuple[str, int]:
    key, _, number = line.partition("\t")
    return key, int(number)


def _with_number(total: int, pair: tuple[str, int]) -> int:
    return total + pair[1]


def main() -> None:
    """Run the workload that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("workload", choices=JOBS)
    for name in ("inputs", "output", "temporary"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--split", type=int, required=True)
    parser.add_argument("--maps", type=int, required=True)
    parser.add_argument("--processes", type=int, required=True)
    options = parser.parse_args()
    paths: Any = sorted(map(str, Path(options.inputs).glob("*.in")))
    files = max(1, len(paths) // options.maps)
    with dask.config.set(
        scheduler="processes",
        num_workers=options.processes,
        temporary_directory=options.temporary,
    ):
        # Many files share a partition; a few large ones are cut.
        is_many = len(paths) > 4 * options.maps
        cut = {"files_per_partition": files} if is_many else {"blocksize": options.split}
        lines = dask.bag.read_text(paths, **cut)
        lines_out = JOBS[options.workload](lines, options.processes)
        lines_out.to_textfiles(f"{options.output}/*.part")


if __name__ == "__main__":
    main()
