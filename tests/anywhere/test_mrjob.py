"""A job of mrjob under those conditions in which mrjob itself can run, as another account."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.anywhere.accounts import packages, python_for_all
from tests.anywhere.conditions import CONDITIONS, Condition
from tests.anywhere.conftest import skip_where_impossible
from tests.anywhere.places import Place, place_for
from tests.anywhere.told import check_plain_end
from tests.oracle import REPOSITORY

pytestmark = [pytest.mark.cluster, pytest.mark.anywhere]

NAMES = {
    "as it is",
    "account with a name and no HOME",
    "full HOME",
    "TMPDIR that does not exist",
    "tiny TMPDIR",
    "64 descriptors",
    "umask 077",
    "closed stderr",
    "another directory",
    "blanks and newlines in paths",
    "paths that are no UTF-8",
}
WORDS = """\
from mrjob.job import MRJob


class Words(MRJob):
    def mapper(self, _, line):
        for word in line.split():
            yield word, 1

    def reducer(self, word, counts):
        yield word, sum(counts)


if __name__ == "__main__":
    Words.run()
"""


@pytest.fixture(
    params=[condition for condition in CONDITIONS if condition.name in NAMES],
    ids=lambda condition: condition.name,
)
def place(request: pytest.FixtureRequest, compiled_kernels: None) -> Iterator[Place]:
    condition: Condition = request.param
    skip_where_impossible(condition)
    with place_for(condition) as made:
        yield made


def test_every_condition_is_there() -> None:
    assert {condition.name for condition in CONDITIONS} >= NAMES


@pytest.mark.heavy
def test_a_job_of_mrjob(place: Place) -> None:
    script, configuration = place.base / "words.py", place.base / "mrjob.conf"
    script.write_text(WORDS)
    runner = {
        "hadoop_bin": str(REPOSITORY / "bin/hadoop"),
        "hadoop_streaming_jar": "any.jar",
        "bootstrap_mrjob": False,
        "python_bin": python_for_all(),
    }
    configuration.write_text(json.dumps({"runners": {"hadoop": runner}}))
    done = place.run(
        str(script),
        *("-r", "hadoop", f"--conf-path={configuration}"),
        *(str(place.job / "in" / name) for name in ("0.in", "1.in")),
        # mrjob wants to know its user.
        USER="me",
        PYTHONPATH=packages(),
        MAPREDUCE_FS_ROOT=str(place.job / "hdfs"),
    )
    check_plain_end(place, done)
    counted = dict(line.split(b"\t") for line in done.stdout.splitlines())
    assert counted == {
        b'"blue"': b"1",
        b'"fish"': b"4",
        b'"one"': b"1",
        b'"red"': b"1",
        b'"two"': b"1",
    }
