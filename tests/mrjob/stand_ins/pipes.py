"""What mrjob 0.7.4 needs of a module that Python 3.13 no longer has."""

from shlex import quote

__all__ = ["quote"]
