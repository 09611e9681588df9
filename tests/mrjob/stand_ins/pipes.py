"""The part of a module that mrjob 0.7.4 needs and Python 3.13 no longer has."""

from shlex import quote

__all__ = ["quote"]
