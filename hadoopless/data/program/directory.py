"""The working directory of one task attempt: made for it, and removed or kept after it."""

from __future__ import annotations

import os
import shlex
import shutil
import uuid
from collections.abc import Iterable, Mapping
from types import TracebackType

from hadoopless.data.program.environment import program_environment
from hadoopless.data.program.stdin import Feeder
from hadoopless.data.program.trees import checked_name, remove_tree
from hadoopless.errors import DiskError, MapReduceError, TaskError

#: A directory with more entries is not shown to tasks: each entry costs each of them some 50 µs.
MOST_BESIDE = 200


class TaskDirectory:
    """A fresh directory with links to the files of the job and a place for temporary ones.

    A context manager. With *keep* the directory stays when the task has failed.
    """

    def __init__(
        self,
        base: str | os.PathLike[str],
        links: Iterable[tuple[str, str]] = (),
        *,
        beside: str = "",
        keep: bool = False,
    ) -> None:
        """*links*: names and absolute targets; of two with one name the later one counts. All that
        is in the directory *beside* has a link, too, unless a file of the job has its name.

        The directory is made within *base* at entering. Raises UsageError; entering DiskError.
        """
        self._links = {checked_name(name): target for name, target in links}
        taken = {name.split("/")[0] for name in self._links}
        self._beside = {
            name: os.path.join(beside, name) for name in entries(beside) if name not in taken
        }
        self._keep = keep
        self.path = os.path.join(os.path.abspath(base), f"task-{uuid.uuid4().hex}")
        #: The directory for TMPDIR, with a name that no file of the job has.
        self.temporary = os.path.join(self.path, _free_name("tmp", {*self._links, *self._beside}))

    def __enter__(self) -> TaskDirectory:
        try:
            os.mkdir(self.path, 0o700)
            os.mkdir(self.temporary, 0o700)
            for name, target in self._links.items():
                link = os.path.join(self.path, name)
                if "/" in name:
                    os.makedirs(os.path.dirname(link), exist_ok=True)
                os.symlink(target, link)
            for name, target in self._beside.items():
                os.symlink(target, os.path.join(self.path, name))
        except OSError as error:
            remove_tree(self.path)
            raise DiskError(
                f"cannot make the directory of a task, {error.filename}: {error.strerror}"
            ) from error
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._keep and isinstance(error, TaskError):
            for name, target in self._links.items():
                _keep_file(os.path.join(self.path, name), target)
            return
        try:
            for name in (*self._links, *self._beside):
                os.unlink(os.path.join(self.path, name))
            os.rmdir(self.temporary)
            os.rmdir(self.path)
        except OSError:
            remove_tree(self.path)  # there is more in it, or less

    @property
    def entering(self) -> str:
        """The shell line that leads into the directory."""
        return f"cd {shlex.quote(self.path)}"

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the programs that run in the directory."""
        return {"TMPDIR": self.temporary, "PWD": self.path}

    def replay(
        self,
        command: str,
        environment: Mapping[str, str],
        source: Feeder,
        cwd: str | None = None,
    ) -> str:
        """Keep what is needed to run *command* again, here or in *cwd*; returns the shell line.

        *environment* holds the variables besides ours, *source* writes the input.
        """
        cwd = cwd or self.path
        name = _free_name("again", os.listdir(self.path))
        directory = os.path.join(self.path, name)
        try:
            os.mkdir(directory, 0o700)
            with open(os.path.join(directory, "input"), "wb") as target:
                source(target.fileno())
            variables = program_environment({**environment, "PWD": cwd})
            script = os.path.join(directory, "run.sh")
            with open(script, "w", encoding="utf-8", errors="surrogateescape") as file:
                file.write(_script(command, cwd, variables, f"{directory}/input"))
        except (OSError, MapReduceError):
            return self.entering  # the failure of the program is the one to tell
        return f"sh {shlex.quote(script)}"


def entries(directory: str) -> list[str]:
    """The names in *directory*; none where it cannot be read, or has more than MOST_BESIDE."""
    if not directory:
        return []
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return names if len(names) <= MOST_BESIDE else []


def _keep_file(link: str, target: str) -> None:
    """Replace *link* by its *target*: the files of a job are removed at its end.

    Files get a second name rather than a copy; a directory of another file system stays a link.
    """
    try:
        if os.readlink(link) != target:
            return  # the program has put another file there
        beside = f"{link}.kept"
        if os.path.isdir(target):
            if os.stat(target).st_dev != os.stat(os.path.dirname(link)).st_dev:
                return
            shutil.copytree(target, beside, symlinks=True, copy_function=_second_name)
        else:
            _second_name(target, beside)
        os.unlink(link)
        os.rename(beside, link)
    except OSError:
        pass  # the link may be enough


def _second_name(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target


def _script(command: str, directory: str, variables: Mapping[str, str], source: str) -> str:
    settings = [shlex.quote(f"{name}={value}") for name, value in sorted(variables.items())]
    return "\n".join(
        [
            "# Runs one program of a task again: where it ran, with its environment and input.",
            f"cd {shlex.quote(directory)} || exit",
            # Some names of variables cannot be exported by a shell.
            *(f"{line} \\" for line in ["exec env -i", *settings]),
            f"{command} < {shlex.quote(source)}",
            "",
        ]
    )


def _free_name(wanted: str, taken: Iterable[str]) -> str:
    names = {name.split("/")[0] for name in taken}
    name, number = wanted, 0
    while name in names:
        number += 1
        name = f"{wanted}-{number}"
    return name
