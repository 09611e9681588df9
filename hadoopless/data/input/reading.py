"""Keeps how far the input of a map attempt was read, for the ledger of its job."""

from __future__ import annotations

from msgspec import Struct, field

#: The bytes [start, end) of an input.
Stretch = tuple[int, int]


class Reading(Struct):
    """The part of a split that was read, as far as the program wanted it."""

    #: Bytes that came from the disk; of lines that were all read, as many as Hadoop would count.
    bytes: int = 0
    #: Records, where they are told apart.
    records: int = 0
    #: For each piece of the split that was read to its end, the places in the file where its first
    #: record begins and its last one ends; of a compressed file, of its packed bytes. Pieces whose
    #: records have no such borders are left out.
    stretches: list[Stretch] = field(default_factory=list)
    #: The program did not want the rest.
    stopped_early: bool = False
