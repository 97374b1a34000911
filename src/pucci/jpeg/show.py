"""What is stored and sent to browsers: the picture, with all that a browser needs and nothing after it."""

from pucci.jpeg import markers
from pucci.jpeg.limits import MOST_BYTES
from pucci.jpeg.tables import standard_segment


def showable(data: bytes) -> bytes:
    """Return a whole frame as browsers take it.

    Cut after its end marker, which is put there where the camera leaves it out, as are the standard
    Huffman tables (not every browser knows them by heart). Otherwise the bytes are untouched; what
    cannot be read is returned as it is.
    """
    if len(data) > MOST_BYTES:
        return data
    layout = markers.walk(data)
    if not layout.scan:
        return data
    if not layout.end:
        data += markers.EOI
        layout.end = len(data)
    if layout.huffman:
        return data[: layout.end]
    at = layout.scan_start_marker
    return data[:at] + standard_segment() + data[at : layout.end]


def size_of(data: bytes) -> tuple[int, int] | None:
    """Return width and height in pixels from the header, or None where it cannot be read."""
    layout = markers.walk(data[:MOST_BYTES])
    return (layout.width, layout.height) if layout.width and layout.height else None
