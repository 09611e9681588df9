"""``python -m tests.fuzz --seconds 3600``: both fuzzers in turn, for as long as you have time."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import traceback
from itertools import count
from pathlib import Path

from tests.fuzz import formats, servers
from tests.fuzz.findings import Tally

#: Seconds that each fuzzer has before it is the other one's turn.
_TURN = 60.0
_JOBS = 5
#: A slow kind has one case for so many of each other one.
_SELDOM = 200


def main() -> int:
    """Fuzz until the time is over; tells findings and numbers. Exit code 1: there were findings."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=3600.0, help="how long (default 3600)")
    parser.add_argument("--seed", type=int, help="of all random numbers (default: a new one)")
    parser.add_argument("--only", choices=[*formats.ALL_KINDS, "servers"], help="one kind alone")
    parser.add_argument("--case", help="only this one of the kind of --only, as a finding names it")
    options = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    tally = Tally()
    end = time.monotonic() + options.seconds
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        if options.case is not None:
            with formats.prepared(Path(place), [options.only]) as cases:
                formats.run_case(options.only, options.case, cases[options.only], tally)
        else:
            _fuzz(Path(place), seed, end, options.only, tally)
    print(tally.told())
    return 1 if tally.findings else 0


def _fuzz(place: Path, seed: int, end: float, only: str | None, tally: Tally) -> None:
    control = None
    for turn in count():
        told = len(tally.findings)
        room = place / str(turn)
        room.mkdir()
        if only != "servers":
            _formats(room, f"{seed}/{turn}", min(end, time.monotonic() + _TURN), only, tally)
        if only in (None, "servers"):
            left = max(5.0, min(_TURN, end - time.monotonic()))
            control = _servers(room, f"{seed}/{turn}", left, control, tally)
        for finding in tally.findings[told:]:
            print(finding)
        print(f"turn {turn}: {tally.cases.total():,} cases so far", flush=True)
        if time.monotonic() > end:
            return


def _formats(room: Path, seed: str, end: float, only: str | None, tally: Tally) -> None:
    """Cases of all kinds in turn, or of the *only* one."""
    with formats.prepared(room, [only] if only else formats.ALL_KINDS) as cases:
        for number in count():
            for kind, run in cases.items():
                if only or kind in formats.KINDS or number % _SELDOM == 0:
                    formats.run_case(kind, f"{seed}/{number}", run, tally)
            if time.monotonic() > end:
                return


def _servers(
    room: Path, seed: str, seconds: float, control: servers.Round | None, tally: Tally
) -> servers.Round | None:
    """A round, after a control if there was none yet; returns the control."""
    try:
        if control is None:
            control = servers.run_round(room / "control", seed, tally, jobs=_JOBS)
        fuzzed = servers.run_round(room / "fuzzed", seed, tally, jobs=_JOBS, seconds=seconds)
        servers.compare(fuzzed, control, tally, seed)
    except Exception:
        tally.add("servers", seed, traceback.format_exc())
    return control


if __name__ == "__main__":
    sys.exit(main())
