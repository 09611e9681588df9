"""Counts the bytes of a file that Hadoop would read for the records of one split.

Hadoop's LineReader reads up to the end of the split and then whole buffers, until the last line of
the split has ended. The stream below it fills its own buffer, of the same size, from the file; the
counter `Bytes Read` tells what that one took. [UncompressedSplitLineReader, BufferedFSInputStream]
"""

from __future__ import annotations

#: The default of io.file.buffer.size.
BUFFER = 4096


#: The buffer of the stream from which StreamXmlRecordReader reads.
_XML_BUFFER = 8192


def bytes_in_hadoop(start: int, end: int, looked_at: int, size: int) -> int:
    """The bytes of a split from *start* to *end* in a file of *size* bytes.

    *looked_at* is the end of the last line, with the byte that tells if a CR is all of its mark.
    """
    # A line that begins at the end of the split belongs to it, so Hadoop always looks further.
    behind = max(looked_at, end + 1) - end
    read = _rounded_up(end - start, BUFFER) + _rounded_up(behind, BUFFER)
    return min(read, max(0, size - start))


def bytes_of_xml_in_hadoop(start: int, looked_at: int, size: int) -> int:
    """The bytes of a split from *start* on of which the bytes up to *looked_at* were matched."""
    return min(_rounded_up(looked_at - start, _XML_BUFFER), max(0, size - start))


def _rounded_up(count: int, buffer: int) -> int:
    return -(-count // buffer) * buffer
