"""The modes of what programs here make, under the widest and the narrowest umask."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.anywhere.conditions import Condition
from tests.anywhere.conftest import skip_where_impossible
from tests.anywhere.places import Place, place_for
from tests.anywhere.told import check_plain_end, job_options, streaming_options
from tests.pools import all_answer, free_ports

pytestmark = [pytest.mark.cluster, pytest.mark.anywhere]

#: Tells the modes of its directory and of the one for temporary files.
TELLING = """\
#!/bin/sh
cat >&-
stat -L -c '%a' . "$TMPDIR"
"""


@pytest.fixture(params=["000", "077"])
def place(request: pytest.FixtureRequest, compiled_kernels: None) -> Iterator[Place]:
    condition = Condition(f"umask {request.param}", within=f"umask {request.param}")
    skip_where_impossible(condition)
    with place_for(condition) as made:
        yield made


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_outputs_have_the_modes_that_the_user_wants(place: Place) -> None:
    mask = int(place.condition.name.split()[1], 8)
    done = place.run("coordinator.py", *job_options(place, "--outputPath=made/out"))
    check_plain_end(place, done)
    assert mode_of(place.job / "made/out/0.out") == 0o666 & ~mask
    for directory in ("made", "made/out"):
        assert mode_of(place.job / directory) == 0o777 & ~mask


def test_outputs_of_hadoop_have_the_modes_of_its_own_mask(place: Place) -> None:
    done = place.run("bin/hadoop", *streaming_options(place))
    check_plain_end(place, done)
    assert mode_of(place.job / "out") == 0o755
    assert mode_of(place.job / "out/part-00000") == 0o644


def test_secrets_and_directories_of_tasks_are_the_users_alone(place: Place) -> None:
    urls = [f"http://127.0.0.1:{port}" for port in free_ports(1)]
    (place.job / "mapper.sh").write_text(TELLING)
    pool = place.begin("workers.py", f"--workers={urls[0]}")
    try:
        assert all_answer(pool, urls), place.end(pool).told
        (tokens,) = place.home.rglob("*.token")
        assert mode_of(tokens) == 0o600
        assert mode_of(tokens.parent) == 0o700
        words = streaming_options(place)
        done = place.run("bin/hadoop", *words, MAPREDUCE_WORKERS=urls[0])
        check_plain_end(place, done)
    finally:
        place.end(pool)
    told = (place.job / "out/part-00000").read_bytes()
    assert told == b"4 700\t\n"
