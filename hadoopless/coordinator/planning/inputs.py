"""Finds the files that the values of ``--inputPath`` name, without those of earlier runs."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterable, Sequence, Set
from pathlib import Path

from hadoopless.data.input.splits import named_inputs
from hadoopless.errors import InputError, UsageError
from hadoopless.hdfs import choice
from hadoopless.hdfs.names import is_hdfs
from hadoopless.ui.summary import few

#: Stands for what comes over stdin.
STDIN = "-"

_COMMA = re.compile(r"(?<!\\),")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):/")
_OWN = re.compile(r"(0|[1-9][0-9]*)\.(out|skipped)")
#: Names that mean another file in each process.
_OF_THE_PROCESS = re.compile(r"/dev/(stdin|fd/.*)|/proc/(self|thread-self|[0-9]+)/fd/.*")


def words_of(text: str, cwd: str) -> list[str]:
    """The inputs that *text*, a value of ``--inputPath``, names; commas separate them.

    A comma behind a backslash belongs to a name, and so does each one in the name of a file that
    is there. A leading ``~`` is replaced, which no shell does behind ``--option=``.
    """
    if os.path.exists(os.path.join(cwd, text)):
        return [os.path.join(".", text) if is_hdfs(text) else text]
    words = (word.replace("\\,", ",") for word in _COMMA.split(text) if word)
    return [local_path(os.path.expanduser(word), "the input") for word in words]


def local_path(text: str, what: str) -> str:
    """The path that *text*, a path or a URI, names, or its name in HDFS.

    Raises InputError for other URIs, UsageError.
    """
    found = _SCHEME.match(text)
    if found is None:
        return text
    scheme, rest = found[1].lower(), text[found.end() - 1 :]
    if scheme == "hdfs" and choice.directory():
        from hadoopless.hdfs import settings  # only here: few jobs use HDFS

        return settings.full_name(text)
    if scheme != "file":
        named = (
            f" name its settings by --hadoopConf or {choice.VARIABLE}," if scheme == "hdfs" else ""
        )
        raise InputError(
            f"{what} {text} is in a file system that cannot be read here;{named} copy it to a local"
            " directory, or name it by the path where it is mounted"
        )
    if rest.startswith("//"):
        host, slash, path = rest[2:].partition("/")
        if host not in ("", "localhost"):
            raise InputError(f"{what} {text} is on the machine {host}: file:///… is a local file")
        return slash + path
    return rest


def listed(
    texts: Iterable[str], cwd: str, read_stdin: Callable[[], str], own: OwnOutputs
) -> list[str]:
    """The files that *texts*, values of ``--inputPath``, name, without those that are *own*.

    *read_stdin* gives the path of a file with what comes over stdin. Raises InputError, UsageError.
    """
    lists = [words_of(text, cwd) for text in texts]
    if sum(words.count(STDIN) for words in lists) > 1:
        raise UsageError("--inputPath=- is given twice: stdin can be read once")
    files: list[str] = []
    for words in lists:
        for word in words:
            files += [read_stdin()] if word == STDIN else _files(word, len(words) > 1, cwd, own)
    return files


def _files(word: str, is_of_list: bool, cwd: str, own: OwnOutputs) -> list[str]:
    _check_shared(word, cwd)
    try:
        found = named_inputs([word], cwd, own.note_deeper)
    except InputError as error:
        if is_of_list:
            raise InputError(
                f"{error} (a comma separates inputs; \\, is a comma within a name)"
            ) from error
        raise
    return own.without(word, found)


def _check_shared(word: str, cwd: str) -> None:
    """Raise InputError for a name that means another file in a worker than here."""
    path = os.path.normpath(os.path.join(cwd, word))
    of_process = _OF_THE_PROCESS.fullmatch(path)
    if of_process or _is_pipe(path):
        reason = "it is another file in each process" if of_process else "it is a pipe"
        raise InputError(
            f"cannot read the input {word}: {reason}; write what it gives to a file first, or use -"
            " and give it to stdin: --inputPath=-"
        )


def _is_pipe(path: str) -> bool:
    try:
        return stat.S_ISFIFO(os.stat(path).st_mode)
    except (OSError, ValueError):
        return False


class OwnOutputs:
    """The files of earlier runs among inputs that are named by their directory or by a glob.

    They would be counted as data: ``N.out`` in the output directory and beside files ``*.in``,
    ``N.skipped`` anywhere. It tells what else in an input directory is no input, too.
    """

    def __init__(self, output_dir: str, cwd: str) -> None:
        self._cwd = cwd
        self._output = self._real(output_dir)
        self._left_out: list[str] = []
        #: Directories in input directories; those in which inputs lie.
        self._deeper: list[str] = []
        self._read_in: set[str] = set()
        self._is_input = False

    def without(self, word: str, found: Sequence[str]) -> list[str]:
        """*found*, the files that *word* stands for, without those of earlier runs."""
        path = os.path.join(self._cwd, word)
        self._read_in |= {os.path.dirname(file) for file in found}
        is_directory = is_hdfs(word) or os.path.isdir(path)
        self._is_input = self._is_input or (is_directory and self._real(word) == self._output)
        if os.path.isfile(path) or word.endswith((".out", ".skipped")):
            return list(found)
        job_directories = {os.path.dirname(file) for file in found if file.endswith(".in")}
        old = [file for file in found if self._is_old(file, job_directories)]
        self._left_out += old
        if old and len(old) == len(found):
            raise InputError(f"no input files in {word} but those of an earlier run: {few(old)}")
        return [file for file in found if file not in old]

    def note_deeper(self, directory: str) -> None:
        """Remember a *directory* in an input directory, which does not stand for its files."""
        self._deeper.append(directory)

    def _not_read(self) -> list[str]:
        """The directories in input directories with no input in them or below them."""
        if not self._deeper:
            return []
        read = {self._output}
        for directory in map(self._real, self._read_in):
            read |= {directory, *map(str, Path(directory).parents)}
        return [one for one in self._deeper if self._real(one) not in read]

    def _is_old(self, file: str, job_directories: Set[str]) -> bool:
        directory, name = os.path.split(file)
        match = _OWN.fullmatch(name)
        return match is not None and (
            match[2] == "skipped" or directory in job_directories or self._is_in_output(file)
        )

    def _is_in_output(self, file: str) -> bool:
        return self._real(os.path.dirname(file)) == self._output

    def _real(self, path: str) -> str:
        """The one name of *path*, which other names may stand for."""
        if is_hdfs(path):
            from hadoopless.hdfs import settings  # only here: few jobs have files in HDFS

            return settings.one_name(path, settings.of_process())
        return os.path.realpath(os.path.join(self._cwd, path))

    def overwritten(self, files: Sequence[str], outputs: int) -> list[str]:
        """The ones of *files* that so many *outputs* replace."""
        names = {f"{number}.out" for number in range(outputs)}
        return [file for file in files if self._is_one_of(file, names)]

    def _is_one_of(self, file: str, names: Set[str]) -> bool:
        return os.path.basename(file) in names and self._is_in_output(file)

    def warnings(self) -> list[str]:
        """Lines about what was left out, and about outputs that go where inputs lie."""
        found = []
        if self._left_out:
            found.append(
                "not read, because an earlier run has left them there (to read them, name them):"
                f" {few(self._left_out)}"
            )
        elif self._is_input:
            found.append("the output directory is an input, too; its N.out files are no inputs")
        if deeper := self._not_read():
            more = f" and {len(deeper) - 1} more" if deeper[1:] else ""
            found.append(
                "not read, because an input directory stands for the files right in it (to read"
                f" other directories, name them): {deeper[0]}{more}"
            )
        return found
