"""The parts of a total order have fair shares of a sample, which is evenly spaced."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from hadoopless.coordinator.planning.total_order import (
    bounded,
    fair_boundaries,
    needs_sample,
    sampling_job,
    with_boundaries,
)
from hadoopless.job import JobSpec, SampledKey, Split, TaskReport
from hadoopless.rules import PLAIN_RULES, Partitioner, PartitionRules, Rules

RANGES = Rules(plain=True, partition=PartitionRules(Partitioner.RANGES))

KEYS = st.lists(
    st.tuples(st.binary(max_size=3), st.integers(1, 50)).map(
        lambda pair: SampledKey(pair[0], pair[0], pair[1])
    ),
    max_size=60,
)


def shares(keys: list[SampledKey], borders: tuple[bytes, ...], parts: int) -> list[int]:
    """The weight of each part."""
    found = [0] * parts
    for key in keys:
        found[bisect_right(borders, key.key)] += key.weight
    return found


@given(KEYS, st.integers(2, 12))
def test_fair_shares(keys: list[SampledKey], parts: int) -> None:
    borders = fair_boundaries(keys, parts)
    different = {key.key for key in keys}
    assert list(borders) == sorted(set(borders))
    assert set(borders) <= different
    found = shares(keys, borders, parts)
    assert sum(share > 0 for share in found) == min(parts, len(different))
    if keys:
        heaviest = max(sum(k.weight for k in keys if k.key == key) for key in different)
        # A part is at most half a key below its fair share of the rest, which the later parts
        # divide among them, and at most half a key above.
        divided = sum(1 / others for others in range(1, parts))
        assert max(found) <= max(heaviest, sum(found) / parts + heaviest / 2 * (1 + divided))


@given(KEYS, st.integers(2, 12), st.randoms())
def test_the_order_of_the_sample_does_not_matter(
    keys: list[SampledKey], parts: int, random: object
) -> None:
    shuffled = list(keys)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fair_boundaries(shuffled, parts) == fair_boundaries(keys, parts)


def test_a_key_that_outweighs_all_others_has_a_part_of_its_own() -> None:
    keys = [SampledKey(b"%d" % i, b"%d" % i, 1000 if i == 4 else 1) for i in range(10)]
    borders = fair_boundaries(keys, 4)
    assert borders[:2] == (b"4", b"5")
    assert len(borders) == 3


def test_keys_that_are_equal_for_the_order_stay_together() -> None:
    """The order here: by the length. A border is one of the keys, its sort key is not."""
    keys = [SampledKey(key, b"%d" % len(key)) for key in (b"zz", b"b", b"aa", b"a", b"ccc")]
    assert fair_boundaries(keys, 3) == (b"aa", b"ccc")
    assert fair_boundaries(keys, 9) == (b"aa", b"ccc")
    assert fair_boundaries([], 9) == ()


@pytest.mark.parametrize("parts", range(2, 9))
@pytest.mark.parametrize("count", range(1, 20))
def test_few_keys_of_equal_weight_are_shared_evenly(count: int, parts: int) -> None:
    keys = [SampledKey(b"%02d" % i, b"%02d" % i, 3) for i in range(count)]
    found = [share for share in shares(keys, fair_boundaries(keys, parts), parts) if share]
    assert len(found) == min(count, parts)
    assert max(found) - min(found) <= 3


@pytest.mark.parametrize(
    ("weights", "fair"),
    [
        ([1, 1, 1, 5], [3, 5]),
        ([5, 1, 1, 1], [5, 3]),
        ([3, 1, 1, 3], [4, 4]),
        ([2, 2, 3], [4, 3]),
        ([3, 2, 2], [3, 4]),
        ([4, 5, 3], [4, 8]),
        ([2, 3, 2], [5, 2]),  # as well as [2, 5]
        ([1, 8, 1], [1, 8, 1]),
        ([9, 1, 1, 1, 1, 1], [9, 3, 2]),
        ([1, 1, 1, 1, 1, 9], [4, 1, 9]),
        ([1, 2, 3, 4, 5, 6], [6, 9, 6]),
        ([1, 1, 1, 9], [1, 1, 1, 9]),
    ],
)
def test_few_keys_of_different_weights(weights: list[int], fair: list[int]) -> None:
    keys = [SampledKey(b"%d" % i, b"%d" % i, weight) for i, weight in enumerate(weights)]
    assert shares(keys, fair_boundaries(keys, len(fair)), len(fair)) == fair


def test_large_parts_are_even() -> None:
    keys = [SampledKey(b"%05d" % i, b"%05d" % i) for i in range(10_000)]
    found = shares(keys, fair_boundaries(keys, 7), 7)
    assert max(found) - min(found) <= 1


# The inputs that are read


@pytest.fixture
def spec(tmp_path: Path) -> JobSpec:
    """A job on one large file and a small one."""
    lines = b"".join(b"%07d\n" % i for i in range(500_000))
    (tmp_path / "0.in").write_bytes(lines)
    (tmp_path / "1.in").write_bytes(lines[:80_000])
    splits = (Split("0.in", 0, 2_000_000), Split("0.in", 2_000_000, 2_000_000), Split("1.in"))
    return JobSpec("m", "r", splits, 4, ".", str(tmp_path), combiner="c", job_id="j", rules=RANGES)


def read(spec: JobSpec, splits: tuple[Split, ...]) -> list[bytes]:
    """The bytes that the mappers get."""
    return [
        Path(spec.cwd, piece.path).read_bytes()[piece.start :][: piece.length]
        for split in splits
        for piece in split.pieces
    ]


def test_stretches_are_whole_lines_from_everywhere(spec: JobSpec) -> None:
    job = sampling_job(spec)
    assert job == sampling_job(spec)
    assert (job.num_reducers, job.combiner, job.mapper) == (0, None, "m")
    assert [split.path for split in job.splits] == ["0.in", "1.in"]
    texts = read(spec, job.splits)
    lines = b"".join(texts).splitlines(keepends=True)
    assert all(len(line) == 8 for line in lines)
    of_first = [int(line) for line in b"".join(read(spec, job.splits[:1])).split()]
    assert of_first == sorted(set(of_first))
    assert of_first[0] == 0
    gaps = [b - a for a, b in zip(of_first, [*of_first[1:], 500_000], strict=True)]
    assert max(gaps) < 500_000 / 100
    assert 0.5 < len(b"".join(texts)) / job.sample_bytes < 1.5


def test_small_inputs_are_read_whole(spec: JobSpec) -> None:
    job = sampling_job(replace(spec, splits=(Split("1.in"),)))
    assert job.splits == (Split("1.in"),)


def test_packed_inputs_are_read_from_their_beginning(spec: JobSpec, tmp_path: Path) -> None:
    for name in ("0.in.gz", "1.in.deflate"):
        (tmp_path / name).write_bytes(b"x" * 1_000_000)
    splits = (Split("0.in.gz"), Split("1.in"))
    assert sampling_job(replace(spec, splits=splits)).splits[0] == Split("0.in.gz")
    streaming = replace(spec, splits=(Split("1.in.deflate", 0, 1_000_000),), rules=Rules())
    assert sampling_job(streaming).splits == streaming.splits


def test_many_files(spec: JobSpec, tmp_path: Path) -> None:
    """Each would be a start of the mapper."""
    for i in range(100):
        (tmp_path / f"{i}.txt").write_bytes(b"%d\n" % i)
    splits = tuple(Split(f"{i}.txt") for i in range(100))
    job = sampling_job(replace(spec, splits=splits))
    assert 20 < len(job.splits) <= 32
    assert len({split.path for split in job.splits}) == len(job.splits)


def test_one_long_line_and_nothing_at_all(spec: JobSpec, tmp_path: Path) -> None:
    (tmp_path / "long").write_bytes(b"x" * 1_000_000)
    job = sampling_job(replace(spec, splits=(Split("long"),)))
    assert read(spec, job.splits) == [b"x" * 1_000_000]
    (tmp_path / "empty").touch()
    empty = replace(spec, splits=(Split("empty"),))
    assert sampling_job(empty).splits == (Split("empty"),)


def test_streaming_inputs_are_cut_anywhere(spec: JobSpec) -> None:
    """The readers of streaming jobs find the places where records begin."""
    splits = (Split(f"{spec.cwd}/0.in", 0, 4_000_000),)
    job = sampling_job(replace(spec, splits=splits, rules=replace(RANGES, plain=False)))
    assert {piece.length for piece in job.splits[0].pieces} == {500_000 // 256}
    assert len(job.splits[0].pieces) == 256


# The jobs that need a sample


def test_who_needs_a_sample(spec: JobSpec) -> None:
    assert needs_sample(spec)
    assert not needs_sample(replace(spec, num_reducers=1))
    assert not needs_sample(replace(spec, rules=PLAIN_RULES))
    assert not needs_sample(bounded(spec, [b"x"]))


def test_the_borders_are_a_part_of_the_job(spec: JobSpec) -> None:
    jobs = []

    def run(job: JobSpec) -> list[TaskReport]:
        jobs.append(job)
        return [TaskReport(sample=(SampledKey(b"%d" % i, b"%d" % i),)) for i in range(8)]

    done = with_boundaries(spec, run)
    assert done.rules.partition.boundaries == (b"2", b"4", b"6")
    assert jobs == [sampling_job(spec)]
    assert with_boundaries(done, run) == done
    assert len(jobs) == 1
