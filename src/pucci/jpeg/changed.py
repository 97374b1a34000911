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
    moved = _moved(one, other)
    return round(1000 * sum(moved) / len(moved)) if moved else None


def where(one: Sketch | None, *others: Sketch | None) -> float:
    """Return about where across the picture it changed, from 0 at the left to 1; 0.5 where nothing did.

    Of several others what none of them has counts: a dog's place, and not the one it came from. Where there
    is nothing of that kind, it is what the first of them has not.
    """
    each = [moved for other in others if any(moved := _moved(one, other))]
    if one is None or not each:
        return 0.5
    moved = bytes(map(min, zip(*each, strict=True)))
    moved = moved if any(moved) else each[0]
    columns = [sum(moved[x :: one.width]) for x in range(one.width)]
    return (sum(x * count for x, count in enumerate(columns)) / sum(columns) + 0.5) / one.width


def _moved(one: Sketch | None, other: Sketch | None) -> bytes:
    """Return for each sample 1 where it changed, else 0; nothing where the two cannot be compared."""
    if one is None or other is None or one.width != other.width:
        return b""
    if len(one.samples) != len(other.samples) or not one.samples:
        return b""
    steps = around_128(one.samples, other.samples)
    usual = round(sum(steps) / len(steps))
    return steps.translate(bytes(abs(step - usual) > _HALF_STEP for step in range(256)))
