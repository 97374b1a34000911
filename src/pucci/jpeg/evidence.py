"""Evidence of damage in a picture at an eighth, against an earlier picture of the same camera.

A decoder that lost its way leaves traces which nothing in a room does: they begin at a coded unit,
run along the coded row, and reach the end of the picture or of the row. A dog, a lamp, a cloud do
not. Every function here looks for one such trace; light that changes everywhere is none.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
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
# And how many times what blocks differ by anyway, in a picture full of noise; how much stronger it must be
# in the first and last row, where only one side is known.
_NOISE_TIMES: Final = 6
_EDGE_ROW_TIMES: Final = 2
_PLACES_A_ROW: Final = 1024
# A shift of everything: share of blocks that must move alike, of so many looked at, and how far the
# lightest and darkest tenth must lie apart for more light to have told itself by moving them differently.
_WHOLE_ALIKE: Final = 0.75
_WHOLE_GREY: Final = 8
_WHOLE_COLOUR: Final = 16
_SAMPLES: Final = 300
_BOTH_LIGHTS: Final = 60
# Below this grey level a flat tail is a dark room, above the other a blown-out window.
_DARK: Final = 24
_BRIGHT: Final = 235
_FLAT_PIXELS: Final = 16
# Share of the blocks there that must have changed to be worth a suspicion.
_FLAT_SHARE: Final = 0.04

# Differences as `around_128` gives them, halved. A block counts as changed from 7 levels on, twice
# what a webcam's noise at night gives.
_UNCHANGED: Final = bytes(range(128 - 3, 128 + 4))
_HARDLY_CHANGED: Final = bytes(range(128 - 2, 128 + 3))
# As possibly broken from these levels on: a block's grey level; its colours, which are seen from less
# on; the differences of its pixels at full size. Among 525 pairs of good frames none stands alone so far.
GREY_PATCH: Final = 18
COLOUR_PATCH: Final = 14
FULL_PATCH: Final = 14
_SIZES: Final = bytes(abs(value - 128) for value in range(256))
# And as `modulo` gives them: less than the least shift.
_LEVEL_STAYS: Final = bytes(value % 256 for value in range(1 - _LEAST_SHIFT, _LEAST_SHIFT))
_MOVED: Final = bytes(value not in _LEVEL_STAYS for value in range(256))


@dataclass(slots=True)
class Findings:
    """The kinds of damage found, gravest first, and the places of broken patches (see `place_of`)."""

    reasons: list[str] = field(default_factory=list)
    places: set[int] = field(default_factory=set)


def place_of(x: int, y: int) -> int:
    """Return the place of a pixel: which square of 16 pixels it lies in, as one number."""
    return y // 16 * _PLACES_A_ROW + x // 16


def against(now: Planes, before: Planes, restless: Container[int] = ()) -> Findings:
    """Return what `now` shows against `before`; both of one shape.

    Patches in `restless` places do not count: a clock's digits change there, or a lamp blinks.
    """
    findings = Findings()
    found = findings.reasons
    if has_new_flat_tail(now, before):
        found.append(FLAT)
    wholes = (_WHOLE_GREY, _WHOLE_COLOUR, _WHOLE_COLOUR)
    if any(map(has_level_step, now, before, wholes)):
        found.append(LEVEL)
    changes = [around_128(a.samples, b.samples) for a, b in zip(now, before, strict=True)]
    if change_step(changes, now) >= _TORN_SHARE:
        found.append(TORN)
    least = (GREY_PATCH, COLOUR_PATCH, COLOUR_PATCH)
    findings.places = set().union(*map(patches, changes, now, least, [now[0]] * 3))
    note_patches(findings, restless)
    return findings


def note_patches(findings: Findings, restless: Container[int]) -> None:
    """Drop the places that are restless, or lie beside one that is; what is left is a reason."""
    findings.places = {
        place
        for place in findings.places
        if not any(place + y * _PLACES_A_ROW + x in restless for y in (-1, 0, 1) for x in (-1, 0, 1))
    }
    if findings.places:
        findings.reasons.append(PATCH)


def alone(now: Planes) -> list[str]:
    """Return the kinds of damage that a picture shows by itself."""
    return [FLAT] if is_flat_in_daylight(now) else []


def has_level_step(now: Plane, before: Plane, least: int) -> bool:
    """Whether all of the picture has shifted its level from some coded unit on; by `least` from the first.

    Where decoding went wrong, the blocks to the right change against the row above, and those to the
    left against the row below: so beside whole rows, rows put together of halves are looked at.
    """
    width, unit, half = now.width, now.unit, now.width // 2
    change = modulo(now.samples, before.samples)
    if _is_moved_as_a_whole(change, before.samples, least):
        return True
    steps = modulo(change[width:], change[:-width])
    moved = steps.translate(_MOVED)
    for at in range((unit - 1) * width, len(steps) - width + 1, unit * width):
        middle, after, further = at + half, at + width, at + unit * width
        right = moved.count(1, middle, after)
        # Most rows have not moved so far: that is counted before anything is put together.
        if right + moved.count(1, at, middle) >= _ALIKE * width and _shifted_alike(steps[at:after]):
            return True
        if right + moved.count(1, further, further + half) >= _ALIKE * (after - middle):
            below = steps[further : further + half]
            if _shifted_alike(steps[middle:after] + below):
                return True
    return False


def _is_moved_as_a_whole(change: bytes, before: bytes, least: int) -> bool:
    """Whether every block has the same new level, as when the first of all is wrong.

    More light makes what is light lighter, and leaves what is dark: so of grey only where there is both.
    """
    some = change[:: max(1, len(change) // _SAMPLES)]
    stays = bytes(value % 256 for value in range(1 - least, least))
    if len(some.translate(None, stays)) < _WHOLE_ALIKE * len(some):
        return False
    levels = sorted(before[:: max(1, len(before) // _SAMPLES)])
    if least == _WHOLE_GREY and levels[len(levels) * 9 // 10] - levels[len(levels) // 10] < _BOTH_LIGHTS:
        return False
    ordered = sorted(step - 256 if step > 127 else step for step in some)
    shift = ordered[len(ordered) // 2]
    slack = least // 4
    return sum(-slack <= step - shift <= slack for step in ordered) >= _WHOLE_ALIKE * len(some)


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


def slightly_changed_shares(now: Planes, before: Planes) -> list[float]:
    """Return for each coded row the share of its blocks that differ by more than the noise of a day."""
    changes = [around_128(a.samples, b.samples) for a, b in zip(now, before, strict=True)]
    return changed_shares(changes, now, _HARDLY_CHANGED)


def changed_shares(changes: Sequence[bytes], planes: Planes, unchanged: bytes = _UNCHANGED) -> list[float]:
    """Return for each coded row the share of its blocks that changed, in the colour that changed most."""
    shares: list[float] = []
    for change, plane in zip(changes, planes, strict=True):
        counted = [len(row.translate(None, unchanged)) / len(row) for row in _coded_rows(change, plane)]
        shares = list(map(max, shares, counted)) if shares else counted
    return shares


def _coded_rows(change: bytes, plane: Plane) -> list[bytes]:
    size = plane.width * plane.unit
    return [change[at : at + size] for at in range(0, len(change) - size + 1, size)]


def has_new_flat_tail(now: Planes, before: Planes) -> bool:
    """Whether more of the end is filled in than was, and something was seen there before."""
    flat = flat_tail(now)
    if flat < flat_tail(before) + _FLAT_PIXELS:
        return False
    grey, earlier = now[0], before[0]
    size = flat // 8 * grey.width
    change = around_128(grey.samples[-size:], earlier.samples[-size:])
    return len(change.translate(None, _UNCHANGED)) > _FLAT_SHARE * len(change)


def flat_tail(planes: Planes) -> int:
    """Return how many pixels high the end is where every row repeats the row above exactly, in every colour.

    What a decoder fills in for data that never came is like that, and stays so when it is encoded
    again; a sensor's noise never is. A picture that is flat from top to bottom is a covered lens, but
    for the grey that decoders begin with.
    """
    grey = planes[0]
    flat = min(_equal_rows(plane) * 8 * grey.height // plane.height for plane in planes)
    if flat < _FLAT_PIXELS:
        return 0
    if flat >= 8 * (grey.height - grey.unit) and not _is_decoders_grey(planes):
        return 0
    return flat


def _is_decoders_grey(planes: Planes) -> bool:
    return all(max(p.samples[-p.width :]) <= 130 and min(p.samples[-p.width :]) >= 126 for p in planes)


def is_flat_in_daylight(planes: Planes) -> bool:
    """Whether the end is filled in, and neither as dark as a dark room nor as light as a window."""
    last = planes[0].samples[-planes[0].width :]
    return flat_tail(planes) >= 2 * _FLAT_PIXELS and max(last) > _DARK and min(last) < _BRIGHT


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


def patches(change: bytes, plane: Plane, least: int, grey: Plane) -> set[int]:
    """Return where blocks differ by `least` levels within one coded row, and nothing above or below does.

    In the first and the last row what comes in at the edge looks nearly so; but it has no straight side.
    """
    ordinary = sorted(change[:: max(1, len(change) // _SAMPLES)].translate(_SIZES))
    least = max(least // 2, _NOISE_TIMES * ordinary[len(ordinary) // 2])
    hardly = bytes(range(max(0, 128 - least + 1), min(256, 128 + least)))
    wide, high = 8 * grey.width // plane.width, 8 * grey.height // plane.height
    found = set()
    rows = _coded_rows(change, plane)
    for number, row in enumerate(rows):
        if not row.translate(None, hardly):
            continue
        near = rows[max(0, number - 1) : number] + rows[number + 1 : number + 2]
        needed = least if len(near) == 2 else _EDGE_ROW_TIMES * least
        for at, value in enumerate(row):
            if (
                abs(value - 128) >= needed
                and _stands_alone(abs(value - 128), near, at % plane.width, plane.width)
                and _has_straight_side(row, at, plane.width, sure=len(near) == 2)
            ):
                line = number * plane.unit + at // plane.width
                found.add(place_of(at % plane.width * wide, line * high))
    return found


def _has_straight_side(row: bytes, at: int, width: int, *, sure: bool) -> bool:
    """Whether the block to the left or right is quiet, as beside a coded unit that went wrong.

    What is round grows by and by. Where one is not `sure` that all round is quiet, the left must be, and
    the ones to the right differ hardly more than this one.
    """
    difference = abs(row[at] - 128)
    column = at % width
    quiet_left = column == 0 or _PATCH_TIMES * abs(row[at - 1] - 128) <= difference
    if sure:
        return quiet_left or column == width - 1 or _PATCH_TIMES * abs(row[at + 1] - 128) <= difference
    right = row[at + 1 : min(at + 4, at - column + width)]
    return quiet_left and all(abs(value - 128) <= 2 * difference for value in right)


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
