"""Which photos a film shows, and how fast. Pure: values in, values out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, TypeVar

from pucci.photo import Photo

T = TypeVar("T")

# A day's film plays this long if there are photos enough, and at most LONGEST_S.
USUAL_S: Final = 24
LONGEST_S: Final = 30
# Fewer pictures a second than this are a slide show, more are not seen.
SLOWEST_FPS: Final = 4
FASTEST_FPS: Final = 30
# Pictures of one film: five minutes. Of more photos every second one, or third, and so on, is taken.
MOST_PICTURES: Final = 300 * FASTEST_FPS


def rate(count: int) -> int:
    """Return the pictures a second for so many: a film of 24 seconds where that can be."""
    return max(SLOWEST_FPS, min(FASTEST_FPS, round(count / USUAL_S)))


def thinned(photos: Sequence[T], most: int) -> list[T]:
    """Return at most so many of them, spread evenly, the first and the last among them."""
    if len(photos) <= most:
        return list(photos)
    return [photos[number * (len(photos) - 1) // (most - 1)] for number in range(most)]


def commonest_size(sizes: Iterable[tuple[int, int]]) -> tuple[int, int]:
    """Return the size most pictures have, made even, as H.264 wants it."""
    (width, height), _ = Counter(sizes).most_common(1)[0]
    return width - width % 2, height - height % 2


def nearest(photos: Iterable[Photo], moment: datetime) -> Photo | None:
    """Return the photo taken nearest to a moment."""
    return min(photos, key=lambda photo: abs(photo.taken_at - moment), default=None)


def local_days(start: datetime, end: datetime, zone: tzinfo | None) -> list[date]:
    """Return the local days that a span touches."""
    first = start.astimezone(zone).date()
    last = (end - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def local_moment(day: date, at: time, zone: tzinfo | None) -> datetime:
    """Return a local day's time, aware; on a day that has it twice, the first."""
    moment = datetime.combine(day, at)
    return moment.replace(tzinfo=zone) if zone else moment.astimezone()
