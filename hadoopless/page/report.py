"""``hadoopless report``: the page of a job in one file, a trace, a table of attempts."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from hadoopless.entry.telling import check_told
from hadoopless.errors import DiskError, InputError, MapReduceError, UsageError
from hadoopless.history import store
from hadoopless.history.reading import Tail, check_schema
from hadoopless.history.store import shown_time
from hadoopless.page.csv_file import csv_lines
from hadoopless.page.feed import compressed, packed
from hadoopless.page.figures import compared
from hadoopless.page.html import views
from hadoopless.page.html.document import data_parts, document
from hadoopless.page.html.flame import profile_beside
from hadoopless.page.html.markup import Html
from hadoopless.page.html.views import status_of
from hadoopless.page.html.what_if import what_if
from hadoopless.page.jobs import Jobs, key_of
from hadoopless.page.perfetto import trace
from hadoopless.page.report_options import new_parser
from hadoopless.page.sheet import Sheet
from hadoopless.visible import visible


def main(words: Sequence[str]) -> int:
    """Write the files that *words* name; returns the exit code."""
    try:
        options = new_parser().parse_args(words)
        wanted: list[tuple[str, Callable[[Sheet, Path], Iterable[bytes]]]] = [
            (options.output, _report),
            (options.perfetto, lambda sheet, _: trace(sheet.course)),
            (options.csv, lambda sheet, _: (line.encode() for line in csv_lines(sheet.course))),
        ]
        if not any(name for name, _ in wanted):
            raise UsageError("name a file to write: -o FILE.html, --perfetto FILE or --csv FILE")
        path = store.find(options.job).path
        sheet = read_sheet(path)
        for name, make in wanted:
            if name:
                _write(name, make(sheet, path))
    except MapReduceError as error:
        print(f"hadoopless report: {visible(str(error))}", file=sys.stderr)
        return error.exit_code
    return 0


def read_sheet(path: Path) -> Sheet:
    """The sheet of the job whose log is at *path*; InputError if it is no event log."""
    sheet = Sheet()
    with Tail(path) as tail:
        for event in tail.events():
            sheet.take(event)
    check_schema(path, sheet.course)
    return sheet


def _report(sheet: Sheet, path: Path) -> Iterator[bytes]:
    status = status_of(sheet.course, store.runs(path))
    data = compressed(packed(sheet, {"parts": data_parts(sheet, status)}), small=True)
    config = {"mode": "report"}
    more = {
        "compare": _comparison(sheet, path),
        "profile": profile_beside(path),
        "what_if": what_if(key_of(path), sheet.grid()),
    }
    yield document(sheet, status, config, data=data, **more).encode()


def _comparison(sheet: Sheet, path: Path) -> Html | None:
    """The job beside the last earlier run of its programs."""
    jobs = Jobs([path])
    found = jobs.earlier(key_of(path), sheet.course.job) if sheet.course.job else []
    if not found:
        return None
    try:
        course = jobs.course(found[0].path)
    except (InputError, OSError):
        return None  # it was removed in this moment, or is too long
    before = shown_time(found[0].began.time)
    return views.comparison(compared(course, sheet.course), before, "this run")


def _write(name: str, pieces: Iterable[bytes]) -> None:
    """Write *pieces* beside the file, then rename; - is stdout. Raises DiskError."""
    if name == "-":
        sys.stdout.flush()
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        check_told()
        return
    path = Path(name)
    if path.exists() and not path.is_file():  # a pipe or a device of the user
        _write_into(name, pieces)
        return
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(
            dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            temporary = file.name
            file.writelines(pieces)
        # The file has tmpfile's mode; the user's mask is for this one.
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        if temporary is not None:
            with suppress(OSError):
                os.unlink(temporary)
        raise DiskError(f"cannot write {name}: {error.strerror}") from error


def _write_into(name: str, pieces: Iterable[bytes]) -> None:
    try:
        with open(name, "wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise DiskError(f"cannot write {name}: {error.strerror}") from error
