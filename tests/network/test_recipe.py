"""The commands of docs/several-machines.md do what the document says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from typing import NamedTuple

import pytest

from tests.network.hosts import Host, Network, Started
from tests.network.jobs import PATIENCE
from tests.oracle import REPOSITORY, oracle

DOCUMENT = REPOSITORY / "docs/several-machines.md"

pytestmark = pytest.mark.timeout(300)


class Step(NamedTuple):
    """A command, and the host on which it runs."""

    host: str
    command: str


def steps() -> list[Step]:
    """All commands of the document, in order."""
    blocks = re.findall(r"^```console\n(.*?)^```$", DOCUMENT.read_text(), re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", "").splitlines()
    return [Step(*line.split("$ ", 1)) for line in lines]


def runnable(command: str) -> str:
    """*command* with this interpreter and the programs of the repository."""
    program = re.fullmatch(r"python3 (\w+\.py)(.*)", command)
    if program is None:
        return command
    path = REPOSITORY / program[1]
    return f"exec {shlex.quote(sys.executable)} {shlex.quote(str(path))}{program[2]}"


def test_the_commands(hosts: Network):
    if b"OpenSSL 3" not in subprocess.run(["openssl", "version"], stdout=subprocess.PIPE).stdout:
        pytest.skip("the document wants OpenSSL 3")
    for directory in ("wordcount", "fish_jobs", "oas_jobs"):
        shutil.copytree(REPOSITORY / directory, hosts.shared / directory)
    by_name: dict[str, Host] = {host.name: host for host in (hosts.one, hosts.two, hosts.three)}
    exported = dict.fromkeys(by_name, "")
    ended, beside = [], list[Started]()
    for name, command in steps():
        if command.startswith("export "):
            exported[name] += f"{command}\n"
            continue
        script = exported[name] + runnable(command.removesuffix(" &"))
        started = hosts.start(by_name[name], "bash", "-c", script, env={})
        if command.endswith(" &"):
            beside.append(started)
            started.until_it_says(" is ready", command.count(":87") or 1)
        else:
            assert started.end(PATIENCE) == 0, started.said
            ended.append(started)
    pools, joined = beside[:2], beside[2:]
    assert [worker.end(PATIENCE) for worker in joined] == [0, 0]
    assert [pool.stop() for pool in pools] == [0, 0]
    assert not any("warning" in one.said for one in (*beside, *ended))
    on_pool, on_joined = ended[-2:]
    assert "on 4 workers" in on_pool.said
    assert "on 2 workers" in on_joined.said
    for job, reducers in (("fish_jobs", 2), ("oas_jobs", 1)):
        inputs = sorted((hosts.shared / job).glob("*.in"))
        expected = oracle(
            [sys.executable, "wordcount/mapper.py"],
            [sys.executable, "wordcount/reducer.py"],
            [path.read_bytes() for path in inputs],
            reducers,
        )
        outputs = [hosts.shared / job / f"{r}.out" for r in range(reducers)]
        assert [path.read_bytes() for path in outputs] == expected
