"""A JPEG without what does not belong to the picture: for copies that strangers get."""

from typing import Final

_SOI: Final = b"\xff\xd8"
_SOS, _EOI, _COM, _APP0, _APP14 = 0xDA, 0xD9, 0xFE, 0xE0, 0xEE
_APPS: Final = range(_APP0, _APP0 + 16)


def bare(data: bytes) -> bytes:
    """Return the picture's bytes without EXIF, XMP, ICC, thumbnails, comments, or anything after its end.

    APP0 (JFIF) and APP14 (Adobe) stay: they say what the numbers mean as colours (ITU-T T.872, 6.5). The
    picture itself is untouched.

    Raises:
        ValueError: it is no JPEG that can be walked; nothing of it may go out then.
    """
    if data[:2] != _SOI:
        raise ValueError("not a JPEG")
    out, at = bytearray(_SOI), 2
    while True:
        while data[at : at + 2] == b"\xff\xff":
            at += 1
        if len(data) < at + 4 or data[at] != 0xFF:
            raise ValueError("a marker is missing")
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise ValueError("a segment does not fit")
        if marker == _SOS:
            return bytes(out) + data[at : _end_of_scan(data, end)]
        spoken = marker in _APPS and marker not in (_APP0, _APP14)
        if marker != _COM and not spoken and not (marker == _APP0 and data[at + 4 : at + 9] != b"JFIF\0"):
            out += data[at:end]
        at = end


def _end_of_scan(data: bytes, at: int) -> int:
    """Return where the end marker of a baseline picture's only scan ends."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise ValueError("no end")
        following = data[at + 1]
        if following == _EOI:
            return at + 2
        if following not in (0, 0xFF) and not 0xD0 <= following <= 0xD7:
            raise ValueError("more than one scan")
        at += 1 if following == 0xFF else 2
