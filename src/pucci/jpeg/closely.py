"""Evidence of damage in a picture of full size, against an earlier one: for frames kept as photos.

Needs Pillow, and some 25 ms for 640 × 480 on an x86 core, so it is imported and done only when asked.
"""

from collections.abc import Container, Sequence
from typing import Final

from PIL import Image, ImageChops

from pucci.jpeg import turbo
from pucci.jpeg.evidence import FULL_PATCH, TORN, Findings, note_patches, patches
from pucci.jpeg.markers import Layout
from pucci.jpeg.planes import Plane

# The picture's width is looked at in so many parts, and a tear must run through so many of them.
_PARTS: Final = 8
_TORN_PARTS: Final = 5
# A tear's edge, in units of what edges between blocks differ by anyway: never less than the floor, nor
# than the bands which coarse quantisation makes of a smooth wall, in shares of its step of grey.
_EDGE: Final = 4.0
_EDGE_FLOOR: Final = 0.25
_EDGE_BANDING: Final = 0.4
_EDGE_AND_CHANGE: Final = 0.35
_LEAST_EDGE: Final = 2.0
_NEAR_ROWS: Final = 4
_MEDIAN_TO_SIGMA: Final = 1.5

Edges = list[list[float]]


def against(
    now: bytes, before: bytes, layout: Layout, shares: Sequence[float], restless: Container[int] = ()
) -> Findings:
    """Return what frame `now` shows against `before`; both decodable, of one size.

    `shares` is how much of each coded row changed (`evidence.slightly_changed_shares`).
    """
    pictures, earlier = colours(now, layout), colours(before, layout)
    units = [component[2] for component in layout.components] if len(pictures) > 1 else [1]
    findings = Findings()
    step = layout.quantisers[layout.components[0][3]][0] / 8
    ordinary = max(_EDGE_FLOOR, _EDGE_BANDING * step)
    lines = new_edges(edges(pictures[0]), edges(earlier[0]), units[0], ordinary)
    if (
        max(lines, default=0.0) > _EDGE
        or torn_where_change_begins(lines, shares, units[0]) > _EDGE_AND_CHANGE
    ):
        findings.reasons.append(TORN)
    for picture, old, unit in zip(pictures, earlier, units, strict=True):
        findings.places |= broken_blocks(picture, old, unit, pictures[0].size)
    note_patches(findings, restless)
    return findings


def colours(data: bytes, layout: Layout) -> list[Image.Image]:
    """Return the picture's grey and its two colours, each as big as it is coded."""
    planes, _ = turbo.decode_planes(data, layout, shrink=1)
    return [Image.frombuffer("L", (p.width, p.height), p.samples, "raw", "L", 0, 1) for p in planes]


def edges(picture: Image.Image) -> Edges:
    """Return for each line between rows of blocks how much stronger it is than the lines beside it.

    A list for each line, a level for each part of the width. The lens blurs a room's own edges over
    more than a row of pixels; what a decoder tears is sharp.
    """
    width, height = picture.size
    if height < 2 * 8:
        return []
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


def new_edges(now: Edges, before: Edges, unit: int, least: float) -> list[float]:
    """Return for each line how strong a new edge runs along it through most of the width.

    As with levels, a tear may run to the right of a coded unit on one line, and to the left of it on
    the next, `unit` rows of blocks further down. The strength is in units of what is ordinary in this
    picture, which is never less than `least` levels.
    """
    new = [[a - b for a, b in zip(*pair, strict=True)] for pair in zip(now, before, strict=True)]
    ordinary = sorted(abs(level) for line in new for level in line)
    sigma = max(least, ordinary[len(ordinary) // 2] * _MEDIAN_TO_SIGMA) if ordinary else least
    half = _PARTS // 2
    strengths = []
    for line, further in zip(new, new[unit:] + [[]] * unit, strict=False):
        paths = [line, line[half:] + further[:half]] if further else [line]
        strengths.append(max(sorted(path, reverse=True)[_TORN_PARTS - 1] for path in paths) / sigma)
    return strengths


def torn_where_change_begins(lines: Sequence[float], shares: Sequence[float], unit: int) -> float:
    """Return the strongest new edge at which the picture also begins, or ceases, to be another.

    Either alone is common: a cushion has edges, and a dog begins somewhere. The product of an edge's
    strength and the step in the share of changed blocks reached 0.23 in 1,750 pairs of good frames.
    """
    strongest = 0.0
    for number, strength in enumerate(lines):
        row = (number + 1) // unit
        above = shares[max(0, row - _NEAR_ROWS) : row]
        if strength < _LEAST_EDGE or not above:
            continue
        for first in (row, row + 1):
            if below := shares[first : first + _NEAR_ROWS]:
                change = abs(sum(below) / len(below) - sum(above) / len(above))
                strongest = max(strongest, strength * min(change, abs(below[0] - above[-1])))
    return strongest


def broken_blocks(picture: Image.Image, earlier: Image.Image, unit: int, size: tuple[int, int]) -> set[int]:
    """Return where blocks differ strongly within one coded row, and nothing above or below them does.

    `size` is that of the grey picture: colours may be coded smaller.
    """
    blocks = ImageChops.difference(picture, earlier).reduce(8)
    halved = blocks.point([128 + value // 2 for value in range(256)])
    grey = Plane(b"", -(-size[0] // 8), -(-size[1] // 8), unit)
    return patches(halved.tobytes(), Plane(b"", blocks.width, blocks.height, unit), FULL_PATCH, grey)
