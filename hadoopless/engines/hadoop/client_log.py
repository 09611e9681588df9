"""Reads what Hadoop's client writes while a job runs: its names, its counters, why it failed."""

from __future__ import annotations

import re

_JOB = re.compile(r"Running job: (job_\w+)")
_APPLICATION = re.compile(r"\b(application_\d+_\d+)\b")
_SPLITS = re.compile(r"number of splits:(\d+)")
_FAILED = re.compile(r"Job job_\w+ failed with state \w+ due to: (.*)")
#: The messages of exceptions and of log records, without the names of their classes.
_ERROR = re.compile(
    r"(?:^Error: |^Exception in thread \S+ |^java\.lang\.Exception: |\bERROR \S+: |^ERROR: )(.*)"
)
_CLASSES = re.compile(r"^(?:[a-z]\w*\.)+([A-Z]\w*(?:\$\w+)*): ")
_COUNTERS = re.compile(r"Counters: \d+$")
#: The ends of messages that say no more than that there is an error.
_EMPTY = ("Job not successful!", "Streaming Command Failed!")
#: The groups of Hadoop itself.
_ITS_OWN = frozenset(
    (
        *("File System Counters", "Job Counters ", "Map-Reduce Framework", "Shuffle Errors"),
        *("File Input Format Counters ", "File Output Format Counters "),
    )
)


class ClientLog:
    """The facts in the lines of one client, which :meth:`read` is given one by one."""

    def __init__(self) -> None:
        #: The names of the job and its application; "" until they are told.
        self.job = ""
        self.application = ""
        self.maps = 0
        self._failure = ""
        self._errors: dict[str, None] = {}
        self._last = ""
        self._counters: list[tuple[str, str, int]] = []
        self._group: str | None = None

    def read(self, line: str) -> None:
        """Take in a *line* without its end."""
        self._last = line.strip() or self._last
        if self._group is not None and line.startswith("\t"):
            self._read_counter(line)
            return
        self._group = None
        if _COUNTERS.search(line):
            self._group, self._counters = "", []  # of several tables the last one counts
        elif found := _JOB.search(line):
            self.job = found[1]
        elif found := _SPLITS.search(line):
            self.maps = int(found[1])
        elif found := _FAILED.search(line):
            self._failure = found[1]
        elif found := _ERROR.search(line):
            self._note(found[1])
        if found := _APPLICATION.search(line):
            self.application = found[1]

    def _read_counter(self, line: str) -> None:
        name, given, amount = line[2:].rpartition("=")
        if line.startswith("\t\t") and given and amount.lstrip("-").isdigit():
            self._counters.append((self._group or "", name, int(amount)))
        else:
            self._group = line[1:]

    def _note(self, text: str) -> None:
        name = ""
        while found := _CLASSES.match(text):
            name = found[1]
            text = text[found.end() :]
        # A single word needs its class to say anything: UnknownHostException: name-node.
        if name and " " not in text.strip():
            text = f"{name}: {text}"
        if text and text not in _EMPTY:
            self._errors[text] = None

    @property
    def was_submitted(self) -> bool:
        """True if there has been a job."""
        return bool(self.job)

    @property
    def is_local(self) -> bool:
        """True of a job in the client's own process, which ends with that."""
        return self.job.startswith("job_local")

    @property
    def counters(self) -> tuple[tuple[str, str, int], ...]:
        """The counters of programs: (group, name, amount)."""
        return tuple(one for one in self._counters if one[0] not in _ITS_OWN)

    @property
    def reason(self) -> str:
        """The reason why the job has failed, as far as the client tells it."""
        errors = "; ".join(list(self._errors)[:2])
        vague = not self._failure or self._failure == "NA"
        return errors or ("" if vague else self._failure) or self._last

    @property
    def where_more_is_told(self) -> str:
        """The line to type that shows the logs of the tasks; "": there are none."""
        return f"yarn logs -applicationId {self.application}" if self.application else ""
