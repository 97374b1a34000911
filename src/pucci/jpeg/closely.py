"""Evidence of damage in a picture of full size, against an earlier one: for frames kept as photos.

Needs Pillow, and some 25 ms for 640 × 480 on an x86 core, so it is imported and done only when asked.
"""

from typing import Final

from PIL import Image, ImageChops

from pucci.jpeg import turbo
from pucci.jpeg.evidence import FULL_PATCH, PATCH, TORN, has_patch
from pucci.jpeg.markers import Layout
from pucci.jpeg.planes import Plane

# The picture's width is looked at in so many parts, and a tear must run through so many of them.
_PARTS: Final = 8
_TORN_PARTS: Final = 5
# A tear's edge, in units of what edges between blocks differ by anyway (never less than the floor).
_EDGE: Final = 4.0
_EDGE_FLOOR: Final = 0.5
_MEDIAN_TO_SIGMA: Final = 1.5

Edges = list[list[float]]


def against(now: bytes, before: bytes, layout: Layout) -> list[str]:
    """Return the kinds of damage that frame `now` shows against `before`; both decodable, of one size."""
    picture, earlier = grey(now, layout), grey(before, layout)
    found = []
    if sharpest_tear(edges(picture), edges(earlier), layout.mcu_size[1] // 8) > _EDGE:
        found.append(TORN)
    if has_broken_blocks(picture, earlier, layout):
        found.append(PATCH)
    return found


def grey(data: bytes, layout: Layout) -> Image.Image:
    """Return the grey picture."""
    size = (layout.width, layout.height)
    return Image.frombuffer("L", size, turbo.decode_grey(data, *size), "raw", "L", 0, 1)


def edges(picture: Image.Image) -> Edges:
    """Return for each line between rows of blocks how much stronger it is than the lines beside it.

    A list for each line, a level for each part of the width. The lens blurs a room's own edges over
    more than a row of pixels; what a decoder tears is sharp.
    """
    width, height = picture.size
    lower, upper = picture.crop((0, 1, width, height)), picture.crop((0, 0, width, height - 1))
    steps = (
        ImageChops.difference(lower, upper).convert("F").resize((_PARTS, height - 1), Image.Resampling.BOX)
    )
    levels = memoryview(steps.tobytes()).cast("f")
    lines = []
    for y in range(7, height - 2, 8):
        at = y * _PARTS
        lines.append(
            [
                levels[at + part] - (levels[at - _PARTS + part] + levels[at + _PARTS + part]) / 2
                for part in range(_PARTS)
            ]
        )
    return lines


def sharpest_tear(now: Edges, before: Edges, unit: int) -> float:
    """Return how strong the strongest new edge is that runs through most of the width.

    As with levels, a tear may run to the right of a coded unit on one line, and to the left of it on
    the next, `unit` rows of blocks further down.
    """
    new = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(now, before, strict=True)]
    ordinary = sorted(abs(level) for line in new for level in line)
    sigma = max(_EDGE_FLOOR, ordinary[len(ordinary) // 2] * _MEDIAN_TO_SIGMA) if ordinary else _EDGE_FLOOR
    half = _PARTS // 2
    strongest = 0.0
    for number, line in enumerate(new):
        paths = [line]
        if number + unit < len(new):
            paths.append(line[half:] + new[number + unit][:half])
        for path in paths:
            strongest = max(strongest, sorted(path, reverse=True)[_TORN_PARTS - 1] / sigma)
    return strongest


def has_broken_blocks(picture: Image.Image, earlier: Image.Image, layout: Layout) -> bool:
    """Whether blocks differ strongly within one coded row, and nothing above or below them does."""
    blocks = ImageChops.difference(picture, earlier).reduce(8)
    halved = blocks.point([128 + value // 2 for value in range(256)])
    unit = layout.mcu_size[1] // 8
    return has_patch(halved.tobytes(), Plane(b"", blocks.width, blocks.height, unit), FULL_PATCH)
