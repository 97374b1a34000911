"""The verdict on a frame by itself, from its bytes: cheap refusals first, then walk, then decode."""

from pucci.jpeg import markers, turbo
from pucci.jpeg.limits import MOST_BYTES
from pucci.photo import State, Verdict

EMPTY = "empty"
FLAGGED = "the driver reports lost data"


def damaged(reason: str, layout: markers.Layout | None = None) -> Verdict:
    """Return a verdict of damage, with the size where the header told it."""
    if layout is None:
        return Verdict(State.DAMAGED, (reason,))
    return Verdict(State.DAMAGED, (reason,), layout.width, layout.height)


def judge(data: bytes, *, flagged: bool = False) -> Verdict:
    """Return the verdict on one JPEG's bytes by themselves.

    `flagged` is the driver's own report of lost data. Any input gives a verdict, within bounded
    time and memory.

    Raises:
        MissingPart: the decoder is not installed.
    """
    if not data:
        return damaged(EMPTY)
    if len(data) > MOST_BYTES:
        return damaged(markers.TOO_LARGE)
    layout = markers.walk(data)
    reason = layout.fault or (FLAGGED if flagged else "") or fault_in_picture(data, layout)
    if reason:
        return damaged(reason, layout)
    return Verdict(State.WHOLE, (), layout.width, layout.height)


def fault_in_picture(data: bytes, layout: markers.Layout) -> str:
    """Return why the picture of a well-formed JPEG is not whole, or an empty string."""
    if layout.strays:
        return markers.STRAY_BYTES
    if layout.end:
        _, complaint = turbo.decode_grey(data[: layout.end], layout.width, layout.height)
        return in_words(complaint)
    _, complaint = turbo.decode_grey(data + markers.EOI, layout.width, layout.height)
    return markers.CUT_SHORT if complaint else markers.NO_END


def in_words(complaint: str) -> str:
    """Return libjpeg's complaint (jerror.h) as a reason an owner understands."""
    if not complaint:
        return ""
    if "premature end" in complaint:
        return markers.CUT_SHORT
    if "extraneous bytes" in complaint or "bad Huffman code" in complaint or "restart marker" in complaint:
        return markers.DATA_LOST
    return markers.HEADER
