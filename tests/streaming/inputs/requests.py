"""Requests for inputs, and the files that they name."""

from __future__ import annotations

from pathlib import Path

import pytest

from hadoopless.streaming.exits import StreamingExit
from hadoopless.streaming.inputs.listing import list_inputs
from hadoopless.streaming.inputs.splits import splits_of
from hadoopless.streaming.options.job import parse_request
from hadoopless.streaming.request import Request


def request(cwd: Path, *inputs: str, **properties: object) -> Request:
    """A request for *inputs*; ``__`` in the name of a property stands for a dot."""
    words: list[str] = []
    for name, value in properties.items():
        if name != "inputformat":
            words += ["-D", f"{name.replace('__', '.')}={value}"]
    for one in inputs:
        words += ["-input", one]
    words += [
        "-output",
        "out",
        "-inputformat",
        str(properties.get("inputformat", "TextInputFormat")),
    ]
    return parse_request(words, {"USER": "me"}, str(cwd))


def tree(root: Path, **sizes: int) -> None:
    """Files of so many bytes; ``__`` in a name stands for a slash."""
    for name, size in sizes.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)


def refused(cwd: Path, *inputs: str, **properties: object) -> str:
    one = request(cwd, *inputs, **properties)
    with pytest.raises(StreamingExit) as caught:
        splits_of(list_inputs(one), one)
    assert caught.value.code == 5
    text = caught.value.stderr[0].text
    assert text.startswith("Error Launching job : ")
    return text.removeprefix("Error Launching job : ").replace(str(cwd), "CWD")
