"""Counts the bytes of a file that Hadoop would read for the lines of one split.

Hadoop's LineReader reads up to the end of the split and then whole buffers, until the last line of
the split has ended. The stream below it fills its own buffer, of the same size, from the file; the
counter `Bytes Read` tells what that one took. [UncompressedSplitLineReader, BufferedFSInputStream]
"""

from __future__ import annotations

#: The default of io.file.buffer.size.
BUFFER = 4096


def bytes_in_hadoop(start: int, end: int, looked_at: int, size: int) -> int:
    """The bytes of a split from *start* to *end* in a file of *size* bytes.

    *looked_at* is the end of the last line, with the byte that tells if a CR is all of its mark.
    """
    # A line that begins at the end of the split belongs to it, so Hadoop always looks further.
    behind = max(looked_at, end + 1) - end
    return min(_buffers(end - start) + _buffers(behind), max(0, size - start))


def _buffers(count: int) -> int:
    """*count*, rounded up to whole buffers."""
    return -(-count // BUFFER) * BUFFER
