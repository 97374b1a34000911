"""Of which days the night makes a film: yesterday, and those that an outage over midnight left out."""

import contextlib
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final

from pucci.album import Album
from pucci.album.film import Kind
from pucci.clock import Clock
from pucci.db import Database, read_fact, write_fact
from pucci.forms import clock_time
from pucci.settings import FilmSettings
from pucci.timelapse.choose import local_moment, nearest

# The day's last slot is filled, or missed, by then.
_AFTER_MIDNIGHT: Final = timedelta(minutes=5)
# The photos of a day wait so long for their film after its end, or after the start of who makes it; then
# retention takes them.
_WAITED_FOR: Final = timedelta(hours=6)
# Days looked at after the last one that was seen to.
_MOST_DAYS: Final = 7
_DAY: Final = timedelta(days=1)


class Nights:
    """Puts down the wish for each day's film, and says which photos wait for it."""

    def __init__(
        self, album: Album, database: Database, settings: FilmSettings, *, zone: tzinfo | None, clock: Clock
    ) -> None:
        self._album = album
        self._db = database
        self._settings = settings
        self._zone = zone
        self._clock = clock
        self._began: float | None = None
        self._left: dict[str, list[date]] = {}  # days that are still to be looked at
        self._done: dict[str, date] = {}  # up to which day none is

    def begin(self) -> None:
        """Say that films are made here from now on, by whoever calls `want` again and again."""
        self._began = self._clock.monotonic()

    def want(self, camera: str) -> None:
        """Put down the film of one day that has photos and none, the oldest first, and keep its picture."""
        yesterday = self._yesterday()
        if self._done.get(camera) == yesterday:
            return
        if self._clock.now() < self._span(yesterday)[1] + _AFTER_MIDNIGHT or not self._clock.is_trusted():
            return
        left = self._left.get(camera) or self._unseen(camera)
        if left:
            self._see_to(camera, left[0])
        self._left[camera] = left[1:]
        if not left[1:]:
            self._done[camera] = left[0] if left else yesterday

    def _see_to(self, camera: str, day: date) -> None:
        start, end = self._span(day)
        self._keep_daily(camera, day)
        made = not self._settings.nightly or self._album.films.of_day(camera, start) is not None
        if not made and self._album.index.count_between(camera, start, end):
            self._album.films.want(camera, Kind.DAY, start, end)
        with self._db.write() as connection:
            write_fact(connection, _fact(camera), day.isoformat())

    def holds_since(self, camera: str) -> datetime | None:
        """Return since when photos must wait for their day's film, None where none is waited for.

        Photos that age would take at 00:02 are the first ones of a day whose film is made at 00:05.
        """
        if not self._settings.nightly:
            return None
        for day in sorted({*self._unseen(camera), self._seen(camera), self._yesterday()}):
            start, end = self._span(day)
            if self._waits(end) and self._album.index.count_between(camera, start, end):
                film = self._album.films.of_day(camera, start)
                if film.is_under_way if film is not None else day > self._seen(camera):
                    return start
        return None

    def _waits(self, end: datetime) -> bool:
        began = self._began
        up_s = _WAITED_FOR.total_seconds()
        just_begun = began is not None and self._clock.monotonic() - began <= up_s
        return just_begun or self._clock.now() <= end + _WAITED_FOR

    def _unseen(self, camera: str) -> list[date]:
        """Return the days up to yesterday that were not seen to, oldest first.

        Of those before yesterday some right after the last one that was: there Pucci still ran.
        """
        seen, yesterday = self._seen(camera), self._yesterday()
        days = [seen + number * _DAY for number in range(1, _MOST_DAYS + 1)]
        return sorted({day for day in days if day < yesterday} | ({yesterday} - {seen}))

    def _seen(self, camera: str) -> date:
        """Return the last day that was seen to; the one before yesterday where nobody knows."""
        yesterday = self._yesterday()
        with self._db.read() as connection:
            known = read_fact(connection, _fact(camera))
        seen = date.fromisoformat(known) if known else yesterday - _DAY
        return seen if seen <= yesterday else yesterday - _DAY  # it was noted by a clock that was wrong

    def _yesterday(self) -> date:
        return self._clock.now().astimezone(self._zone).date() - _DAY

    def _span(self, day: date) -> tuple[datetime, datetime]:
        start, end = (local_moment(one, time.min, self._zone) for one in (day, day + _DAY))
        return start, end

    def _keep_daily(self, camera: str, day: date) -> None:
        """Keep a copy of the day's picture, so that a year of them can become a film."""
        at, films = clock_time(self._settings.daily_at), self._album.films
        if at is None or day in films.dailies(camera):
            return
        photo = nearest(self._album.between(camera, *self._span(day)), local_moment(day, at, self._zone))
        if photo is not None:
            with contextlib.suppress(FileNotFoundError):
                films.keep_daily(camera, day, photo.id, self._album.path(photo).read_bytes())


def _fact(camera: str) -> str:
    return f"night.{camera}"
