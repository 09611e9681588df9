"""Java's regular expressions, translated to those of Python's ``re``.

All syntax of java.util.regex.Pattern is translated but the following, which is refused:
``\\G``, ``\\N{...}``, ``\\X``, the flag ``U``, names of scripts and blocks in ``\\p{...}``, and
what ``re`` itself cannot do (a look-behind of no fixed width). Case is ignored as Java does it: of
ASCII letters, and of others with the flag ``u``. Empty matches within a pair of surrogates, which
Java finds, are not found.
"""

from __future__ import annotations

import re

from hadoopless.java.character_classes import ESCAPES, LINE_ENDS, named_class
from hadoopless.java.errors import JavaError

#: In place of that of `typing`, which takes longer to load than this module.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from collections.abc import Iterator

_NOT_LINE_END = f"[^{LINE_ENDS}]"
#: Before the last line end, or at the end.
_LAST_END = f"(?=(?:\\r\\n|[{LINE_ENDS}])?\\Z)(?<!\\r(?=\\n))"
_LINE_START = f"(?:\\A|(?<=[{LINE_ENDS}])(?<!\\r(?=\\n))(?!\\Z))"
_LINE_END = f"(?=[{LINE_ENDS}]|\\Z)(?<!\\r(?=\\n))"
_CHARACTERS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "a": "\a", "e": "\x1b"}
_PLACES = {
    "A": "\\A",
    "z": "\\Z",
    "Z": _LAST_END,
    "b": "(?u:\\b)",
    "B": "(?u:\\B)",
    "R": f"(?:\\r\\n|[{LINE_ENDS}\\v\\f])",
}
_FLAGS = re.compile(r"\(\?([a-zA-Z]*)(?:-([a-zA-Z]*))?([:)])")
_GROUP_NAME = re.compile(r"\(\?<([a-zA-Z][a-zA-Z0-9]*)>")
_HEXADECIMAL = re.compile(r"x([0-9a-fA-F]{2})|x\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})")
_REPETITION = re.compile(r"\{[0-9]+(?:,[0-9]*)?\}")
_OCTAL = re.compile(r"0([0-3][0-7]{2}|[0-7]{1,2})")
_PROPERTY = re.compile(r"[pP](?:\{([^}]*)\}|(.))")


def compiled(pattern: str) -> re.Pattern[str]:
    """*pattern*, ready to be searched for."""
    try:
        # In Java case and classes are those of ASCII, unless the pattern says otherwise.
        return re.compile(_Translation(pattern).result(), re.ASCII)
    except (re.error, OverflowError, IndexError, ValueError) as error:
        reason = f"{error or 'it ends too early'} (regular expression {pattern!r})"
        raise JavaError("java.util.regex.PatternSyntaxException", reason) from error


def matches(pattern: re.Pattern[str], string: str) -> Iterator[re.Match[str]]:
    """The matches of Matcher.find: after an empty match it goes on one character later."""
    at = 0
    while at <= len(string) and (match := pattern.search(string, at)):
        yield match
        at = match.end() + (match.end() == match.start())


def split(pattern: re.Pattern[str], string: str) -> list[str]:
    """String.split: no empty piece before an empty match at the start, none at the end."""
    pieces: list[str] = []
    at = 0
    found = False
    for match in matches(pattern, string):
        if match.end() == 0:
            continue
        found = True
        pieces.append(string[at : match.start()])
        at = match.end()
    if not found:
        return [string]
    pieces.append(string[at:])
    while pieces and not pieces[-1]:
        pieces.pop()
    return pieces


class _Scope:
    """The state that holds until a group ends."""

    def __init__(self, flags: frozenset[str]) -> None:
        self.flags = flags
        #: The beginnings of the groups that the translation has added within it, for flags.
        self.opened: list[str] = []


class _Translation:
    """One pass over a pattern."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._at = 0
        self._out: list[str] = []
        self._scopes = [_Scope(frozenset())]
        #: The number of groups so far that a back reference can name.
        self._groups = 0

    def result(self) -> str:
        """The pattern for ``re``."""
        while self._at < len(self._pattern):
            self._out.append(self._next())
        if len(self._scopes) != 1:
            raise ValueError("Unclosed group")
        return "".join(self._out) + self._close()

    def _next(self) -> str:
        """The translation of what comes next."""
        pattern, at = self._pattern, self._at
        char = pattern[at]
        self._at += 1
        flags = self._scopes[-1].flags
        if "x" in flags and (char.isspace() or char == "#"):
            if char == "#":
                line_end = pattern.find("\n", at)
                self._at = line_end + 1 if line_end >= 0 else len(pattern)
            return ""
        if char == "\\":
            return self._escape()
        if char == "[":
            return self._character_class()
        if char == "(":
            return self._group()
        if char == ")":
            if len(self._scopes) == 1:
                raise ValueError("Unmatched closing ')'")
            end = self._close()
            self._scopes.pop()
            return end + ")"
        if char == "|":
            # Flags that were set in this branch hold in the next ones, too.
            return self._close() + "|" + "".join(self._scopes[-1].opened)
        if char == ".":
            if "s" in flags:
                return "(?s:.)"
            return "[^\\n]" if "d" in flags else _NOT_LINE_END
        if char == "^":
            return _LINE_START if "m" in flags else "\\A"
        if char == "$":
            return _LINE_END if "m" in flags else _LAST_END
        if char == "{" and not _REPETITION.match(pattern, at):
            raise ValueError("Illegal repetition")
        return char

    def _close(self) -> str:
        return ")" * len(self._scopes[-1].opened)

    def _group(self) -> str:
        """The translation of a group whose opening parenthesis was read."""
        pattern, at = self._pattern, self._at - 1
        scope = self._scopes[-1]
        if found := _GROUP_NAME.match(pattern, at):
            self._at = found.end()
            self._groups += 1
            self._scopes.append(_Scope(scope.flags))
            return f"(?P<{found[1]}>"
        for start in ("(?=", "(?!", "(?<=", "(?<!", "(?>"):
            if pattern.startswith(start, at):
                self._at = at + len(start)
                self._scopes.append(_Scope(scope.flags))
                return start
        if not pattern.startswith("(?", at):
            self._groups += 1
            self._scopes.append(_Scope(scope.flags))
            return "("
        found = _FLAGS.match(pattern, at)
        if found is None:
            raise ValueError("Unknown inline modifier")
        self._at = found.end()
        flags = (scope.flags | set(found[1])) - set(found[2] or "")
        start = _flag_group(flags)
        if found[3] == ":":
            self._scopes.append(_Scope(flags))
        else:
            scope.flags = flags
            scope.opened.append(start)
        return start

    def _escape(self) -> str:
        """The translation of an escape whose backslash was read."""
        char = self._pattern[self._at]
        if char in _PLACES:
            self._at += 1
            return _PLACES[char]
        if char == "Q":
            return re.escape(self._quoted())
        if char == "k":
            stop = self._pattern.index(">", self._at)
            name = self._pattern[self._at + 2 : stop]
            self._at = stop + 1
            return f"(?P={name})"
        if char in "123456789":
            return self._back_reference()
        if (body := self._class_body()) is not None:
            return body if body[0] == "(" else f"[{body}]"
        return re.escape(self._character())

    def _back_reference(self) -> str:
        """A back reference: it has as many digits as fit a group; a missing group never matches."""
        pattern, end = self._pattern, self._at + 1
        while pattern[end : end + 1].isdigit() and int(pattern[self._at : end + 1]) <= self._groups:
            end += 1
        number = int(pattern[self._at : end])
        self._at = end
        return f"(?:\\{number})" if number <= self._groups else "(?!)"

    def _quoted(self) -> str:
        """The text of ``\\Q...\\E``."""
        end = self._pattern.find("\\E", self._at)
        stop = end if end >= 0 else len(self._pattern)
        quoted = self._pattern[self._at + 1 : stop]
        self._at = stop + 2 if end >= 0 else stop
        return quoted

    def _class_body(self) -> str | None:
        """The inside of a character class, for an escape that stands for several characters."""
        char = self._pattern[self._at]
        if char in "pP":
            found = _PROPERTY.match(self._pattern, self._at)
            if found is None:
                raise ValueError("Unknown character property")
            self._at = found.end()
            return named_class(found[1] or found[2] or "", negated=char == "P")
        if char in ESCAPES:
            self._at += 1
            return ESCAPES[char]
        return None

    def _character(self) -> str:
        """The one character that an escape means."""
        pattern, at = self._pattern, self._at
        char = pattern[at]
        if found := _HEXADECIMAL.match(pattern, at):
            self._at = found.end()
            return chr(int(found[1] or found[2] or found[3], 16))
        if found := _OCTAL.match(pattern, at):
            self._at = found.end()
            return chr(int(found[1], 8))
        if char == "c":
            self._at += 2
            return chr(ord(pattern[at + 1]) ^ 64)
        self._at += 1
        if char in _CHARACTERS:
            return _CHARACTERS[char]
        if char.isascii() and char.isalnum():
            raise ValueError(f"Illegal/unsupported escape sequence \\{char}")
        return char

    def _character_class(self) -> str:
        """The translation of a class, with its unions and intersections, whose bracket was read."""
        pattern = self._pattern
        negated = pattern.startswith("^", self._at)
        self._at += negated
        parts: list[str] = []
        body: list[str] = []
        others: list[str] = []
        first = True
        while first or not pattern.startswith("]", self._at):
            char = pattern[self._at]
            if pattern.startswith("&&", self._at):
                self._at += 2
                if body or others:
                    parts.append(_union(body, others))
                    body, others = [], []
            elif char == "[":
                self._at += 1
                others.append(self._character_class())
            else:
                self._class_item(body, others)
            first = False
        self._at += 1
        if body or others:
            parts.append(_union(body, others))
        return _intersection(parts, negated)

    def _class_item(self, body: list[str], others: list[str]) -> None:
        """A character, a range, or an escape, within brackets."""
        pattern = self._pattern
        if pattern[self._at] == "\\":
            self._at += 1
            if pattern[self._at] == "Q":
                body += [re.escape(char) for char in self._quoted()]
                return
            if (many := self._class_body()) is not None:
                (others if many[0] == "(" else body).append(many)
                return
            low = self._character()
        else:
            low = pattern[self._at]
            self._at += 1
            if "x" in self._scopes[-1].flags and low.isspace():
                return
        follows = pattern[self._at + 1 : self._at + 2]
        if pattern.startswith("-", self._at) and follows not in ("", "]", "["):
            self._at += 1
            if pattern[self._at] == "\\":
                self._at += 1
                high = self._character()
            else:
                high = pattern[self._at]
                self._at += 1
            body.append(f"{re.escape(low)}-{re.escape(high)}")
        else:
            body.append(_in_brackets(low))


def _in_brackets(char: str) -> str:
    return "\\" + char if char in "^]-[&|~\\" else re.escape(char)


def _union(body: list[str], others: list[str]) -> str:
    choices = [*others, *([f"[{''.join(body)}]"] if body else [])]
    return choices[0] if len(choices) == 1 else f"(?:{'|'.join(choices)})"


def _intersection(parts: list[str], negated: bool) -> str:
    if not parts:
        raise ValueError("Unclosed character class")
    if negated and len(parts) == 1 and parts[0][0] == "[" and parts[0][1] != "^":
        return f"[^{parts[0][1:]}"
    both = "".join(f"(?={part})" for part in parts[:-1]) + parts[-1]
    if negated:
        return f"(?:(?!{both})(?s:.))"
    return both if len(parts) == 1 else f"(?:{both})"


def _flag_group(flags: frozenset[str]) -> str:
    """The beginning of a group in which case is ignored or not, as *flags* say."""
    unknown = flags - set("imsxud")
    if unknown:
        raise ValueError(f"Unknown inline modifier {sorted(unknown)}")
    if "i" not in flags:
        return "(?-i:"
    return "(?ui:" if "u" in flags else "(?ai:"
