"""The jobs that the tests run, and what these read."""

from __future__ import annotations

import bz2
import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path

from tests.mrjob.runs import JOBS, examples

POEM = """\
the cat and the fish went out to sea
in a beautiful pea-green boat
they took some honey and plenty of money
  wrapped up in a five pound note

the cat looked up to the stars above
and sang to a small guitar
# a remark, that nobody counts
"O lovely fish" \\ O fish, my love
\twhat a beautiful fish you are
Grüße, 猫, œuvre, naïve - and
you are you are what a
beautiful fish you are
the fish sang out loud: unusual, guitar, guitar
"""


@dataclass(frozen=True)
class Case:
    """One job and its arguments, in which {given} is the directory of all files."""

    job: Path
    args: tuple[str, ...] = ()
    #: Arguments for the run on ours alone.
    here: tuple[str, ...] = ()

    def words(self, given: Path, *, here: bool) -> list[str]:
        """All arguments."""
        words = (*self.args, *self.here) if here else self.args
        return [word.replace("{given}", str(given)) for word in words]


def _own(name: str, *args: str, here: tuple[str, ...] = ()) -> Case:
    return Case(JOBS / f"{name}.py", args, here)


def _example(name: str, *args: str, here: tuple[str, ...] = ()) -> Case:
    return Case(examples() / f"mr_{name}.py", args, here)


_POEMS = ("{given}/poem.txt", "{given}/poem.txt.gz", "{given}/poem.txt.bz2")
_DOCS = str(examples() / "docs-to-classify")
_ONE_MAP = ("-D", "mapreduce.job.maps=1")
_ATTEMPTS = ("-D", "mapreduce.map.maxattempts=2", "-D", "mapreduce.reduce.maxattempts=1")

#: Jobs whose output and counters are the same on mrjob's inline runner.
SAME = {
    "three steps": _own(
        "word_ranks", "--more-common-words={given}/more_common.txt", *_POEMS[:2], here=_ONE_MAP
    ),
    "example: word_freq_count": _example("word_freq_count", _POEMS[0]),
    "example: wc": _example("wc", *_POEMS),
    "example: next_word_stats": _example("next_word_stats", _POEMS[0], here=_ONE_MAP),
    "example: most_used_word": _example("most_used_word", _POEMS[0], here=_ONE_MAP),
    "example: count_lines_right": _example("count_lines_right", _POEMS[0]),
    "example: text_classifier": _example(
        "text_classifier",
        "--min-df=1",
        f"{_DOCS}/happiness-milne.txt",
        f"{_DOCS}/to_thee_old_cause-whitman.txt",
        here=_ONE_MAP,
    ),
}

#: Jobs whose tests say what is to come.
OTHERS = {
    "commands and filters": _own("commands", _POEMS[0]),
    "sorted values": _own("sorted_values", _POEMS[0], "-D", "mapreduce.job.reduces=2"),
    "surroundings": _own(
        "surroundings",
        "--look-at=given.txt",
        "--look-at=box/inner/box.txt",
        "--look-at=shelf/shelf.txt",
        "--file={given}/a file.txt#given.txt",
        "--archive={given}/box.tar.gz#box",
        "--dir={given}/shelf#shelf",
        "--setup=. {given}/setup.sh#",
        "--cmdenv=GREETING=Hello-wörld",
        "-D",
        "my.own.property=some value",
        "-D",
        "mapreduce.job.reduces=1",
        "--bootstrap-mrjob",
        "hdfs:///in/*.txt",
        *_ONE_MAP,
    ),
    "whole files": _own("whole_files", *_POEMS[:2]),
    "formats": _own(
        "formats",
        "--libjar={given}/of_no_use.jar",
        "--cleanup=NONE",
        "--cat-output",
        "-o",
        "kept",
        "{given}/pairs.txt",
    ),
    "output kept": _own(
        "failing",
        "--at=end",
        "--no-output",
        "--hadoop-tmp-dir=hdfs:///tmp/for mrjob",
        "-o",
        "hdfs:///kept/by me",
        "hdfs:///in/poem.txt",
    ),
    "example: grep": _example("grep", "--no-conf", "-e", "fish", _POEMS[0]),
    "example: words_containing_u_freq_count": _example(
        "words_containing_u_freq_count", _POEMS[0], *_ONE_MAP
    ),
    "example: count_lines_by_file": _example("count_lines_by_file", *_POEMS[:2]),
    "example: count_lines_wrong": _example("count_lines_wrong", _POEMS[0]),
    "example: log_sampler": _example("log_sampler", "--sample-size=3", _POEMS[0]),
    "example: boom": _example("boom", _POEMS[0], "--bootstrap-mrjob", *_ATTEMPTS, *_ONE_MAP),
    "reducer fails": _own("failing", "--at=reducer", "{given}/boom.txt", *_ATTEMPTS, *_ONE_MAP),
    "bad file": _own("whole_files", "{given}/boom.txt", *_ATTEMPTS),
    "output exists": _own("failing", "--at=end", "-o", "hdfs:///in", "{given}/poem.txt"),
    "unknown class": _example("nick_nack", "{given}/poem.txt"),
}


def lay_out(given: Path) -> None:
    """Write what the jobs read into the new directory *given*."""
    given.mkdir()
    poem = POEM.encode()
    (given / "poem.txt").write_bytes(poem)
    (given / "poem.txt.gz").write_bytes(gzip.compress(poem))
    (given / "poem.txt.bz2").write_bytes(bz2.compress(poem))
    (given / "more_common.txt").write_text("you are\n")
    (given / "boom.txt").write_text("one\ntwo\nboom three\nfour\n")
    (given / "pairs.txt").write_text("a=1\nb=2\na=3\nwithout\nc=4=5\n")
    (given / "a file.txt").write_text("a file\n")
    (given / "setup.sh").write_text("export FROM_SETUP=$(pwd)\n")
    (given / "of_no_use.jar").write_bytes(b"")
    for name in ("shelf", "inner"):
        (given / name).mkdir()
    (given / "shelf" / "shelf.txt").write_text("a shelf\n")
    (given / "inner" / "box.txt").write_text("a box\n")
    with tarfile.open(given / "box.tar.gz", "w:gz") as box:
        box.add(given / "inner", "inner")
