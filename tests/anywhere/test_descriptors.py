"""A job with far more files than a process has descriptors."""

from __future__ import annotations

import pytest

from tests.anywhere.conditions import Condition
from tests.anywhere.conftest import skip_where_impossible
from tests.anywhere.places import place_for
from tests.anywhere.told import check_plain_end
from tests.oracle import oracle

pytestmark = [pytest.mark.cluster, pytest.mark.anywhere]

INPUTS = [b"%d\tof all\n" % number for number in range(100)]
REDUCERS = 20


@pytest.mark.usefixtures("compiled_kernels")
def test_a_job_of_many_files() -> None:
    condition = Condition("64 descriptors", within="ulimit -n 64")
    skip_where_impossible(condition)
    with place_for(condition) as place:
        for number, data in enumerate(INPUTS):
            (place.job / f"in/{number:03}.in").write_bytes(data)
        options = ("--inputPath=in/???.in", "--outputPath=out", f"--numReducers={REDUCERS}")
        done = place.run("coordinator.py", "--mapperPath=cat", "--reducerPath=cat", *options)
        check_plain_end(place, done)
        made = [(place.job / f"out/{part}.out").read_bytes() for part in range(REDUCERS)]
    assert made == oracle(["cat"], ["cat"], INPUTS, REDUCERS)
