"""Jobs as users type them, with what must come of them: the cases of ``cases.json``.

Each case has a *name*, the *rule* that it shows, the *source* of that rule (a class or a page of
Hadoop), *files* (path -> text, ``{"base64": …}`` or ``{"repeat": [text, n]}``), the *args* of the
command, ``{cwd}`` standing for the directory that holds the files, and what to *expect*:

- ``rc``: the exit status;
- ``output``: exactly the files of the output directory, without hidden ones; ``compare`` says how:
  ``exact``, ``values-permuted`` (lines of equal keys in any order), ``lines-permuted`` (in each
  file), ``parts-permuted``; ``decompress``: by the ending of the name;
- ``success_marker``, ``output_absent``, ``stdout_contains``, ``stderr_contains``,
  ``stderr_lacks``, ``counters`` and ``counters_absent``.

``not_local`` tells why the local runner of Hadoop cannot show the rule, ``local_args`` what makes
it show it (they go before the others): ``python -m tests.streaming.cases --hadoop`` asks a real
Hadoop.
"""

from __future__ import annotations

import argparse
import base64
import bz2
import gzip
import json
import os
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hadoop.outcome import counters_in, lay_out

_CASES = Path(__file__).with_name("cases.json")

Parts = dict[str, bytes]


@dataclass(frozen=True)
class Case:
    """One job."""

    name: str
    rule: str
    source: str
    files: dict[str, bytes]
    args: tuple[str, ...]
    expect: dict[str, Any]
    env: dict[str, str] = field(default_factory=dict)
    output_dir: str = "out"
    not_executable: tuple[str, ...] = ()
    not_local: str = ""
    local_args: tuple[str, ...] = ()

    def lay_out(self, place: Path) -> None:
        """Write the files into the directory *place*."""
        lay_out(self.files, place)
        for name in self.not_executable:
            (place / name).chmod(0o644)

    def args_in(self, place: Path) -> list[str]:
        """The words of the command in the directory *place*."""
        return [word.replace("{cwd}", str(place)) for word in self.args]

    def problems(self, place: Path, status: int, stdout: str, stderr: str) -> list[str]:
        """All that is not as expected after a run in *place*."""
        found = []
        if status != self.expect["rc"]:
            found.append(f"exit status {status}, expected {self.expect['rc']}")
        found += _wrong_texts(self.expect, stdout, stderr)
        found += self._wrong_output(place / self.output_dir)
        found += _wrong_counters(self.expect, stderr)
        if found:
            found.append(f"stdout:\n{stdout[-1000:]}\nstderr:\n{stderr[-4000:]}")
        return found

    def _wrong_output(self, output: Path) -> Iterator[str]:
        expect = self.expect
        if expect.get("output_absent") and output.exists():
            yield f"{output} exists"
        marker = expect.get("success_marker")
        if marker is not None and (output / "_SUCCESS").exists() != marker:
            yield f"_SUCCESS is there: {not marker}, expected: {marker}"
        if "output" in expect:
            unpack = bool(expect.get("decompress"))
            parts = {
                path.name: unpacked(path) if unpack else path.read_bytes()
                for path in sorted(output.glob("[!._]*"))
                if path.is_file()
            }
            wanted = {name: bytes_of(value) for name, value in expect["output"].items()}
            view = _VIEWS[expect.get("compare", "exact")]
            if view(parts) != view(wanted):
                yield f"output {parts}\n    expected {wanted}"


def _wrong_texts(expect: dict[str, Any], stdout: str, stderr: str) -> Iterator[str]:
    for name, text in (("stdout", stdout), ("stderr", stderr)):
        for part in expect.get(f"{name}_contains", ()):
            if part not in text:
                yield f"{name} lacks {part!r}"
        for part in expect.get(f"{name}_lacks", ()):
            if part in text:
                yield f"{name} contains {part!r}"


def _wrong_counters(expect: dict[str, Any], stderr: str) -> Iterator[str]:
    counters = counters_in(stderr)
    for group, names in expect.get("counters", {}).items():
        for name, wanted in names.items():
            found = counters.get(group, {}).get(name)
            if found != wanted:
                yield f"counter {group!r} {name!r} is {found}, expected {wanted}"
    for group, name in expect.get("counters_absent", ()):
        if name in counters.get(group, {}):
            yield f"counter {group!r} {name!r} is there"


def _keys_and_lines(parts: Parts) -> object:
    return {
        name: ([line.split(b"\t")[0] for line in data.splitlines()], sorted(data.splitlines()))
        for name, data in parts.items()
    }


_VIEWS: dict[str, Callable[[Parts], object]] = {
    "exact": lambda parts: parts,
    "values-permuted": _keys_and_lines,
    "lines-permuted": lambda parts: {n: sorted(data.splitlines()) for n, data in parts.items()},
    "parts-permuted": lambda parts: (sorted(parts), sorted(parts.values())),
}


_UNPACK: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.decompress,
    ".deflate": zlib.decompress,
    ".bz2": bz2.decompress,
}


def unpacked(path: Path) -> bytes:
    """The content of a compressed file."""
    return _UNPACK[path.suffix](path.read_bytes())


def bytes_of(value: Any) -> bytes:
    """The content of a file."""
    if isinstance(value, str):
        return value.encode()
    if "base64" in value:
        return base64.b64decode(value["base64"])
    text, times = value["repeat"]
    return str(text).encode() * int(times)


def load() -> list[Case]:
    """All cases."""
    cases = []
    for raw in json.loads(_CASES.read_text("utf-8")):
        files = {name: bytes_of(value) for name, value in raw.pop("files").items()}
        lists = {name: tuple(value) for name, value in raw.items() if isinstance(value, list)}
        cases.append(Case(**{**raw, **lists, "files": files}))
    return cases


def main() -> int:
    """Run cases by our command, or by a real Hadoop."""
    parser = argparse.ArgumentParser(description="Run the cases of cases.json.")
    parser.add_argument("--hadoop", action="store_true", help="ask a real Hadoop")
    parser.add_argument("-k", default="", metavar="TEXT", help="only cases with TEXT in their name")
    options = parser.parse_args()
    cases = [case for case in load() if options.k in case.name]
    with tempfile.TemporaryDirectory(prefix="cases-") as scratch:
        wrong = 0
        run = _by_hadoop(Path(scratch)) if options.hadoop else _by_us(Path(scratch))
        for case in cases:
            if options.hadoop and (case.not_local or case.env):
                print(f"skipped {case.name}: {case.not_local or 'its environment'}")
                continue
            problems = run(case)
            wrong += bool(problems)
            print("\n    ".join([f"{'FAILED' if problems else 'passed'} {case.name}", *problems]))
    print(f"{wrong} of {len(cases)} cases failed")
    return min(wrong, 1)


def _by_hadoop(scratch: Path) -> Callable[[Case], list[str]]:
    from tests.hadoop.oracle import Hadoop

    hadoop = Hadoop(scratch)
    place = scratch / "cwd"

    def run(case: Case) -> list[str]:
        end = hadoop.run(case.files, [*case.local_args, *case.args_in(place)])
        return case.problems(place, end.status, end.stdout, end.stderr)

    return run


def _by_us(scratch: Path) -> Callable[[Case], list[str]]:
    from tests.streaming.clients import Clients

    clients = Clients(dict(os.environ))

    def run(case: Case) -> list[str]:
        return clients.run(case, scratch / case.name)

    return run


if __name__ == "__main__":
    sys.exit(main())
