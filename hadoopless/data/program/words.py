"""Cuts a command line into words as Hadoop Streaming does [PipeMapRed.splitArgs]. Pure."""

from __future__ import annotations

_QUOTES = "'\""


def split_arguments(line: str) -> list[str]:
    """The words of *line*. No shell reads it: only the space and the two quotes have a meaning.

    A word ends at a space outside quotes and at every quote that opens or closes, so ``-e"x y"z``
    is three words and ``''`` is none. Within quotes the other kind is a character like all others;
    a backslash always is. Quotes that nobody closes reach to the end.
    """
    words = []
    quote = ""
    start = 0
    for place, char in enumerate(line):
        if quote:
            ends = char == quote
            quote = "" if ends else quote
        elif char in _QUOTES:
            ends = True
            quote = char
        else:
            ends = char == " "
        if ends:
            words.append(line[start:place])
            start = place + 1
    words.append(line[start:])
    return [word for word in words if word]
