"""A terminal that understands as much as our console writes."""

from __future__ import annotations

import re

_CODES = re.compile(r"\x1b\[(\d*)([A-Za-z])|([\r\n])|([^\x1b\r\n]+)")


def screen(written: str) -> list[str]:
    """The lines on a terminal to which *written* was written, after all have scrolled by."""
    lines, row, column = [""], 0, 0
    written = written.replace("\r\n", "\n")
    assert "".join(match[0] for match in _CODES.finditer(written)) == written
    for match in _CODES.finditer(written):
        number, code, move, text = match.groups()
        if text:
            line = lines[row].ljust(column)
            lines[row] = line[:column] + text + line[column + len(text) :]
            column += len(text)
        elif move == "\r":
            column = 0
        elif move == "\n":  # the terminal's driver adds the return
            row, column = row + 1, 0
            if row == len(lines):
                lines.append("")
        elif code == "A":
            row -= int(number)
            assert row >= 0
        elif code == "J":
            lines[row:] = [lines[row][:column]]
        else:
            assert code == "m"
    return lines
