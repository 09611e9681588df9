"""Names files that a program did not find though they lie where the job was started."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Collection

#: Part of the message for a missing file [ENOENT] in programs of all languages, in English.
_MISSING = "no such file or directory"
#: A name in such a line, as the shell, Python, Perl, Ruby and awk write it.
_NAME = re.compile(r"[^\s'\"`\u2018\u2019:,()\[\]]+")
_TASK_DIRECTORY = re.compile(r".*/task-[0-9a-f]+/")
#: The directory of one shipped file, where a program looks that asks for its own real path.
_STAGED = re.compile(r".*/mapreduce-files-[^/]+/[0-9]+/")


_BY_NAME = (
    " and open it by its name alone: files that are shipped lie in different directories, and only"
    " links to them in one"
)


def forgotten_hint(stderr: str, directory: str, known: Collection[str]) -> str:
    """A line that names the missing files of *stderr* that are in *directory*; else nothing.

    *known* are names that the job ships or starts: a message often begins with such a name.
    """
    lines = (line for line in stderr.splitlines() if _MISSING in line.lower())
    found_words = [word for line in lines for word in _NAME.findall(line)]
    beside = any(map(_STAGED.match, found_words))
    words = (_STAGED.sub("", _TASK_DIRECTORY.sub("", word)) for word in found_words)
    names = dict.fromkeys(os.path.normpath(word) for word in words if not os.path.isabs(word))
    # A file that lies deeper comes along with its directory.
    shipped = dict.fromkeys(
        name.split("/")[0] for name in names if os.path.isfile(os.path.join(directory, name))
    )
    found = ",".join(name for name in shipped if name != ".." and name not in known)
    if not found:
        return ""
    return (
        "what it did not find is where the job was started; let it go with the job:"
        f" -files {shlex.quote(found)}"
        f"{_BY_NAME if beside else ''}"
    )
