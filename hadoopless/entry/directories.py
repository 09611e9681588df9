"""The current directory and the one for temporary files, with plain errors where there is none."""

from __future__ import annotations

import os
import signal

from hadoopless.errors import DiskError, InputError

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def current_directory() -> str:
    """The current directory; raises InputError when it has been removed."""
    try:
        return os.getcwd()
    except FileNotFoundError as error:
        raise InputError(
            "the current directory has been removed; go to one that is there"
        ) from error


def temporary_directory() -> str:
    """The directory for temporary files, as Python's tempfile finds it.

    Raises DiskError when no directory can be written.
    """
    import tempfile  # only here: it takes time to load

    # A signal that ends the process would leave the file with which tempfile tries a directory.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        return tempfile.gettempdir()
    except FileNotFoundError as error:
        raise DiskError(
            "no directory can be written that temporary files might go to: not TMPDIR, nor /tmp,"
            " /var/tmp and the current directory; set TMPDIR to one that can"
        ) from error
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def not_tmpdir(used: str) -> str | None:
    """The warning that temporary files go to *used* instead of TMPDIR; None where they do not."""
    wanted = os.environ.get("TMPDIR")
    if not wanted or os.path.abspath(wanted) == os.path.abspath(used):
        return None
    return f"TMPDIR={wanted} cannot be written: temporary files go to {used}"


def hidden(path: str | os.PathLike[str]) -> str:
    """The end of a message that nothing is at *path*: who says so, if it is a lack of permission.

    Empty where we may look into all directories above it.
    """
    above = os.path.dirname(os.path.abspath(path))
    while True:
        try:
            os.stat(above)
        except PermissionError:
            above = os.path.dirname(above)
            continue
        except (OSError, ValueError):
            return ""
        looked = not os.path.isdir(above) or os.access(above, os.X_OK)
        return "" if looked else f"; we may not look into {above}: Permission denied"
