"""Damaged event logs, and the commands that read them."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from random import Random

from hadoopless.commands import explain, logs
from hadoopless.page import report
from tests.fuzz.damage import damaged, odd_json_text
from tests.fuzz.findings import Case
from tests.fuzz.peers import Liar
from tests.page.made_logs import made_events, write_log

#: The exit codes of commands that have found a job, and of those that have found none.
_ENDS = (0, 3)


def event_logs_case(_liar: Liar, place: Path) -> Case:
    """A user looks at a job whose log another process has damaged."""
    path = place / "job.jsonl"
    right = write_log(path, made_events(16, reduces=2)).read_bytes()
    commands = (
        (explain.main, ()),
        (explain.main, ("--workers=3", "--json")),
        (logs.main, ()),
        (logs.main, ("--json",)),
        (report.main, ("-o", str(place / "report.html"))),
        (report.main, (f"--csv={place / 'table.csv'}", f"--perfetto={place / 'trace'}")),
    )

    def odd_lines(random: Random) -> bytes:
        lines = right.splitlines()
        for at in random.sample(range(len(lines)), random.choice((1, 1, 3))):
            lines[at] = odd_json_text(random, json.loads(lines[at]), 0.0)
        return b"\n".join(lines) + b"\n"

    def case(random: Random) -> None:
        path.write_bytes(damaged(random, right) if random.random() < 0.5 else odd_lines(random))
        command, options = random.choice(commands)
        with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
            code = command([str(path), *options])
        assert code in _ENDS, code

    return case
