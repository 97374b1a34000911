"""A day as the album shows it, worked out from photos and slots. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from pucci.album.sheets import chosen, tile_every
from pucci.photo import Photo
from pucci.web.site.day import Bar, Missed

# The timeline's own units: as many as a day of photos every five minutes has.
UNITS: Final = 288
_TOP, _GROUND = 4, 35
# So many thousandths of the picture are as much as the curve shows.
_MOST: Final = 250
_HOUR: Final = timedelta(hours=1)
# From how many thousandths on what goes on is called so.
WORDS: Final = ((0, "still"), (8, "a little going on"), (30, "much going on"))
# The range input has no more steps than that, however often photos come.
_MOST_STEPS: Final = 1440


@dataclass(frozen=True, slots=True)
class Hour:
    """An hour of the day: its photos, oldest first, of which `shown` are on its sheet."""

    number: int
    start: datetime
    end: datetime
    photos: Sequence[Photo]

    @property
    def shown(self) -> Sequence[Photo]:
        """The photos on the hour's sheet."""
        return chosen(self.photos)

    @property
    def newest_first(self) -> list[Sequence[Photo]]:
        """The photos each tile of the sheet stands for, newest first; the last of each is on it."""
        every = tile_every(self.photos)
        tiles = [self.photos[at : at + every][::-1] for at in range(0, len(self.photos), every)]
        return tiles[::-1]


def hours(photos: Sequence[Photo], start: datetime, end: datetime) -> list[Hour]:
    """Return the hours of a day; twice a year there are 23 or 25. `photos` are oldest first."""
    found, at = [], start
    while at < end:
        until = min(at + _HOUR, end)
        found.append(Hour(len(found), at, until, [p for p in photos if at <= p.taken_at < until]))
        at = until
    return found


def at(moment: datetime, start: datetime, end: datetime) -> float:
    """Return where a moment is on the timeline, from 0 to 288."""
    return (moment - start) / (end - start) * UNITS


def said(activity: int | None) -> str:
    """Say how much goes on; nothing where that is not known."""
    if activity is None:
        return ""
    return next(words for least, words in reversed(WORDS) if activity >= least)


def runs(
    photos: Sequence[Photo], start: datetime, end: datetime, gap: timedelta
) -> list[list[tuple[float, float]]]:
    """Return the curve of activity as lines of points; a line ends where there was no photo for so long.

    Of photos in one 288th of the day the liveliest counts.
    """
    lines: list[list[tuple[float, float]]] = []
    before: datetime | None = None
    for photo in photos:
        point = (round(at(photo.taken_at, start, end), 1), _height(photo.activity))
        if before is None or photo.taken_at - before > gap:
            lines.append([])
        line = lines[-1]
        if line and int(line[-1][0]) == int(point[0]) and len(line) > 1:
            line[-1] = (line[-1][0], min(line[-1][1], point[1]))
        else:
            line.append(point)
        before = photo.taken_at
    return [_smooth(line) for line in lines]


def _smooth(line: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a line with each point drawn half-way to the ones beside it: a walk is a hill, not a fence."""
    heights = [line[0][1], *(y for _, y in line), line[-1][1]]
    drawn = [(a + 2 * b + c) / 4 for a, b, c in zip(heights, heights[1:], heights[2:], strict=False)]
    return [(x, round(y, 1)) for (x, _), y in zip(line, drawn, strict=True)]


def stroke(lines: Iterable[Sequence[tuple[float, float]]]) -> str:
    """Return lines as an SVG path; one of a single point as a short dash."""
    return "".join("M" + "L".join(_points(line)) for line in lines)


def fill(lines: Iterable[Sequence[tuple[float, float]]]) -> str:
    """Return the surface under lines as an SVG path."""
    parts = []
    for line in lines:
        points = _points(line)
        first, last = points[0].split()[0], points[-1].split()[0]
        parts.append(f"M{'L'.join(points)}V40H{first}z" if first != last else "")
    return "".join(parts)


def _points(line: Sequence[tuple[float, float]]) -> list[str]:
    if len(line) == 1:
        (x, y) = line[0]
        line = [(max(0.0, x - 0.5), y), (x + 0.5, y)]
    return [f"{x:g} {y:g}" for x, y in line]


def _height(activity: int | None) -> float:
    share = min((activity or 0) / _MOST, 1.0) ** 0.5
    return round(_GROUND - share * (_GROUND - _TOP), 1)


def busiest(photos: Sequence[Photo]) -> Photo | None:
    """Return the photo with most going on; of several alike the first."""
    return max(photos, key=lambda photo: photo.activity or 0, default=None)


def steps(start: datetime, end: datetime, interval_s: float) -> int:
    """Return how many steps the scrubber has: one a slot, but no more than one a minute."""
    return max(1, min(_MOST_STEPS, round((end - start).total_seconds() / interval_s)))


def ticks(hours: Sequence[Hour], label: Sequence[str]) -> list[str]:
    """Return the labels below the timeline, evenly spread, one an hour and one for the end.

    Every third hour by the clock has one, the others are empty: so a day of 23 or 25 hours has labels, too.
    """
    found = [text if int(text) % 3 == 0 else "" for text in label[: len(hours)]]
    twice = (text if text != before else "" for before, text in pairwise(found))
    return [label[0], *twice, "24"]


def holes(bars: Iterable[Bar]) -> list[Bar]:
    """Return the pieces of a day's bar that have no photo."""
    return [bar for bar in bars if bar.kind != "ok"]


def nearest(photos: Sequence[Photo], moment: datetime) -> Photo | None:
    """Return the photo nearest to a moment."""
    return min(photos, key=lambda photo: abs(photo.taken_at - moment), default=None)


def ended(run: Missed, interval_s: float) -> datetime:
    """Return when the slot after a run of missed ones was due."""
    return run.end + timedelta(seconds=interval_s)
