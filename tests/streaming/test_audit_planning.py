"""What the planning of a job refuses that no option shows yet."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from mapreduce.streaming.log import Log
from mapreduce.streaming.notices import StreamingExit
from mapreduce.streaming.options import parse_request
from mapreduce.streaming.planning import plan


def test_an_output_below_a_file_fails_the_job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in.txt").write_text("a\n")
    words = ["-input", "in.txt", "-output", "in.txt/out", "-mapper", "cat", "-reducer", "cat"]
    request = parse_request(words, lambda name, package: None, {"USER": "me"}, str(tmp_path))
    with ExitStack() as stack, pytest.raises(StreamingExit) as caught:
        plan(request, {}, Log(), stack)
    assert caught.value.code == 1
    assert "Job not successful!" in str(caught.value)
