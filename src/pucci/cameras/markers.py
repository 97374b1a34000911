"""Where a JPEG ends in a row of bytes. Whether it is whole is `pucci.jpeg`'s question, not asked here."""

import re
from typing import Final

START: Final = b"\xff\xd8"
# In coded data a marker is FF and a byte that is neither stuffing (00), nor a restart, nor fill (FF).
_MARKER: Final = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
_END: Final = 0xD9
_WITHOUT_LENGTH: Final = {0x01, 0xD8}


def end_of_jpeg(data: bytes | bytearray, start: int = 0) -> int:
    """Return the index after the end marker of the JPEG that starts at `start`; -1 where there is none yet.

    Segments are stepped over by their lengths, so the end of a thumbnail inside one is not taken
    for the picture's (ITU T.81, B.1.1).
    """
    at = start + len(START)
    while found := _MARKER.search(data, at):
        marker, at = found[1][0], found.end()
        if marker == _END:
            return at
        if marker not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2], "big")
    return -1


def without_tail(data: bytes) -> bytes:
    """Return a JPEG without what a driver's buffer held after its end; as it is where it has no end."""
    end = end_of_jpeg(data)
    return data if end < 0 else data[:end]
