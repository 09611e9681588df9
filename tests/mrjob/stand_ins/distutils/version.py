"""Versions in their order."""

import re


class LooseVersion(tuple[int, ...]):
    """The numbers of a version."""

    __slots__ = ()

    def __new__(cls, text: str) -> "LooseVersion":
        return super().__new__(cls, map(int, re.findall(r"\d+", text)))
