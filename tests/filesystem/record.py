"""Asks a real Hadoop anew what it answers to the command lines in recorded.json, and keeps that.

    python -m tests.filesystem.record hadoop fs

It must run with local files as its default file system, by a user and a group called root.
"""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.filesystem.samples import RECORDED, ZONE, Step, build, left, normalised, scenarios


def answered(step: Step, command: list[str], root: Path) -> dict[str, Any]:
    """*step* with the answer of *command*."""
    done = subprocess.run(
        [*command, *step.words(root)],
        input=step.stdin.encode(),
        capture_output=True,
        cwd=root,
        env={**os.environ, "TZ": ZONE, "LC_ALL": "C.UTF-8"},
    )
    out = normalised(done.stdout, root, unordered=step.unordered)
    err = normalised(done.stderr, root, unordered=step.unordered)
    new = dataclasses.replace(step, code=done.returncode, out=out, err=err)
    plain = dataclasses.asdict(new)
    return {name: value for name, value in plain.items() if value != "" or name == "line"}


def main(command: list[str]) -> None:
    """Records all scenarios again."""

    def recorded(steps: list[Step]) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as base:
            root = Path(base) / "root"
            build(root)
            answers = [answered(step, command, root) for step in steps]
            return {"steps": answers, "left": left(root)}

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        found = list(pool.map(recorded, [steps for steps, _ in scenarios()]))
    RECORDED.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
