"""The wheel for Linux on aarch64, built on x86-64."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from hadoopless.data.machine import prebuilt
from tests.package.installed import build_wheel

pytestmark = [
    pytest.mark.heavy,
    pytest.mark.timeout(900),  # all kernels are compiled
    pytest.mark.skipif(
        sys.platform != "linux" or os.uname().machine not in prebuilt.TARGETS,
        reason="no wheel is built on this kind of machine",
    ),
]
#: The number of AArch64 in the header of an ELF file, and its place there.
EM_AARCH64 = (183).to_bytes(2, "little")
E_MACHINE = slice(18, 20)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("aarch64") / "dist", "aarch64")


def test_it_has_a_library_for_that_machine(wheel: Path) -> None:
    assert wheel.name.endswith("-py3-none-manylinux_2_17_aarch64.whl")
    with ZipFile(wheel) as files:
        (library,) = [name for name in files.namelist() if name.endswith(".so")]
        assert Path(library).name == prebuilt.library_name("aarch64")
        assert files.read(library)[E_MACHINE] == EM_AARCH64
