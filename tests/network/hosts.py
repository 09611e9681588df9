"""Hosts for tests: network namespaces with addresses of their own and one shared file system."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.network.switch import Switch
from tests.pools import REPOSITORY, STOP_DEADLINE, kill_group, latest
from tests.processes import until

NAMES = ("one", "two", "three")
#: The variables that the programs on each host need, by its name.
Credentials = Mapping[str, Mapping[str, str]]


class Started:
    """A process that was started on a host; all that it says goes to ``log``."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def said(self) -> str:
        """All that the process has said so far."""
        return self.log.read_text(errors="backslashreplace")

    def until_it_says(self, text: str, times: int = 1, deadline: float = 90.0) -> None:
        """Wait for *text*."""
        until(
            lambda: self.said.count(text) >= times or self.process.poll() is not None,
            lambda: f"no {text!r} from {self.process.args!r} in:\n{self.said}",
            deadline,
        )
        assert self.said.count(text) >= times, self.said

    def end(self, patience: float) -> int:
        """Wait for its end; returns its exit code."""
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            pytest.fail(f"it has not ended within {patience:g} s:\n{self.said}")

    def stop(self) -> int:
        """SIGTERM; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.end(STOP_DEADLINE)


@dataclass
class Host:
    """A namespace; *number* is its port on the switch."""

    number: int
    name: str
    address: str
    namespace: str
    #: Files that only this host has.
    own: Path

    def command(self, *words: str | Path) -> list[str | Path]:
        """The command line that runs *words* here."""
        return ["ip", "netns", "exec", self.namespace, *words]

    @property
    def environment(self) -> dict[str, str]:
        """The environment here: token files of another host are not to be found."""
        places = ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "TMPDIR")
        return {**os.environ, **dict.fromkeys(places, str(self.own))}

    def pull_the_cable(self) -> None:
        """Take the link down, as seen from here and from outside."""
        _ip("-n", self.namespace, "link", "set", "eth0", "down")

    def plug_in(self) -> None:
        """Take the link up again."""
        _ip("-n", self.namespace, "link", "set", "eth0", "up")


class Network:
    """Three hosts on a switch, and a directory that all of them see."""

    def __init__(self, hosts: Sequence[Host], switch: Switch, shared: Path) -> None:
        self.one, self.two, self.three = hosts
        self.switch = switch
        self.shared = shared
        self._started: list[Started] = []

    def start(
        self, host: Host, *words: str | Path, env: Mapping[str, str], cwd: Path | None = None
    ) -> Started:
        """Start a command on *host*, in the shared directory or *cwd*."""
        log = self.shared.parent / f"log-{len(self._started)}-{host.name}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                host.command(*words),
                cwd=cwd or self.shared,
                env={**host.environment, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(Started(process, log))
        return self._started[-1]

    def python(self, host: Host, program: str, *options: str, env: Mapping[str, str]) -> Started:
        """Start one of our programs on *host*."""
        return self.start(host, sys.executable, REPOSITORY / program, *latest(*options), env=env)

    def clear(self) -> None:
        """Let nothing survive a test, neither processes nor bad weather."""
        for started in self._started:
            started.process.terminate()  # so that they remove what is theirs
        for started in self._started:
            with suppress(subprocess.TimeoutExpired):
                started.process.wait(STOP_DEADLINE)
            kill_group(started.process)
        self._started.clear()
        self.switch.heal()
        for host in (self.one, self.two, self.three):
            host.plug_in()


@contextmanager
def network(place: Path) -> Iterator[Network]:
    """A network whose shared directory is below *place*; skips where there may be none."""
    with _namespaces() as spaces, _cables(spaces) as links:
        switch = Switch(links)
        try:
            hosts = []
            for number, (name, space) in enumerate(zip(NAMES, spaces, strict=True)):
                own = place / name
                own.mkdir(mode=0o700)
                hosts.append(Host(number, name, f"192.0.2.{number + 1}", space, own))
            shared = place / "shared"
            shared.mkdir()
            made = Network(hosts, switch, shared)
            try:
                yield made
            finally:
                made.clear()
        finally:
            switch.close()


@contextmanager
def _namespaces() -> Iterator[list[str]]:
    spaces: list[str] = []
    try:
        for name in NAMES:
            space = f"test-{os.getpid()}-{name}"
            try:
                _ip("netns", "add", space)
            except (OSError, subprocess.CalledProcessError) as error:
                pytest.skip(f"network namespaces cannot be made here: {_why(error)}")
            spaces.append(space)
        yield spaces
    finally:
        for space in spaces:
            _ip("netns", "delete", space)


@contextmanager
def _cables(spaces: Sequence[str]) -> Iterator[list[str]]:
    """Cables between this namespace and *spaces*; they go with those."""
    links = []
    for number, space in enumerate(spaces):
        link = f"t{os.getpid()}p{number}"
        try:
            _ip("link", "add", link, "type", "veth", "peer", "name", "eth0", "netns", space)
        except subprocess.CalledProcessError as error:
            pytest.skip(f"virtual cables cannot be made here: {_why(error)}")
        links.append(link)
        # This machine is the cable and takes no part, even if it has one of the addresses.
        _ip("link", "set", link, "addrgenmode", "none", "arp", "off", "up")
        # Each frame is a packet of its own, so that one can be lost alone.
        _ip("-n", space, "link", "set", "eth0", "gso_max_segs", "1")
        _ip("-n", space, "address", "add", f"192.0.2.{number + 1}/24", "dev", "eth0")
        for device in ("eth0", "lo"):
            _ip("-n", space, "link", "set", device, "up")
    yield links


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


def _why(error: OSError | subprocess.CalledProcessError) -> str:
    return str(error if isinstance(error, OSError) else error.stderr).strip()
