"""Fuzzes what reads foreign bytes, within this process: each kind has right samples, damaged here.

A case may end well or with the errors that its reader promises. Anything else is a finding: another
exception, a file outside its place, memory that is not given back.
"""

from __future__ import annotations

import resource
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.fuzz import answers, event_logs, files, jobs
from tests.fuzz.findings import Case, Tally, chance_of
from tests.fuzz.peers import Liar, lying

#: More than one case may add to the most memory that this process has ever had.
MOST_GROWTH = 256 << 20


#: Makes a case from a server that may answer it, and a directory for its files.
KINDS: Mapping[str, Callable[[Liar, Path], Case]] = {
    "segments": answers.segments_case,
    "answers": answers.answers_case,
    "messages": answers.messages_case,
    "journals": files.journals_case,
    "event logs": event_logs.event_logs_case,
    "properties": files.properties_case,
    "archives": files.archives_case,
    "typed bytes": files.typed_case,
    "sequence files": files.sequence_files_case,
}
#: A case of these takes a second or more.
SLOW_KINDS: Mapping[str, Callable[[Liar, Path], Case]] = {"lying workers": jobs.jobs_case}
ALL_KINDS = {**KINDS, **SLOW_KINDS}


@contextmanager
def prepared(place: Path, kinds: Iterable[str] = ALL_KINDS) -> Iterator[Mapping[str, Case]]:
    """A case of each of *kinds*, ready to run; files are made below *place*."""
    with ExitStack() as stack:
        made = {}
        for kind in kinds:
            room = place / kind.replace(" ", "-")
            room.mkdir()
            made[kind] = ALL_KINDS[kind](stack.enter_context(lying()), room)
        yield made


def run_case(kind: str, case: str, run: Case, tally: Tally) -> None:
    """Run the *case* of *kind*; whatever is wrong with it goes to *tally*."""
    tally.count(kind)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:
        run(chance_of(case))
    except BaseException as error:  # a panic of a library is no Exception
        if isinstance(error, KeyboardInterrupt):
            raise
        tally.add(kind, case, "".join(traceback.format_exception(error)))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) << 10
    if grown > MOST_GROWTH:
        tally.add(kind, case, f"it took {grown:,} bytes of memory")
