"""Whole jobs of a coordinator whose only worker lies."""

from __future__ import annotations

import subprocess
from pathlib import Path
from random import Random

from tests.fuzz.answers import reply_to
from tests.fuzz.findings import Case
from tests.fuzz.peers import Liar, response
from tests.pools import coordinator_argv

#: The exit codes that the README tells, but those of Ctrl-C and of ports in use.
_EXIT_CODES = range(7)
_PATIENCE = 90


def jobs_case(liar: Liar, place: Path) -> Case:
    """A coordinator runs a job, or says in a few lines why there is no output."""
    job = place / "job"
    job.mkdir()
    for name in ("0.in", "1.in"):
        (job / name).write_text("a b\n")
    options = ["--mapperPath=cat", "--reducerPath=cat", "--jobPath=job", "--numReducers=2"]

    def case(random: Random) -> None:
        oddity = random.choice((0.1, 0.3, 0.6))
        is_healthy = random.random() < 0.8  # otherwise few jobs get any further

        def answer(line: bytes) -> bytes:
            if b"/prove" in line:
                return response(b"", "404 Not Found")
            odd = 0.0 if is_healthy and b"/health" in line else oddity
            return reply_to(random, line, odd)

        liar.answer = answer
        done = subprocess.run(
            coordinator_argv([liar.url], *options, "--workerTimeout=3"),
            cwd=place,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE,
        )
        said = (done.stdout + done.stderr).decode("utf-8", "backslashreplace")
        assert done.returncode in _EXIT_CODES, said
        assert "Traceback" not in said, said
        assert "\x1b" not in said, said
        # The worker has written no output, whatever it says.
        assert done.returncode != 0, said
        assert sorted(path.name for path in job.iterdir()) == ["0.in", "1.in"], said

    return case
