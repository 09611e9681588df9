"""Libraries of a wheel are chosen by processor and by the sources of the kernels."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from hadoopless.data.machine import cache, prebuilt
from hadoopless.data.machine.prebuilt import TARGETS

LEVELS = TARGETS["x86_64"]
V2, V3 = LEVELS["x86-64-v2"], LEVELS["x86-64-v3"]
#: Flags that say nothing about the level.
OTHERS = {"fpu", "sse2", "avx512f"}


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", V3 | OTHERS, ("x86-64-v3", "x86-64-v2")),
        ("x86_64", V3 - {"movbe"} | OTHERS, ("x86-64-v2",)),
        ("x86_64", V2, ("x86-64-v2",)),
        ("x86_64", V3 - {"popcnt"}, ()),
        ("x86_64", (), ()),
        ("aarch64", (), ("aarch64",)),
        ("riscv64", V3, ()),
    ],
)
def test_the_levels_of_a_processor(
    machine: str, flags: set[str], expected: tuple[str, ...]
) -> None:
    assert prebuilt.targets(machine, flags) == expected


def test_the_processor_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(prebuilt.targets_here()) <= set(TARGETS.get(os.uname().machine, {}))
    monkeypatch.setattr(sys, "platform", "darwin")
    assert prebuilt.targets_here() == ()


def test_names_tell_sources_and_processor() -> None:
    names = {
        prebuilt.library_name(target, modules)
        for target in LEVELS
        for modules in (cache.MODULES, cache.MODULES[1:])
    }
    assert len(names) == 4
    digest = cache.source_digest()
    assert prebuilt.library_name("x86-64-v2") == f"kernels-{digest}-x86-64-v2.so"


def test_a_changed_source_has_another_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "ABOVE", tmp_path)
    digests = set()
    for text in ("1", "2", "1"):
        (tmp_path / "a_module.py").write_text(text)
        digests.add(cache.source_digest(["a_module"]))
    assert len(digests) == 2


def test_libraries_lie_where_modules_would_be_imported_from() -> None:
    own, *others = prebuilt.places(["", "relative", "/a", "/b"])
    assert own == Path(prebuilt.__file__).with_name("prebuilt")
    assert others == [
        Path(top, "hadoopless", "data", "machine", "prebuilt") for top in ("/a", "/b")
    ]


def test_the_best_library_of_these_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prebuilt, "targets_here", lambda: ("x86-64-v3", "x86-64-v2"))
    first, second, missing = tmp_path / "first", tmp_path / "second", tmp_path / "missing"
    for place in (first, second):
        place.mkdir()
        (place / prebuilt.library_name("x86-64-v2")).touch()
        (place / "kernels-0123456789abcdef-x86-64-v3.so").touch()
    places = [missing, first, second]
    low = prebuilt.library_name("x86-64-v2")
    assert prebuilt.found(directories=places) == [first / low, second / low]
    high = second / prebuilt.library_name("x86-64-v3")
    high.touch()
    assert prebuilt.found(directories=places) == [high, first / low, second / low]
    assert prebuilt.found(cache.MODULES[1:], places) == []
    assert prebuilt.found(directories=[missing]) == ()


def test_reasons_for_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prebuilt, "targets_here", lambda: ("x86-64-v2",))
    assert prebuilt.why_none([tmp_path / "missing"]) == "no wheel with kernels is installed"
    assert (
        prebuilt.why_none([tmp_path]) == "the kernels of the installed wheel are of other sources"
    )
    monkeypatch.setattr(prebuilt, "targets_here", tuple)
    assert prebuilt.why_none([tmp_path]) == "no wheel has kernels for this kind of processor"
