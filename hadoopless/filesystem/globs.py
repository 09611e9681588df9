"""Hadoop's patterns for file names [GlobExpander, GlobPattern]; knows no file system.

A pattern is expanded where a brace holds a slash, cut at slashes, and each component is matched
against names: ``*``, ``?``, ``[a-z]``, ``[^a]`` or ``[!a]``, ``{a,b}``, and ``\\x`` for x itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from hadoopless.errors import InputError


def expand(pattern: str) -> list[str]:
    """The patterns that *pattern* stands for; none of them has a slash within a brace."""
    done: list[str] = []
    todo = [pattern]
    while todo:
        first = todo.pop(0)
        group = _brace_with_slash(first)
        if group is None:
            done.append(first)
            continue
        start, end = group
        before, behind = first[:start], first[end + 1 :]
        todo[:0] = [before + one + behind for one in _alternatives(first[start + 1 : end])]
    return done


def is_pattern(component: str) -> bool:
    """True if *component* may stand for other names than itself."""
    # Most names are plain.
    return not _SPECIAL.isdisjoint(component) and _translated(component)[1]


def unescaped(component: str) -> str:
    """The name that a component without wildcards stands for."""
    return re.sub(r"\\(.)", r"\1", component, flags=re.DOTALL)


def matcher(component: str) -> Callable[[str], bool]:
    """A function that tells if a name matches *component*; raises InputError for a bad pattern."""
    try:
        compiled = re.compile(_translated(component)[0], re.DOTALL)
    except RecursionError as error:
        raise _illegal("too many groups", component) from error
    return lambda name: compiled.fullmatch(name) is not None


_SPECIAL = frozenset("*?[{\\")


def _brace_with_slash(pattern: str) -> tuple[int, int] | None:
    """The positions where the leftmost outer brace that holds a slash opens and closes."""
    depth = start = at = 0
    slash = False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
            if at == len(pattern):
                raise InputError(
                    "Illegal file pattern: An escaped character does not present for glob "
                    f"{pattern} at {at}"
                )
        elif char == "{":
            if depth == 0:
                start, slash = at, False
            depth += 1
        elif char == "}" and depth:
            depth -= 1
            if depth == 0 and slash:
                return start, at
        elif char == "/":
            slash = True
        at += 1
    return None


def _alternatives(inside: str) -> list[str]:
    """The alternatives between the commas of a brace; commas of inner braces do not count."""
    found, current, depth, at = [], "", 0, 0
    while at < len(inside):
        char = inside[at]
        if char == "\\":
            current += inside[at : at + 2]
            at += 2
            continue
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            found.append(current)
            current = ""
        else:
            current += char
        at += 1
    return [*found, current]


def _translated(glob: str) -> tuple[str, bool]:
    """*glob* as a regular expression, and True if it has wildcards."""
    regex, depth, wild, at = "", 0, False, 0
    while at < len(glob):
        char = glob[at]
        at += 1
        if char == "\\":
            if at == len(glob):
                raise _illegal(f"Missing escaped character at pos {at}", glob)
            regex += re.escape(glob[at])
            at += 1
        elif char in "*?":
            regex += ".*" if char == "*" else "."
            wild = True
        elif char == "[":
            members, at = _character_class(glob, at)
            regex += members
            wild = True
        elif char == "{":
            regex += "(?:"
            depth += 1
            wild = True
        elif char == "," and depth:
            regex += "|"
        elif char == "}" and depth:
            regex += ")"
            depth -= 1
        else:
            regex += re.escape(char)
    if depth:
        raise _illegal(f"Unclosed group at pos {len(glob)}", glob)
    return regex, wild


def _character_class(glob: str, at: int) -> tuple[str, int]:
    """The class whose first character is at *at*, as a regular expression, and where it ends."""
    members: list[str] = []
    negated = glob[at : at + 1] in ("^", "!")
    begin = at = at + negated
    while at < len(glob) and (glob[at] != "]" or at == begin):
        low, at = _member(glob, at)
        if glob[at : at + 1] == "-" and glob[at + 1 : at + 2] not in ("", "]"):
            high, at = _member(glob, at + 1)
            if high < low:
                raise _illegal("invalid character class range", f"{low}-{high}")
            members.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            members.append(re.escape(low))
    if at >= len(glob):
        raise _illegal(f"Unclosed character class at pos {len(glob)}", glob)
    return f"[{'^' if negated else ''}{''.join(members)}]", at + 1


def _member(glob: str, at: int) -> tuple[str, int]:
    """One character of a class, and the position of the next one."""
    if glob[at] == "\\" and at + 1 < len(glob):
        at += 1
    return glob[at], at + 1


def _illegal(what: str, where: str) -> InputError:
    return InputError(f"Illegal file pattern: error parsing regexp: {what}: `{where}`")
