"""Knows where the files of this installation lie: in a checkout, or in an installed package.

A checkout has the programs, ``inventory.py`` and the launchers of ``bin/`` at its top. A wheel has
the same files in ``hadoopless/home``, so that no module of theirs gets a common name for itself.
Older Pythons must be able to read this module, because it helps to tell them that they are too old.
"""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.abspath(__file__))
#: The directory that holds the import package.
ABOVE = os.path.dirname(_PACKAGE)
_INSTALLED_HOME = os.path.join(_PACKAGE, "home")
IS_CHECKOUT = not os.path.isdir(_INSTALLED_HOME)
#: The directory with ``coordinator.py``, ``workers.py``, ``inventory.py``, ``bin/`` and ``share/``.
HOME = ABOVE if IS_CHECKOUT else _INSTALLED_HOME


def install_command() -> str:
    """The words to type that install all that running and compiling need."""
    if not IS_CHECKOUT:
        return "pip install 'hadoopless[build]'"
    import shlex  # only here: it takes time to load

    return f"pip install -r {shlex.quote(os.path.join(ABOVE, 'requirements.txt'))}"
