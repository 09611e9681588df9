"""Memory that was freed goes back to the system, or stays where there is no glibc."""

from __future__ import annotations

import ctypes
from types import SimpleNamespace

import pytest

from hadoopless.wire import freed_memory


def test_the_library_is_asked(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(malloc_trim=asked.append))
    freed_memory.give_back()
    assert asked == [0]


def test_other_libraries_do_not_know_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    freed_memory.give_back()


def test_it_works_here():
    freed_memory.give_back()
