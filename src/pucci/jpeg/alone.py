"""The verdict on a frame by itself, from its bytes: cheap refusals first, then walk, then decode."""

from dataclasses import dataclass
from typing import Final

from pucci.jpeg import markers, turbo
from pucci.jpeg.limits import MOST_BYTES
from pucci.jpeg.markers import Layout
from pucci.jpeg.planes import Planes
from pucci.photo import State, Verdict

EMPTY: Final = "empty"
FLAGGED: Final = "the driver reports lost data"
LEFT_OVER: Final = "bytes left over"
# What some cameras do to every frame, and what harms no picture by itself: see tolerance.py.
MAY_BE_HARMLESS: Final = (markers.STRAY_BYTES, markers.NO_END, LEFT_OVER)


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a frame's bytes gave.

    `fault` is why it is not whole, empty for none. `planes` is the picture at an eighth; it is empty
    unless every coded unit could be decoded. `mended` is the frame without a harmless fault.
    """

    layout: Layout
    fault: str = ""
    planes: Planes = ()
    mended: bytes = b""

    @property
    def is_readable(self) -> bool:
        """Whether there is a whole picture in it, if perhaps with a harmless fault."""
        return bool(self.planes)


def judge(data: bytes, *, flagged: bool = False) -> Verdict:
    """Return the verdict on one JPEG's bytes by themselves.

    `flagged` is the driver's own report of lost data. Any input gives a verdict, within bounded
    time and memory.

    Raises:
        MissingPart: the decoder is not installed.
    """
    look = look_at(data)
    fault = look.fault or (FLAGGED if flagged else "")
    state = State.DAMAGED if fault else State.WHOLE
    return Verdict(state, (fault,) if fault else (), look.layout.width, look.layout.height)


def look_at(data: bytes) -> Look:
    """Walk and decode a frame, as far as it is worth it."""
    if not data:
        return Look(Layout(), EMPTY)
    if len(data) > MOST_BYTES:
        return Look(Layout(), markers.TOO_LARGE)
    layout = markers.walk(data)
    if layout.fault:
        return Look(layout, layout.fault)
    fault, mended = _mended(data, layout)
    planes, complaint = turbo.decode_planes(mended, layout)
    if not complaint:
        return Look(layout, fault, planes, mended)
    if fault == markers.NO_END:
        return Look(layout, markers.CUT_SHORT)
    fault = _in_words(complaint)
    # The decoder reads on to the end marker when it has all of the picture.
    return Look(layout, fault, planes, mended) if fault == LEFT_OVER else Look(layout, fault)


def _mended(data: bytes, layout: Layout) -> tuple[str, bytes]:
    """Return what may be wrong with the bytes round the picture, and the frame without it."""
    if not layout.end:
        return markers.NO_END, data + markers.EOI
    if not layout.strays:
        return "", data[: layout.end] if layout.end < len(data) else data
    kept, at = [], 0
    for start, stop in layout.strays:
        kept.append(data[at:start])
        at = stop
    return markers.STRAY_BYTES, b"".join(kept) + data[at : layout.end]


def _in_words(complaint: str) -> str:
    """Return libjpeg's complaint (jerror.h) as a reason an owner understands."""
    if "premature end" in complaint:
        return markers.CUT_SHORT
    if "extraneous bytes before marker 0xd9" in complaint:
        return LEFT_OVER
    if "extraneous bytes" in complaint or "bad Huffman code" in complaint or "restart marker" in complaint:
        return markers.DATA_LOST
    return markers.HEADER
