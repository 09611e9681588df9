"""The conditions in which jobs must run: other accounts, directories that are missing or full.

A condition is a change of the environment, and shell commands that prepare the place before the
command proper starts. Commands that mount something run in a mount namespace of their own, so that
nothing of it is seen outside and nothing of it is left.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The shell commands of a condition find these directories in variables of the same names.
HOME = "HERE_HOME"
TEMPORARY = "HERE_TMP"
#: A directory that plays /tmp, for conditions in which programs turn to that.
SLASH_TMP = "HERE_SLASH_TMP"
#: A list of accounts that names the one of the test.
ACCOUNTS = "HERE_ACCOUNTS"
CHECKOUT = "HERE_CHECKOUT"
JOB = "HERE_JOB"


@dataclass(frozen=True)
class Condition:
    """One way in which an account or a machine differs from that of a developer."""

    name: str
    #: Environment variables, beside PATH, HOME and TMPDIR; None removes one.
    env: tuple[tuple[str, str | None], ...] = ()
    #: Shell commands that run as the user of the tests before the command; they may mount.
    before: str = ""
    #: Shell commands that run as the user of the tests after the command.
    after: str = ":"
    #: True if the condition needs a network of its own.
    own_network: bool = False
    #: Shell commands that run as the account itself, in the same process as the command.
    within: str = ""
    #: The name of the directory in which the job lies.
    directory: bytes = b"place"
    #: True if the job is not in the current directory, so that all its paths are absolute.
    absolute: bool = False
    #: True if the command runs as the user of the tests, who may be root.
    same_account: bool = False
    #: True if nobody can read what the command writes to stderr.
    silent: bool = False
    #: Words that stderr must hold.
    told: bytes = b""

    @property
    def mounts(self) -> bool:
        """True if the condition needs a mount namespace."""
        return "mount " in self.before


def full(directory: str) -> str:
    """Shell commands that put a file system without room on the directory in a variable."""
    fill = f'head -c 1m /dev/zero > "${directory}/filler" 2>&- || true'
    return f'mount -t tmpfs -o size=16k,mode=1777 tmpfs "${directory}" && {{ {fill}; }}'


def read_only(directory: str) -> str:
    """Shell commands that let nobody write to the directory in a variable."""
    return f'mount --bind "${directory}" "${directory}" && mount -o remount,ro,bind "${directory}"'


def _writable(directory: str) -> str:
    return f'mount --bind "${directory}" "${directory}" && mount -o remount,rw,bind "${directory}"'


#: Nothing can be written but the job itself, not even a file in the current directory.
NOWHERE_ELSE = " && ".join(
    (
        "mount --bind /var/tmp /var/tmp",
        "mount -o remount,ro,bind /var/tmp",
        "mount -t tmpfs -o ro tmpfs /tmp",
        _writable(JOB),
    )
)
_OWN_SLASH_TMP = f'mount --bind "${SLASH_TMP}" /tmp'

CONDITIONS = (
    Condition("as it is"),
    Condition("account with a name", before=f'mount --bind "${ACCOUNTS}" /etc/passwd'),
    Condition(
        "account with a name and no HOME",
        env=(("HOME", None),),
        before=f'mount --bind "${ACCOUNTS}" /etc/passwd',
    ),
    Condition("read-only checkout", before=read_only(CHECKOUT), same_account=True),
    Condition("no HOME", env=(("HOME", None),)),
    Condition("HOME that does not exist", env=(("HOME", "/nonexistent/home"),)),
    Condition("read-only HOME", before=read_only(HOME)),
    Condition("full HOME", before=full(HOME)),
    Condition("no TMPDIR", env=(("TMPDIR", None),), before=_OWN_SLASH_TMP),
    Condition(
        "TMPDIR that does not exist",
        env=(("TMPDIR", "/nonexistent/tmp"),),
        before=_OWN_SLASH_TMP,
        told=b"/nonexistent/tmp",
    ),
    Condition(
        "full TMPDIR",
        before=f"{full(TEMPORARY)} && {_OWN_SLASH_TMP}",
        told=b"cannot be written: temporary files go to /tmp",
    ),
    Condition("tiny TMPDIR", before=f'mount -t tmpfs -o size=256k,mode=1777 tmpfs "${TEMPORARY}"'),
    Condition("64 descriptors", within="ulimit -n 64"),
    Condition("umask 000", within="umask 000"),
    Condition("umask 077", within="umask 077"),
    Condition("closed stdin", within="exec <&-"),
    Condition("closed stdout", within="exec >&-"),
    Condition("closed stderr", within="exec 2>&-", silent=True),
    Condition("all streams closed", within="exec <&- >&- 2>&-", silent=True),
    Condition("full stderr", within="exec 2> /dev/full", silent=True),
    Condition("LC_ALL=C", env=(("LC_ALL", "C"), ("LANG", None))),
    Condition("another directory", within="cd /", absolute=True),
    Condition(
        "directory that cannot be read",
        before=f'mkdir -m 711 "${HOME}/../closed"; cd "${HOME}/../closed"',
        absolute=True,
    ),
    Condition("blanks and newlines in paths", directory=b"a place\nof 'mine'"),
    Condition("paths that are no UTF-8", directory=b"pl\xe4ce \xff"),
)
