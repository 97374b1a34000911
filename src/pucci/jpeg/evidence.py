"""Evidence of damage in a picture at an eighth, against an earlier picture of the same camera.

A decoder that lost its way leaves traces which nothing in a room does: they begin at a coded unit,
run along the coded row, and reach the end of the picture or of the row. A dog, a lamp, a cloud do
not. Every function here looks for one such trace; light that changes everywhere is none.
"""

from collections.abc import Sequence
from typing import Final

from pucci.jpeg.differences import around_128, modulo
from pucci.jpeg.planes import Plane, Planes

LEVEL: Final = "shifted colours"
TORN: Final = "torn"
FLAT: Final = "a grey or smeared area"
PATCH: Final = "a broken patch"

# Levels of 255. A shift of 4 cannot be seen; among 1,750 pairs of good frames 2 reach it.
_LEAST_SHIFT: Final = 4
# Share of a row's blocks that must have shifted alike.
_ALIKE: Final = 0.6
# How much larger the changed share of the rows below must be than of those above.
_TORN_SHARE: Final = 0.5
_NEAR_ROWS: Final = 4
# A patch of blocks: how many times the difference of the rows above and below, and how far round.
_PATCH_TIMES: Final = 5
_PATCH_ROUND: Final = 3
# A shift of everything: share of blocks that must move alike, of so many looked at, and how far the
# lightest and darkest tenth must lie apart for more light to have told itself by moving them differently.
_WHOLE_ALIKE: Final = 0.8
_SAMPLES: Final = 300
_BOTH_LIGHTS: Final = 60
# Below this grey level a flat tail is a dark room, above the other a blown-out window.
_DARK: Final = 24
_BRIGHT: Final = 235
_FLAT_PIXELS: Final = 16

# Differences as `around_128` gives them, halved. A block counts as changed from 7 levels on, twice
# what a webcam's noise at night gives.
_UNCHANGED: Final = bytes(range(128 - 3, 128 + 4))
# As possibly broken from these levels on: a block's grey level; its colours, which are seen from less
# on; the differences of its pixels at full size. Among 525 pairs of good frames none stands alone so far.
GREY_PATCH: Final = 18
COLOUR_PATCH: Final = 14
FULL_PATCH: Final = 14
# And as `modulo` gives them: less than the least shift.
_WHOLE_STAYS: Final = bytes(value % 256 for value in range(-7, 8))
_LEVEL_STAYS: Final = bytes(value % 256 for value in range(1 - _LEAST_SHIFT, _LEAST_SHIFT))


def against(now: Planes, before: Planes) -> list[str]:
    """Return the kinds of damage that `now` shows against `before`, gravest first; both of one shape."""
    found = []
    if flat_tail(now) > flat_tail(before) + 1:
        found.append(FLAT)
    if any(has_level_step(*pair) for pair in zip(now, before, strict=True)):
        found.append(LEVEL)
    changes = [around_128(a.samples, b.samples) for a, b in zip(now, before, strict=True)]
    if change_step(changes, now) >= _TORN_SHARE:
        found.append(TORN)
    least = (GREY_PATCH, COLOUR_PATCH, COLOUR_PATCH)
    if any(map(has_patch, changes, now, least)):
        found.append(PATCH)
    return found


def alone(now: Planes) -> list[str]:
    """Return the kinds of damage that a picture shows by itself."""
    return [FLAT] if flat_tail(now) > 1 else []


def has_level_step(now: Plane, before: Plane) -> bool:
    """Whether all of the picture has shifted its level from some coded unit on.

    Where decoding went wrong, the blocks to the right change against the row above, and those to the
    left against the row below: so beside whole rows, rows put together of halves are looked at.
    """
    width, unit, half = now.width, now.unit, now.width // 2
    change = modulo(now.samples, before.samples)
    if _is_moved_as_a_whole(change, before.samples):
        return True
    steps = modulo(change[width:], change[:-width])
    for at in range((unit - 1) * width, len(steps) - width + 1, unit * width):
        row = steps[at : at + width]
        below = steps[at + unit * width : at + unit * width + half]
        if _shifted_alike(row) or _shifted_alike(row[half:] + below):
            return True
    return False


def _is_moved_as_a_whole(change: bytes, before: bytes) -> bool:
    """Whether every block has the same new level, as when the first of all is wrong.

    More light makes what is light lighter, and leaves what is dark: so only where there is both.
    """
    some = change[:: max(1, len(change) // _SAMPLES)]
    if len(some.translate(None, _WHOLE_STAYS)) < _WHOLE_ALIKE * len(some):
        return False
    levels = sorted(before[:: max(1, len(before) // _SAMPLES)])
    if levels[len(levels) * 9 // 10] - levels[len(levels) // 10] < _BOTH_LIGHTS:
        return False
    ordered = sorted(step - 256 if step > 127 else step for step in some)
    shift = ordered[len(ordered) // 2]
    return sum(-2 <= step - shift <= 2 for step in ordered) >= _WHOLE_ALIKE * len(some)


def _shifted_alike(steps: bytes) -> bool:
    enough = _ALIKE * len(steps)
    if len(steps.translate(None, _LEVEL_STAYS)) < enough:
        return False
    ordered = sorted(step - 256 if step > 127 else step for step in steps)
    shift = ordered[len(ordered) // 2]
    slack = max(1, abs(shift) // 3)
    return abs(shift) >= _LEAST_SHIFT and sum(-slack <= step - shift <= slack for step in ordered) >= enough


def change_step(changes: Sequence[bytes], planes: Planes) -> float:
    """Return how sharply the share of changed blocks rises, or falls, from one coded row to the next.

    The row between may be changed in part. What moves in a room seldom has a straight edge across
    half of the picture.
    """
    shares = changed_shares(changes, planes)
    sharpest = 0.0
    for row in range(1, len(shares) - 1):
        above, below = shares[max(0, row - _NEAR_ROWS) : row], shares[row + 1 : row + _NEAR_ROWS]
        sharpest = max(sharpest, min(below) - max(above), min(above) - max(below))
    return sharpest


def changed_shares(changes: Sequence[bytes], planes: Planes) -> list[float]:
    """Return for each coded row the share of its blocks that changed, in the colour that changed most."""
    shares: list[float] = []
    for change, plane in zip(changes, planes, strict=True):
        counted = [len(row.translate(None, _UNCHANGED)) / len(row) for row in _coded_rows(change, plane)]
        shares = list(map(max, shares, counted)) if shares else counted
    return shares


def _coded_rows(change: bytes, plane: Plane) -> list[bytes]:
    size = plane.width * plane.unit
    return [change[at : at + size] for at in range(0, len(change) - size + 1, size)]


def flat_tail(planes: Planes) -> int:
    """Return how many coded rows at the end repeat the row above them exactly, in every colour.

    What a decoder fills in for data that never came is like that, and stays so when it is encoded
    again; a sensor's noise never is. Dark and blown-out rows do not count, nor does a picture that
    is flat from top to bottom.
    """
    rows = min(_equal_rows(plane) // plane.unit for plane in planes)
    grey = planes[0]
    if rows * grey.unit >= grey.height - grey.unit or rows * grey.unit * 8 < _FLAT_PIXELS:
        return 0
    last = grey.samples[-grey.width :]
    return rows if max(last) > _DARK and min(last) < _BRIGHT else 0


def _equal_rows(plane: Plane) -> int:
    width, samples = plane.width, plane.samples
    last = samples[-width:]
    count = 0
    while count < plane.height - 1:
        end = len(samples) - (count + 1) * width
        if samples[end - width : end] != last:
            break
        count += 1
    return count


def has_patch(change: bytes, plane: Plane, least: int) -> bool:
    """Whether blocks differ by `least` levels within one coded row, and nothing above or below them does.

    Not in the first and the last row, where what comes in at the edge looks just so.
    """
    hardly = bytes(range(128 - least // 2 + 1, 128 + least // 2))
    rows = _coded_rows(change, plane)
    for number in range(1, len(rows) - 1):
        row = rows[number]
        if not row.translate(None, hardly):
            continue
        near = rows[number - 1], rows[number + 1]
        for at, value in enumerate(row):
            if value not in hardly and _stands_alone(abs(value - 128), near, at % plane.width, plane.width):
                return True
    return False


def _stands_alone(difference: int, near: Sequence[bytes], column: int, width: int) -> bool:
    """Whether a difference is many times the largest in these coded rows, in the columns round its own."""
    most = difference // _PATCH_TIMES
    left, right = max(0, column - _PATCH_ROUND), min(width, column + _PATCH_ROUND + 1)
    for row in near:
        for line in range(0, len(row), width):
            part = row[line + left : line + right]
            if max(part) - 128 > most or 128 - min(part) > most:
                return False
    return True
