"""The files that go with the programs of a plain job, and the programs' commands on a node.

On a node a program starts in a directory of its own task, in which only shipped files are. So the
program goes along, and so do the arguments that are files, and the modules beside a program of
Python that it imports. All else is named by --files.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hadoopless.coordinator.planning.inputs import words_of
from hadoopless.data.program.commands import Root, resolve
from hadoopless.data.program.start_errors import why_not_run
from hadoopless.engines.hadoop.imports import modules_beside
from hadoopless.engines.hadoop.words import ODD_IN_URI, command_text
from hadoopless.errors import DiskError, InputError

#: The exit code of what cannot be run, with which all troubles of a first line are told.
_NOT_RUN = 127
#: Signs that a program or an argument does not have in its name on a node.
_ODD = re.compile(r"[^A-Za-z0-9._+-]")


class Cargo:
    """The files that go along, by their names in the directories of tasks; nothing is copied yet.

    Programs are looked for from *root*. Where they are not *checked*, a program that is not here is
    taken for one of the nodes.
    """

    def __init__(self, root: Root, *, checked: bool = True) -> None:
        self._root = root
        self._checked = checked
        self._files: dict[str, str] = {}
        #: True if a module of Python is among the files.
        self.has_modules = False

    @property
    def files(self) -> Mapping[str, str]:
        """The path of each file, by its name on a node."""
        return self._files

    def command(self, line: str, what: str) -> str:
        """The command for ``-mapper`` that does on a node what *line* does here.

        Raises InputError and UsageError; *what* names the option.
        """
        try:
            found = resolve(line, self._root, what)
        except InputError:
            if self._checked:
                raise
            return command_text(shlex.split(line), what)
        if trouble := why_not_run(found, _NOT_RUN):
            raise InputError(f"{what}: {line}: {trouble}")
        return command_text(self._on_node(found.argv, _program_of(line, self._root)), what)

    def _on_node(self, argv: Sequence[str], typed: str) -> list[str]:
        """The words *argv* of a program that was *typed* so, as a node has them."""
        program, *rest = argv
        if program == sys.executable and os.path.splitext(typed)[1] == ".py":
            # A file without the run bit, for which any Python of the node does.
            return ["python3", self._program(rest[0]), *map(self._argument, rest[1:])]
        if os.path.isfile(os.path.join(self._root.cwd, typed)) and not _is_installed(typed):
            return [f"./{self._program(program)}", *map(self._argument, rest)]
        return [typed, *map(self._argument, rest)]

    def add_named(self, texts: Iterable[str]) -> None:
        """The files and directories of --files; raises InputError for one that is not there."""
        for text in texts:
            for word in words_of(text, self._root.cwd):
                path = os.path.join(self._root.cwd, word)
                if not os.path.exists(path):
                    raise InputError(f"--files: there is no {word} (looked for {path})")
                path = os.path.normpath(path)
                if ODD_IN_URI.search(os.path.basename(path)):
                    raise InputError(f"--files: Hadoop cannot be given a file of this name: {word}")
                self._add(path, os.path.basename(path))

    def copy_to(self, directory: Path) -> list[Path]:
        """Copy all files into *directory*, programs with run bits; returns the copies."""
        return [_copied(path, directory / name) for name, path in self._files.items()]

    def _program(self, path: str) -> str:
        """The name of the program at *path*, which goes along with the modules beside it."""
        for module in modules_beside(path):
            self._add(module, os.path.basename(module))
            self.has_modules = True
        return self._add(path, _ODD.sub("_", os.path.basename(path)))

    def _argument(self, word: str) -> str:
        path = os.path.join(self._root.cwd, word)
        if not os.path.isfile(path):
            return word
        if path.endswith(".py"):
            return self._program(path)
        return self._add(path, _ODD.sub("_", os.path.basename(path)))

    def _add(self, path: str, name: str) -> str:
        """Note the file at *path*; returns its name, another one where *name* is taken."""
        stem, suffix = os.path.splitext(name)
        number = 1
        while name in self._files and not os.path.samefile(self._files[name], path):
            number += 1
            name = f"{stem}-{number}{suffix}"
        self._files[name] = path
        return name


def _program_of(line: str, root: Root) -> str:
    """The program of the command *line*, as it was typed: all of it where that is a file."""
    return line if os.path.isfile(os.path.join(root.cwd, line)) else shlex.split(line)[0]


def _is_installed(program: str) -> bool:
    """True of ``/usr/bin/python3`` and the like, which nodes have, too."""
    return os.path.isabs(program) and os.path.dirname(program).endswith(("/bin", "/sbin"))


def _copied(path: str, target: Path) -> Path:
    try:
        if os.path.isdir(path):
            shutil.copytree(path, target)
        else:
            shutil.copyfile(path, target)
            executable = os.access(path, os.X_OK) or path.endswith(".py")
            target.chmod(0o755 if executable else 0o644)
    except (OSError, shutil.Error) as error:
        raise DiskError(f"cannot copy {path} for the job: {error}") from error
    return target
