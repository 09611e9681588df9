"""Finds the machine code that a wheel brings along: shared libraries that need no compiler.

There is one for each kind of processor. Its name holds a digest of the sources of the kernels, so
a library of other sources is never used. It lies beside this module, or, for a checkout, in a
hadoopless that is installed in the same Python: whoever can write there can write modules as well.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path

from hadoopless.data.machine.cache import MAKERS, MODULES, source_digest

#: The flags by which Linux tells of a level of x86-64. For each level a processor has the flags of
#: the lower ones as well. (x86-64 psABI, "Micro-Architecture Levels"; Linux calls SSE3 pni and
#: LZCNT abm.)
_V2 = {"cx16", "lahf_lm", "popcnt", "pni", "sse4_1", "sse4_2", "ssse3"}
_V3 = _V2 | {"abm", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "movbe"}
#: The kinds of processor that have a library, by machine, the best first, and the flags they need.
TARGETS: Mapping[str, Mapping[str, Set[str]]] = {
    "x86_64": {"x86-64-v3": _V3, "x86-64-v2": _V2},
    "aarch64": {"aarch64": set()},
}
#: The directory of libraries in a package.
_WITHIN = Path(*__name__.split(".")[:-1], "prebuilt")


def targets(machine: str, flags: Collection[str]) -> Sequence[str]:
    """The kinds of processor, the best first, whose code runs on a *machine* with these *flags*."""
    kinds = TARGETS.get(machine, {})
    return tuple(target for target, needed in kinds.items() if needed <= set(flags))


def least_cpu(target: str) -> str:
    """The name that LLVM has for the least processor of the kind *target*."""
    return "generic" if target == "aarch64" else target


def targets_here() -> Sequence[str]:
    """The kinds of processor whose code runs here: none where no wheel has libraries for it."""
    if sys.platform != "linux":
        return ()
    return targets(os.uname().machine, _flags_here())


def _flags_here() -> Collection[str]:
    """The flags of the first processor; none where the system does not tell, as on aarch64."""
    try:
        with open("/proc/cpuinfo", "rb") as file:
            for line in file:
                name, _, value = line.partition(b":")
                if name.strip() == b"flags":
                    return value.decode("ascii", "replace").split()
    except OSError:
        pass
    return ()


def library_name(target: str, modules: Iterable[str] = MODULES) -> str:
    """The name of the library of the kernels in *modules* for the kind of processor *target*."""
    return f"kernels-{source_digest((*modules, *MAKERS))}-{target}.so"


def places(path: Sequence[str] | None = None) -> Iterator[Path]:
    """The directories that may hold libraries: of this package, then of others in *path*."""
    yield Path(__file__).with_name("prebuilt")
    for directory in sys.path if path is None else path:
        if os.path.isabs(directory):
            yield Path(directory, _WITHIN)


def found(
    modules: Iterable[str] = MODULES, directories: Iterable[Path] | None = None
) -> Sequence[Path]:
    """The libraries of the kernels in *modules* for this processor, the best first."""
    there = _there(directories)
    if not there:
        return ()
    names = [library_name(target, modules) for target in targets_here()]
    return [place / name for name in names for place in there if (place / name).is_file()]


def why_none(directories: Iterable[Path] | None = None) -> str:
    """The reason why there is no library of a wheel that can be used."""
    if not targets_here():
        return "no wheel has kernels for this kind of processor"
    if _there(directories):
        return "the kernels of the installed wheel are of other sources"
    return "no wheel with kernels is installed"


def _there(directories: Iterable[Path] | None) -> Sequence[Path]:
    return [place for place in directories or places() if place.is_dir()]
