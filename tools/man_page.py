"""Writes the page of the manual for ``hadoopless``, in the language of ``man``."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hadoopless import __version__
from tools.command_tree import Node, Option

_ENVIRONMENT = {
    "MAPREDUCE_WORKERS": "URLs of workers with commas between them, in place of the inventory; or"
    " inventory, or embedded.",
    "MAPREDUCE_TOKEN": "The token of a pool on other machines. It is taken out of the environment.",
    "MAPREDUCE_TLS_CERT, MAPREDUCE_TLS_KEY, MAPREDUCE_TLS_CA": "The files of TLS.",
    "MAPREDUCE_FS_ROOT": "The directory that plays HDFS for the commands of Hadoop.",
    "MAPREDUCE_PYTHON": "The Python that runs bin/hadoop.",
    "XDG_CONFIG_HOME, XDG_RUNTIME_DIR, XDG_STATE_HOME, XDG_CACHE_HOME": "The places of settings,"
    " tokens and compiled kernels; each is a directory hadoopless in one of these.",
    "TMPDIR": "The directory for temporary files.",
    "NO_COLOR": "Progress has no colours where it is set.",
}
_FILES = {
    "./hadoopless.toml": "Settings of a project; refused if others can have written it.",
    "~/.config/hadoopless/config.toml": "Settings of a user. Those of a project are stronger.",
}


def man_page(top: Node) -> str:
    """The page; it has no date, so that it is the same whenever it is made."""
    return "\n".join(_lines(top)) + "\n"


def _lines(top: Node) -> Iterator[str]:
    yield '.\\" Made by `make diagrams` from the options of the commands.'
    yield f'.TH HADOOPLESS 1 "" "hadoopless {__version__}" "User Commands"'
    yield ".SH NAME"
    yield "hadoopless \\- run Hadoop Streaming jobs without Hadoop"
    yield ".SH SYNOPSIS"
    yield ".B hadoopless"
    yield ".I COMMAND"
    yield "[\\fIOPTION\\fR ...]"
    yield ".SH DESCRIPTION"
    yield _escaped(
        "A MapReduce: mappers and reducers are any programs that read lines on stdin and write"
        " lines with a key, a TAB and a value on stdout. Without a pool of workers a job starts"
        " workers of its own."
    )
    yield from _commands(top)
    yield from _definitions("ENVIRONMENT", _ENVIRONMENT)
    yield from _definitions("FILES", _FILES)
    yield ".SH SEE ALSO"
    yield ".BR sort (1),"
    yield ".BR xargs (1)"


def _commands(top: Node) -> Iterator[str]:
    yield ".SH COMMANDS"
    for node in top.children:
        yield ".TP"
        yield f".B {_escaped(node.word)}"
        yield _line(node.summary)
    for node in top.children:
        if node.parser is not None:
            yield from _command(node)
        elif node.children:
            yield f".SH HADOOPLESS {node.word.upper()}"
            yield _line(f"{node.summary}; its words:")
            for child in node.children:
                yield from (".TP", f".B {_escaped(child.word)}", _line(child.summary))


def _command(node: Node) -> Iterator[str]:
    yield f".SH HADOOPLESS {node.word.upper()}"
    if node.parser is None:
        return
    yield _line(node.parser.description or "")
    group = None
    for option in node.options:
        if option.group != group:
            group = option.group
            yield f".SS {_escaped(group[:1].upper() + group[1:])}"
        yield from (".TP", _option(option), _line(option.help))
    epilog = node.parser.epilog or ""
    for title, text in re.findall(r"^(\S.*):\n((?:  .*\n?)+)", epilog, re.MULTILINE):
        yield f".SS {_escaped(title[:1].upper() + title[1:])}"
        yield from (".nf", *map(_line, text.rstrip("\n").splitlines()), ".fi")


def _option(option: Option) -> str:
    value = ""
    if option.metavar is not None:
        value = f"=\\fI{_escaped(option.metavar)}\\fR"
    return ", ".join(f"\\fB{_escaped(name)}\\fR" for name in option.names) + value


def _definitions(title: str, told: dict[str, str]) -> Iterator[str]:
    yield f".SH {title}"
    for name, text in told.items():
        yield from (".TP", f".B {_escaped(name)}", _line(text))


def _line(text: str) -> str:
    """*text* as a line of its own, which no request of roff begins."""
    shown = _escaped(text)
    return f"\\&{shown}" if shown[:1] in (".", "'") else shown


def _escaped(text: str) -> str:
    return text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...")
