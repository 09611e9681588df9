"""One property of a job: a row of the tables in :mod:`hadoopless.streaming.properties.tables`."""

from __future__ import annotations

from msgspec import Struct


class Property(Struct, frozen=True):
    """A property by its name of today; its older names are in ``deprecated.py``."""

    #: ``*`` at its end stands for anything.
    name: str
    #: The value that counts when nobody gives one; empty: none.
    default: str
    #: The module that reads the property, or tells programs of it, as a path within the package.
    #: Empty: none does.
    where: str
    #: A sentence for users. Of a property without effect: the reason, to stand in parentheses.
    meaning: str
    #: Hadoop's mapred-default.xml has the default, so programs find it in their environment.
    listed: bool = False
