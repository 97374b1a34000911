"""How much of a picture changed since another one: what the day's curve shows."""

from dataclasses import dataclass
from typing import Final

from pucci.jpeg.alone import look_at
from pucci.jpeg.differences import around_128

# Half of the levels by which a block's brightness must change, apart from the whole picture's, to count:
# a sensor's noise, over 64 samples, stays well below; a dog on a sofa is well above.
_HALF_STEP: Final = 6


@dataclass(frozen=True, slots=True)
class Sketch:
    """A picture's brightness, one sample for each 8 × 8; some 5 KB."""

    samples: bytes
    width: int


def sketch(data: bytes) -> Sketch | None:
    """Return a JPEG's sketch; None of what is no picture."""
    planes = look_at(data).planes
    return Sketch(planes[0].samples, planes[0].width) if planes else None


def changed(one: Sketch | None, other: Sketch | None) -> int | None:
    """Return how many thousandths of the picture changed; None where the two cannot be compared.

    Brightness that changed everywhere alike, as when the sun comes out, does not count.
    """
    if one is None or other is None or one.width != other.width:
        return None
    if len(one.samples) != len(other.samples) or not one.samples:
        return None
    steps = around_128(one.samples, other.samples)
    usual = round(sum(steps) / len(steps))
    moved = bytes(abs(step - usual) > _HALF_STEP for step in range(256))
    return round(1000 * sum(steps.translate(moved)) / len(steps))
