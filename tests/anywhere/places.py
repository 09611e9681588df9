"""A place for one run under a condition: a job, a HOME and a TMPDIR that belong to an account."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from tests.anywhere import conditions
from tests.anywhere.accounts import Account, other_account, packages, python_for_all
from tests.anywhere.conditions import Condition
from tests.oracle import REPOSITORY
from tests.pools import kill_group
from tests.processes import until

MAPPER = """\
#!/bin/sh
tr -cs a-z '\\n' | sed -n 's/..*/&\t1/p'
"""
REDUCER = """\
#!/bin/sh
cut -f 1 | uniq -c | sed 's/^ *//'
"""
FAILING = """\
#!/bin/sh
cat >&-
echo no luck >&2
exit 3
"""
INPUTS = {"0.in": b"one fish two fish\n", "1.in": b"red fish blue fish\n"}
OUTPUT = b"1 blue\n4 fish\n1 one\n1 red\n1 two\n"
#: Reducers of a streaming job get Hadoop's TextOutputFormat, which ends a key without value so.
STREAMING_OUTPUT = OUTPUT.replace(b"\n", b"\t\n")

_PATIENCE = 60.0  # seconds

_END = "the command has ended"
#: Runs a command and then lists the files that it left, where only its mount namespace shows them.
#: Not among them are the logs of a streaming job that has failed, which stay for a day, and those
#: of the history. One command after the other does so: then the last list is from a time when all
#: had ended. A signal that comes once the command has ended by itself ends none of that.
_WATCHED = f"""\
trap : INT TERM
"$@" 9>&-
code=$?
trap '' INT TERM
{{after}}
flock 9 || exit 125
echo {_END} >&9
find "${conditions.HOME}" ! -type d ! -name filler ! -path '*/userlogs/*' \\
    ! -path '*/jobs/*.jsonl' >&9
find "${conditions.TEMPORARY}" "${conditions.SLASH_TMP}" -mindepth 1 \\
    ! -name filler ! -name 'hadoopless-[0-9]*' ! -path '*/jobs' ! -path '*/jobs/*.jsonl' >&9
exit $code
"""


class Ended(NamedTuple):
    """The end of a command."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def told(self) -> str:
        """All that it wrote, for the message of a test that fails."""
        return f"exit code {self.code}\n" + (self.stdout + self.stderr).decode(
            errors="backslashreplace"
        )


@dataclass(frozen=True)
class Place:
    """The directories of one run."""

    condition: Condition
    account: Account
    base: Path
    job: Path

    @property
    def home(self) -> Path:
        """The account's HOME."""
        return self.base / "home"

    @property
    def temporary(self) -> Path:
        """The account's TMPDIR."""
        return self.base / "tmp"

    def path(self, name: str) -> str:
        """A file or directory of the job as its command line names it."""
        return str(self.job / name) if self.condition.absolute else f"./{name}"

    def run(self, *command: str, **env: str) -> Ended:
        """Run *command*, a program of the checkout with its arguments, in the job's directory."""
        return self.wait(self.begin(*command, **env))

    def begin(self, *command: str, **env: str) -> subprocess.Popen[bytes]:
        """Begin to run *command*, in a process group and a session of its own."""
        return subprocess.Popen(
            self._argv(*command),
            cwd=self.job,
            env={**self._environment(), **env},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def end(self, process: subprocess.Popen[bytes]) -> Ended:
        """Stop what was begun, with SIGTERM."""
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
        return self.wait(process)

    def wait(self, process: subprocess.Popen[bytes]) -> Ended:
        """Wait for the end of what was begun."""
        try:
            stdout, stderr = process.communicate(timeout=_PATIENCE)
        finally:
            kill_group(process)
        return Ended(process.returncode, stdout, stderr)

    def _argv(self, *command: str) -> list[str]:
        """The words that start *command* under the condition."""
        words = [str(REPOSITORY / command[0]), *command[1:]]
        if command[0].endswith(".py"):
            words.insert(0, self._python)
        if not self.condition.same_account:
            words = [
                *self.account.prefix,
                *_shell(f'{self.condition.within or ":"}; exec "$@"'),
                *words,
            ]
        before = f"{{ {self.condition.before or ':'}\n}} 9>&- || exit 125"
        watched = _WATCHED.format(after=self.condition.after)
        words = [*_shell(f'exec 9>> "$HERE_LEFT"\n{before}\n{watched}'), *words]
        namespaces = [
            *(["--mount"] if self.condition.mounts else []),
            *(["--net"] if self.condition.own_network else []),
        ]
        return ["unshare", *namespaces, *words] if namespaces else words

    @property
    def _python(self) -> str:
        python = python_for_all()
        assert python is not None
        return python

    def _environment(self) -> dict[str, str]:
        """The environment of a new account, changed by the condition."""
        env: dict[str, str] = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": str(self.home),
            "TMPDIR": str(self.temporary),
            "PYTHONPATH": packages(),
            "MAPREDUCE_PYTHON": self._python,
            "PYTHONDONTWRITEBYTECODE": "1",
            conditions.HOME: str(self.home),
            conditions.TEMPORARY: str(self.temporary),
            conditions.SLASH_TMP: str(self.base / "slash-tmp"),
            conditions.ACCOUNTS: str(self.base / "passwd"),
            conditions.CHECKOUT: str(REPOSITORY),
            conditions.JOB: str(self.job),
            "HERE_LEFT": str(self.base / "left"),
        }
        for name, value in self.condition.env:
            if value is None:
                env.pop(name, None)
            else:
                env[name] = value
        return env

    def check_nothing_left(self, *outputs: str) -> None:
        """Fail if a process runs on, or if there is a file that is not one of the job's."""
        until(lambda: not self.processes(), lambda: "\n".join(self.processes()))
        assert self.left() == [], self.left()
        made = {str(path.relative_to(self.job)) for path in self.job.rglob("*")}
        assert made == {"in", *(f"in/{name}" for name in INPUTS), *_PROGRAMS, *outputs}, made

    def left(self) -> list[str]:
        """The files that lie in the account's HOME, TMPDIR and /tmp after its last command."""
        lists = (self.base / "left").read_text(errors="surrogateescape")
        return lists.rpartition(f"{_END}\n")[2].splitlines()

    def processes(self) -> list[str]:
        """The command lines of all processes that run in this place."""
        mark = os.fsencode(self.base)
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if mark in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().decode(errors="replace"))
            except OSError:
                pass  # it has ended, or is none of ours
        return found


_PROGRAMS = {"mapper.sh": MAPPER, "reducer.sh": REDUCER, "failing.sh": FAILING}


def _shell(line: str) -> list[str]:
    return ["sh", "-c", line, "sh"]


@contextmanager
def place_for(condition: Condition) -> Iterator[Place]:
    """New directories of another account, with a job in one; all are removed in the end."""
    account = other_account()
    # Not in /tmp, which a condition may cover.
    base = Path(tempfile.mkdtemp(prefix="anywhere-", dir="/var/tmp"))
    try:
        base.chmod(0o755)
        above = base / os.fsdecode(condition.directory)
        place = Place(condition, account, base, above / "job")
        slash_tmp = base / "slash-tmp"
        made = (above, place.job, place.home, place.temporary, slash_tmp)
        for directory in made:
            directory.mkdir()
        slash_tmp.chmod(0o1777)
        _fill(place.job)
        _name(account, base / "passwd")
        if not condition.same_account:
            account.given(above, place.job, place.home, place.temporary, *place.job.rglob("*"))
        yield place
    finally:
        shutil.rmtree(base, ignore_errors=True)


def _fill(job: Path) -> None:
    inputs = job / "in"
    inputs.mkdir()
    for name, data in INPUTS.items():
        (inputs / name).write_bytes(data)
    for name, source in _PROGRAMS.items():
        (job / name).write_text(source)
        (job / name).chmod(0o755)


def _name(account: Account, accounts: Path) -> None:
    """Write a list of *accounts* in which *account* has a name, and a home that is not there."""
    known = Path("/etc/passwd").read_text()
    line = f"somebody:x:{account.uid}:{account.uid}:somebody:/nonexistent/home:/bin/sh\n"
    accounts.write_text(known + line)
