"""mrjob's ``-r hadoop`` on this project's ``bin/hadoop``: its jobs run and end as elsewhere."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest

from tests.mrjob.cases import OTHERS, POEM, SAME, Case, lay_out
from tests.mrjob.runs import JOBS, MRJob, Outcome
from tests.pools import OurPoolFactory

pytestmark = pytest.mark.cluster

#: Jobs that run at the same time on the same workers.
AT_ONCE = 3


@dataclass(frozen=True)
class Ran:
    """A case that has run on ours, and beside it on a runner of mrjob, if there is one for it."""

    here: Outcome
    beside: Outcome | None
    #: The working directory, and the one that plays HDFS.
    place: Path
    hdfs: Path


Runs = Callable[[str], Ran]


@pytest.fixture(scope="module")
def ran(request: pytest.FixtureRequest, our_pool: OurPoolFactory) -> Iterator[Runs]:
    """Gives what became of a case; all cases begin to run at once."""
    with our_pool(2) as pool, ThreadPoolExecutor(AT_ONCE) as threads:
        given, hdfs = pool.root / "given", pool.root / "hdfs"
        lay_out(given)
        (hdfs / "in").mkdir(parents=True)
        shutil.copy(given / "poem.txt", hdfs / "in")
        environment = {
            "MAPREDUCE_WORKERS": ",".join(pool.urls),
            "MAPREDUCE_FS_ROOT": str(hdfs),
            "MAPREDUCE_PYTHON": sys.executable,
            "USER": "me",
        }

        def run(name: str, case: Case) -> Ran:
            place = pool.root / name.replace(" ", "_").replace(":", "")
            place.mkdir()
            mrjob = MRJob(place, environment)
            here = mrjob.run("hadoop", case.job, case.words(given, here=True))
            beside = None
            if name in SAME:
                beside = mrjob.run("inline", case.job, case.words(given, here=False))
            return Ran(here, beside, place, hdfs)

        futures: dict[str, Future[Ran]] = {}
        for name, case in (SAME | OTHERS).items():
            futures[name] = threads.submit(run, name, case)
        yield lambda name: futures[name].result()
        threads.shutdown(cancel_futures=True)


@pytest.mark.parametrize("name", SAME)
def test_same_as_elsewhere(name: str, ran: Runs):
    here, beside = ran(name).here, ran(name).beside
    assert beside is not None
    assert beside.status == 0, beside.stderr
    assert here.status == 0, here.stderr
    assert here.lines == beside.lines
    assert here.own_counters == beside.own_counters


def succeeded(ran: Ran) -> Outcome:
    assert ran.here.status == 0, ran.here.stderr
    return ran.here


def failed(ran: Ran) -> str:
    """The text that mrjob shows as the probable cause."""
    assert ran.here.status == 1, ran.here.stdout
    assert ran.here.cause, ran.here.stderr
    return ran.here.cause


def test_commands_and_filters(ran: Runs):
    lines = [line for line in POEM.splitlines() if not line.startswith("#")]
    words = Counter(word for line in lines for word in line.split())
    expected = [f"= {json.dumps(word).upper()}\t{count}" for word, count in words.items()]
    assert succeeded(ran("commands and filters")).lines == sorted(expected)


def test_values_come_sorted_and_keys_in_an_order_of_their_own(ran: Runs):
    following: dict[str, list[str]] = {}
    for line in POEM.splitlines():
        for word, next_word in pairwise(line.split()):
            following.setdefault(word, []).append(next_word)
    expected = []
    for word, words in following.items():
        words.sort(key=str.encode)
        expected.append((len(word), f"{word} {words[0]} {words[-1]} {len(words)}"))
    expected.sort(key=lambda pair: (-pair[0], pair[1].encode()))
    out = succeeded(ran("sorted values"))
    # Hadoop ends a line that is a key as a whole with a TAB.
    assert out.stdout.splitlines() == [f"{length}\t{text}\t" for length, text in expected]


def test_tasks_find_their_surroundings(ran: Runs):
    found = succeeded(ran("surroundings")).pairs
    expected = {
        "given.txt": "a file",
        "box/inner/box.txt": "a box",
        "shelf/shelf.txt": "a shelf",
        "files": ["common_words.txt", "given.txt"],
        "GREETING": "Hello-wörld",
        "reduces": "1",
        "own": "some value",
    }
    assert {name: found.get(name) for name in expected} == expected
    assert Path(str(found["FROM_SETUP"])).name.startswith("task-")


def test_mappers_get_whole_files(ran: Runs):
    size = [len(POEM.encode()), POEM.count("\n")]
    assert succeeded(ran("whole files")).pairs == {"poem.txt": [size], "poem.txt.gz": [size]}


def test_formats_of_hadoop(ran: Runs):
    formats = ran("formats")
    assert succeeded(formats).lines == ["a: 1, 3", "b: 2", "c: 4=5", "without: "]
    home = formats.hdfs / "user" / "me"
    (kept,) = (home / "kept").glob("part-*")
    assert gzip.decompress(kept.read_bytes()) == formats.here.stdout.encode()
    # Nothing was to be cleaned up.
    (shipped,) = (home / "tmp" / "mrjob").glob("formats.*/files/wd/formats.py")
    assert shipped.read_text() == (JOBS / "formats.py").read_text()


def test_example_grep(ran: Runs):
    # This one has no configuration: mrjob looks for all it needs, beginning in $PATH.
    expected = [line for line in POEM.splitlines() if "fish" in line]
    assert succeeded(ran("example: grep")).lines == sorted(expected)


def test_example_words_containing_u(ran: Runs):
    words = re.findall(r"[\w']*u[\w']*", POEM, re.IGNORECASE)
    pairs = succeeded(ran("example: words_containing_u_freq_count")).pairs
    assert pairs == Counter(word.lower() for word in words)


def test_example_count_lines_by_file(ran: Runs):
    lines = succeeded(ran("example: count_lines_by_file")).pairs
    names = {str(uri).rpartition("/")[2]: count for uri, count in lines.items()}
    assert names == dict.fromkeys(["poem.txt", "poem.txt.gz"], POEM.count("\n"))
    assert all(str(uri).startswith("hdfs://") for uri in lines)


def test_example_count_lines_wrong(ran: Runs):
    # Each map tells its own number, that is what is wrong with it.
    numbers = [int(line.split()[1]) for line in succeeded(ran("example: count_lines_wrong")).lines]
    assert sum(numbers) == POEM.count("\n")


def test_example_log_sampler(ran: Runs):
    lines = succeeded(ran("example: log_sampler")).lines
    assert len(lines) == 3
    assert set(lines) <= set(POEM.splitlines())


def test_example_boom(ran: Runs):
    cause = failed(ran("example: boom"))
    assert "Traceback (most recent call last):" in cause
    assert "Exception: BOOM" in cause
    assert re.search(r"while reading input from .* of hdfs://\S+/files/poem.txt", cause)
    assert ran("example: boom").here.counters[0]["Job Counters"]["Failed map tasks"] == 2


def test_failing_reducer(ran: Runs):
    cause = failed(ran("reducer fails"))
    assert "ValueError: cannot reduce boom three" in cause
    # The counters of the maps are shown, too.
    assert ran("reducer fails").here.own_counters == [{"lines": {"mapped": 4}}]


def test_failing_mapper_of_whole_files(ran: Runs):
    cause = failed(ran("bad file"))
    assert "ValueError: this file is bad" in cause
    assert re.search(r"while reading input from hdfs://\S+/files/boom.txt", cause)


def test_output_may_stay_where_it_is(ran: Runs):
    kept = ran("output kept")
    assert succeeded(kept).stdout == ""
    output = kept.hdfs / "kept" / "by me"
    assert sorted(path.name for path in output.iterdir()) == ["_SUCCESS", "part-00000"]
    assert len((output / "part-00000").read_text().splitlines()) == len(set(POEM.splitlines()))
    assert list((kept.hdfs / "tmp" / "for mrjob").iterdir()) == []


def test_output_that_exists_is_not_overwritten(ran: Runs):
    here = ran("output exists").here
    assert here.status == 1
    assert re.search(r"Output directory hdfs://\w*/in already exists", here.stderr)


def test_classes_of_jars_are_refused(ran: Runs):
    here = ran("unknown class").here
    assert here.status == 1
    assert "class not found : nicknack.MultipleValueOutputFormat" in here.stderr
    assert "classes in jars (-libjars) are not loaded" in here.stderr
