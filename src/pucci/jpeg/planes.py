"""A picture at an eighth of its size: one sample for each coded block of 8 × 8, by colour plane.

That is what libjpeg-turbo decodes for next to nothing, and where lost data show: a block's level is
coded as the difference from the block before, so an error shifts everything after it.
"""

from dataclasses import dataclass

from pucci.jpeg.markers import Layout


@dataclass(frozen=True, slots=True)
class Plane:
    """One colour: `samples` row by row, `width` by `height`; `unit` rows of them make one coded row."""

    samples: bytes
    width: int
    height: int
    unit: int


Planes = tuple[Plane, ...]
Shape = tuple[tuple[int, int, int], ...]


def shape_of(layout: Layout, shrink: int = 8) -> Shape:
    """Return width, height and unit of each plane of a picture at an eighth, or at 1/`shrink`.

    TurboJPEG rounds the shrunken size up to whole steps of the sampling (tjPlaneWidth).
    """
    wide, high = -(-layout.width // shrink), -(-layout.height // shrink)
    if len(layout.components) == 1:
        return ((wide, high, 1),)
    most_h = max(c[1] for c in layout.components)
    most_v = max(c[2] for c in layout.components)
    wide, high = -(-wide // most_h) * most_h, -(-high // most_v) * most_v
    return tuple((wide * c[1] // most_h, high * c[2] // most_v, c[2]) for c in layout.components)


def same_shape(one: Planes, other: Planes) -> bool:
    """Whether two pictures can be compared sample by sample."""
    return [(p.width, p.height, p.unit) for p in one] == [(p.width, p.height, p.unit) for p in other]
