"""Who makes films: each day's after midnight, and those somebody wants; one at a time, behind all else."""

import contextlib
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Final

from pucci import jpeg
from pucci.album import Album
from pucci.album.films import Film, Films, Kind, Made
from pucci.clock import Clock
from pucci.counting import counted
from pucci.db import Database
from pucci.errors import AlbumFull, Busy, NoFilm, NoSuchFilm, PucciError
from pucci.forms import clock_time
from pucci.rounds import Rounds
from pucci.settings import FilmSettings
from pucci.timelapse.choose import (
    FASTEST_FPS,
    LONGEST_S,
    MOST_PICTURES,
    commonest_size,
    local_days,
    local_moment,
    nearest,
    rate,
    thinned,
)
from pucci.timelapse.encode import encode, poster
from pucci.timelapse.nights import Nights

log = logging.getLogger(__name__)

_LOOK_S: Final = 10.0
_TELL_EVERY: Final = timedelta(seconds=1)


class Stopped(Exception):
    """Pucci ends: the film is begun anew at the next start."""


class FilmMaker:
    """Makes films from the album. `start()` begins a thread of its own, `stop()` ends it."""

    def __init__(
        self,
        album: Album,
        database: Database,
        settings: FilmSettings,
        cameras: Sequence[str],
        *,
        zone: tzinfo | None,
        clock: Clock,
    ) -> None:
        self._album = album
        self._films: Films = album.films
        self._settings = settings
        self._cameras = cameras
        self._zone = zone
        self._clock = clock
        self._rounds = Rounds("films", self._round, every_s=_LOOK_S, at_once=True, idle=True)
        self._is_swept = False
        self._nights = Nights(album, database, settings, zone=zone, clock=clock)

    # -- the thread -------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to make films."""
        self._nights.begin()
        self._rounds.start()

    def stop(self, limit_s: float = 2.0) -> None:
        """Stop; a film under way is begun anew at the next start."""
        self._rounds.stop(limit_s)

    def wake(self) -> None:
        """Look at once whether somebody wants a film."""
        self._rounds.wake()

    def _round(self) -> None:
        try:
            if not self._is_swept:
                with self._films.only_one():
                    self._films.sweep()
                self._is_swept = True
            self.work()
        except Busy:
            log.debug("another process makes a film")
        except PucciError as error:
            log.error("films: %s", error)  # noqa: TRY400 - the sentence is for the owner
        except OSError as error:
            log.debug("looking after films", exc_info=True)
            log.error("films: %s. Look at the disk with `sudo dmesg`.", error.strerror)  # noqa: TRY400
        except Exception:
            # The outermost loop of a daemon nobody looks after: it goes on with the next film.
            log.exception("films: something broke.")

    def holds_since(self, camera: str) -> datetime | None:
        """Return since when photos must wait for their day's film, None where none is waited for."""
        return self._nights.holds_since(camera)

    def work(self) -> None:
        """Make what is due and what is wanted, and let old films go."""
        for camera in self._cameras:
            self._nights.want(camera)
        while not self._rounds.is_stopping and (film := self._films.next_wanted()) is not None:
            try:
                made = self.make(film)
                photos = counted(made.photos, "photo")
                log.info("film %d: %s, %s, %d KB.", made.id, made.file, photos, made.size // 1000)
            except Stopped:
                return
            except AlbumFull as error:
                log.debug("film %d waits: %s", film.id, error)
                return
            except Busy:
                raise
            except NoSuchFilm:
                log.info("film %d was cancelled.", film.id)
            except PucciError as error:
                self._films.fail(film, str(error))
                log.warning("film %d: %s", film.id, error)
        self._films.purge(timedelta(days=self._settings.max_age_days))

    # -- one film ---------------------------------------------------------------------------

    def make_now(
        self,
        camera: str,
        kind: Kind,
        start: datetime,
        end: datetime,
        hour: str = "",
        *,
        tick: Callable[[int, int], object] = lambda _done, _all: None,
    ) -> Film:
        """Make a film that nobody has put down yet; where it fails, that is put down.

        Raises:
            PucciError: see `make`.
        """
        film = self._films.want(camera, kind, start, end, hour, queues=False)
        try:
            return self.make(film, tick)
        except PucciError as error:
            with contextlib.suppress(PucciError):
                self._films.fail(film, str(error))
            raise

    def make(self, film: Film, tick: Callable[[int, int], object] = lambda _done, _all: None) -> Film:
        """Make a film that is wanted; `tick` is told how many of how many pictures are done.

        Raises:
            NoFilm: there are no photos, or it failed.
            NoSuchFilm: it was cancelled.
            Busy: another process makes one.
            AlbumFull: the disk has no room for it; it is still wanted.
        """
        with self._films.only_one():
            if refusal := self._album.room.state().sentence:
                raise AlbumFull(refusal)
            target = self._films.begin(film)
            paths, size = self.pictures(film)
            fps = rate(len(paths))
            shown: list[bytes] = []

            def told(done: int) -> None:
                tick(done, len(paths))
                if self._rounds.is_stopping:
                    raise Stopped

            pictures = self._read(film, paths, told, shown)
            count = encode(pictures, target, size=size, fps=fps)
            made = Made(
                target, poster(shown[0], size), count / fps, count, *size, self._copies(film, paths, count)
            )
            return self._films.finish(film, made)

    def write(
        self, film: Film, target: Path, tick: Callable[[int, int], object] = lambda _done, _all: None
    ) -> int:
        """Write a film to a file of somebody's own, into no album; return how many pictures it has."""
        paths, size = self.pictures(film)
        part = target.with_name(f".{target.name}.{os.getpid()}.part")
        pictures = self._read(None, paths, lambda done: tick(done, len(paths)), [])
        count = encode(pictures, part, size=size, fps=rate(len(paths)))
        try:
            part.rename(target)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise NoFilm(f"{target} cannot be written: {error.strerror}. Look at the disk.") from error
        return count

    def pictures(self, film: Film) -> tuple[list[str], tuple[int, int]]:
        """Return the files a film is made of, in their order, and the size of most.

        As text: thousands of `Path` are megabytes.

        Raises:
            NoFilm: there are none.
        """
        if film.kind == Kind.DAILY:
            found = self._one_a_day(film)
        else:
            rows = self._album.index.pictures(film.camera, film.start, film.end)
            most = LONGEST_S * FASTEST_FPS if film.kind == Kind.DAY else MOST_PICTURES
            found = [(str(self._album.files.path(name)), size) for name, *size in thinned(rows, most)]
        if not found:
            raise NoFilm("There are no photos to make a film of. Choose another span.")
        return [path for path, _ in found], commonest_size(tuple(size) for _, size in found)  # type: ignore[misc]

    def _one_a_day(self, film: Film) -> list[tuple[str, Sequence[int]]]:
        """Return each day's picture nearest to the film's hour: a photo, or the copy that outlived it."""
        kept, at = self._films.dailies(film.camera), clock_time(film.hour) or time(12)
        found: list[tuple[str, Sequence[int]]] = []
        for day in local_days(film.start, film.end, self._zone)[-MOST_PICTURES:]:
            moment = local_moment(day, at, self._zone)
            half = timedelta(hours=12)
            photo = nearest(self._album.between(film.camera, moment - half, moment + half), moment)
            copy = kept.get(day)
            if photo is not None:
                found.append((str(self._album.path(photo)), (photo.width, photo.height)))
            elif copy is not None and (size := jpeg.size_of(copy.read_bytes())) is not None:
                found.append((str(copy), size))
        return found

    def _copies(self, film: Film, paths: Sequence[str], most: int) -> int:
        """Return how many of a film's pictures are a day's copy, taken at another time than its hour."""
        if film.kind != Kind.DAILY or clock_time(film.hour) == clock_time(self._settings.daily_at):
            return 0
        folder = str(self._films.dailies_folder)
        return min(most, sum(path.startswith(folder) for path in paths))

    def _read(
        self, film: Film | None, paths: Sequence[str], told: Callable[[int], object], shown: list[bytes]
    ) -> Iterator[bytes]:
        """Yield the pictures that are whole and not the one before once more."""
        before, last_told = b"", self._clock.now() - _TELL_EVERY
        for number, path in enumerate(paths, 1):
            told(number)
            now = self._clock.now()
            if film is not None and abs(now - last_told) >= _TELL_EVERY:
                last_told = now
                if not self._films.tell(film, 1000 * number // (len(paths) + 1)):
                    raise NoSuchFilm("The film was cancelled.")
            try:
                data = Path(path).read_bytes()
            except OSError:
                continue  # deleted meanwhile
            if data == before or not jpeg.judge(data).is_whole:
                continue
            before = data
            if not shown or number <= len(paths) // 2:
                shown[:] = [data]  # the poster is the middle of the film
            yield data


def span_of_days(first: date, last: date, zone: tzinfo | None) -> tuple[datetime, datetime]:
    """Return the span of whole local days, the last one included."""
    start, end = (local_moment(day, time.min, zone) for day in (first, last + timedelta(days=1)))
    return start, end
