"""The command ``hadoop distcp``: a copy by this process, with the words of Hadoop's."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from hadoopless.visible import visible

#: Options that change only how fast or with which attributes Hadoop copies -> its values.
_HARMLESS = {
    **dict.fromkeys(("-i", "-v", "-async", "-direct", "-skipcrccheck", "-useiterator"), 0),
    **dict.fromkeys(("-m", "-bandwidth", "-log", "-strategy", "-numListstatusThreads"), 1),
    **dict.fromkeys(("-blocksperchunk", "-copybuffersize"), 1),
}
#: Options to write over what is there. They copy the contents of directories.
_OVER = ("-update", "-overwrite")
_WRONG_WORDS = 255


def distcp(words: Sequence[str], files: Callable[[Sequence[str]], int]) -> int:
    """Copy as *words* say; *files* runs a command of ``hadoop fs``. Returns the exit code."""
    over = False
    rest = list(words)
    while rest and rest[0].startswith("-"):
        word = rest.pop(0)
        if word in _OVER:
            over = True
        elif word in _HARMLESS:
            del rest[: _HARMLESS[word]]
        elif not word.startswith("-p"):
            print(
                f"distcp: {visible(word)} is not supported here; copy with hadoop fs -cp",
                file=sys.stderr,
            )
            return _WRONG_WORDS
    if len(rest) < 2:
        print("distcp: a source and a target are needed: distcp a b", file=sys.stderr)
        return _WRONG_WORDS
    *sources, target = rest
    if not over:
        return files(["-cp", *sources, target])
    if any(files(["-test", "-d", source]) for source in sources):
        return files(["-cp", "-f", *sources, target])
    made = files(["-mkdir", "-p", target])
    return made or files(["-cp", "-f", *(f"{source.rstrip('/')}/*" for source in sources), target])
