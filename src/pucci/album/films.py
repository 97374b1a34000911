"""Films: their rows and their files, and the daily pictures that outlive retention for one of them."""

import contextlib
import fcntl
import logging
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from pucci import tables
from pucci.album import filmfiles
from pucci.album.files import PART, Files, sync_folder
from pucci.album.film import Film, Kind, Made, Stage
from pucci.clock import Clock, trusted_now
from pucci.db import Database
from pucci.errors import AlbumError, Busy, NoSuchFilm

log = logging.getLogger(__name__)


_COLUMNS: Final = [tables.film.c[name] for name in Film.__dataclass_fields__]
_UNDER_WAY: Final = (Stage.WANTED, Stage.MAKING)
_DAILY: Final = re.compile(r"(\d{4}-\d\d-\d\d)-(\d+)\.jpg")


class Films:
    """All films. Files lie in `folder`, named by us alone; a row that is done has its file (as S1)."""

    def __init__(self, database: Database, folder: Path, *, clock: Clock) -> None:
        self._db = database
        self._folder = folder
        self._clock = clock
        self._daily = Files(folder / "daily")

    # -- reading ------------------------------------------------------------------------------

    def film(self, film_id: int) -> Film | None:
        """Return a film by its id, None where there is none."""
        found = self._all(tables.film.c.id == film_id)
        return found[0] if found else None

    def newest(self, limit: int = 60) -> list[Film]:
        """Return the films that are done, newest first."""
        return self._all(tables.film.c.state == Stage.DONE, limit=limit)

    def done(self) -> list[Film]:
        """Return all films that are done, newest first."""
        return self._all(tables.film.c.state == Stage.DONE)

    def oldest(self, limit: int) -> list[tuple[Film, int]]:
        """Return up to `limit` films that are done, the first that ended first, but never the newest.

        With each comes the id of the last photo its camera has up to the film's end, 0 where none is left.
        """
        film, photo = tables.film.c, tables.photo.c
        before = sa.select(photo.id).where(photo.camera == film.camera, photo.taken_at < film.end)
        last = before.order_by(photo.taken_at.desc()).limit(1).correlate(tables.film).scalar_subquery()
        newest = [one.id for one in self._all(film.state == Stage.DONE, limit=1)]
        query = sa.select(*_COLUMNS, last).where(film.state == Stage.DONE, film.id.not_in(newest))
        with self._db.read() as connection:
            rows = connection.execute(query.order_by(film.end, film.id).limit(limit)).all()
        return [(Film(*values), last_id or 0) for *values, last_id in rows]

    def unfinished(self) -> list[Film]:
        """Return the films somebody waits for, and those that failed, newest first."""
        return self._all(tables.film.c.state != Stage.DONE)

    def of_day(self, camera: str, start: datetime) -> Film | None:
        """Return the film of the local day that begins at `start`, whatever became of it."""
        film = tables.film.c
        found = self._all(film.camera == camera, film.start == start, film.kind == Kind.DAY)
        return found[0] if found else None

    @property
    def folder(self) -> Path:
        """Where videos and posters lie."""
        return self._folder

    @property
    def dailies_folder(self) -> Path:
        """Where the pictures kept for each day lie, in a folder for each camera."""
        return self._daily.path("")

    def path(self, film: Film) -> Path:
        """Return where a film's video is."""
        return self._folder / film.file

    def poster(self, film: Film) -> Path:
        """Return where a film's poster is, a JPEG."""
        return self.path(film).with_suffix(".jpg")

    # -- making -------------------------------------------------------------------------------

    def want(
        self,
        camera: str,
        kind: Kind,
        start: datetime,
        end: datetime,
        hour: str = "",
        *,
        queues: bool = True,
    ) -> Film:
        """Put down the wish for a film. One who makes it himself, at once, `queues` behind nobody.

        Raises:
            Busy: another one is waited for; one is made at a time.
        """
        values = {
            "camera": camera,
            "kind": kind,
            "start": start,
            "end": end,
            "hour": hour,
            "state": Stage.WANTED,
            "progress": 0,
            "reason": "",
            "asked_at": self._clock.now(),
            "file": "",
            "size": 0,
            "seconds": 0.0,
            "photos": 0,
            "copies": 0,
            "width": 0,
            "height": 0,
        }
        film = tables.film
        with self._db.write() as connection:
            waiting = sa.select(film.c.id).where(film.c.state.in_(_UNDER_WAY)).limit(1)
            if queues and kind is not Kind.DAY and connection.scalar(waiting) is not None:
                raise Busy("Another film is being made. Wait until it is done, or cancel it.")
            new = connection.execute(sa.insert(film).values(values).returning(film.c.id)).scalar_one()
        return Film(id=new, **values)

    def next_wanted(self) -> Film | None:
        """Return the wish that has waited longest."""
        found = self._all(tables.film.c.state == Stage.WANTED)
        return found[-1] if found else None

    def begin(self, film: Film) -> Path:
        """Say that a film is being made; return where its video is to be written."""
        self._change(film.id, state=Stage.MAKING, progress=0, reason="")
        self._make_folder()
        return self._folder / f".{film.id}.mp4{PART}"

    def tell(self, film: Film, progress: int) -> bool:
        """Note how far a film is, in thousandths; return whether anybody still wants it."""
        return self._change(film.id, progress=progress)

    def finish(self, film: Film, made: Made) -> Film:
        """Take a finished video into the films: its bytes are on the disk before its row says so.

        Raises:
            AlbumError: the disk refuses it; nothing is left behind.
            NoSuchFilm: it was cancelled meanwhile.
        """
        name = film.name
        self._unlink(name)  # what a power cut left just before the row
        try:
            Files(self._folder).write(Path(name).with_suffix(".jpg").name, made.poster)
            descriptor = os.open(made.video, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
            made.video.rename(self._folder / name)
            sync_folder(self._folder)
            size = (self._folder / name).stat().st_size
        except (OSError, AlbumError) as error:
            self._unlink(name)
            why = getattr(error if isinstance(error, OSError) else error.__cause__, "strerror", error)
            raise AlbumError(f"The film cannot be stored: {why}. Look at the disk.") from error
        values = {"state": Stage.DONE, "progress": 1000, "file": name, "size": size}
        shape = {key: getattr(made, key) for key in ("seconds", "photos", "copies", "width", "height")}
        if not self._change(film.id, **values, **shape):
            self._unlink(name)
            raise NoSuchFilm("The film was cancelled.")
        return self.film(film.id) or film

    def fail(self, film: Film, reason: str) -> None:
        """Say why there is no film."""
        self._change(film.id, state=Stage.FAILED, reason=reason[:400])

    def sweep(self) -> None:
        """Begin anew what a stop interrupted, and remove what it left. For who makes films, at start.

        Whole videos without a row are adopted; whoever calls this is the `only_one`.
        """
        change = sa.update(tables.film).where(tables.film.c.state == Stage.MAKING)
        with self._db.write() as connection:
            connection.execute(change.values(state=Stage.WANTED, progress=0))
        for part in self._folder.glob(f".*.mp4{PART}"):
            with contextlib.suppress(OSError):
                part.unlink()
        for name in self.strays():
            self.adopt(name)

    # -- videos without a row -----------------------------------------------------------------

    def strays(self) -> list[str]:
        """Return the names of videos that no film has, oldest first: their row was lost, or is to come."""
        videos = {path.name for path in self._folder.glob("*.mp4") if filmfiles.parse(path.name)}
        with self._db.read() as connection:
            known = set(connection.scalars(sa.select(tables.film.c.file)))
        return sorted(videos - known, key=lambda name: (self._named(name).start, name))

    def adopt(self, name: str) -> Film | None:
        """Give a video without a row its film, if it is whole; one that still waits for it is done then.

        When it was asked for is not known any more: it counts as made when its file was, or its span ended.
        """
        named, path = self._named(name), self._folder / name
        try:
            shape, status = filmfiles.shape_of(path), path.stat()
        except OSError as error:
            log.warning("%s has no row, and cannot be read: %s. It is left.", name, error.strerror)
            return None
        if shape is None:
            log.warning("%s has no row, and is not whole; it is left where it is.", name)
            return None
        waiting = self._waiting(name)
        values = {"state": Stage.DONE, "progress": 1000, "reason": "", "file": name, "size": status.st_size}
        values |= asdict(shape)
        if waiting is not None:
            self._change(waiting.id, **values)
            return self.film(waiting.id)
        made = max(datetime.fromtimestamp(status.st_mtime, UTC), named.end)
        values |= {key: value for key, value in asdict(named).items() if key != "number"}
        values |= {"asked_at": made, "copies": 0}
        film = tables.film
        # Under the write lock, so that nobody deletes it as it comes back.
        with self._db.write() as connection:
            known = connection.scalar(sa.select(film.c.id).where(film.c.file == name))
            if known is not None or not path.exists():
                return None
            new = connection.execute(sa.insert(film).values(values).returning(film.c.id)).scalar_one()
        log.info("%s had no row; it is among the films again.", name)
        return self.film(new)

    def is_awaited(self, name: str) -> bool:
        """Whether a video without a row is that of a film which is still to be done."""
        return self._waiting(name) is not None

    def _waiting(self, name: str) -> Film | None:
        film = self.film(self._named(name).number)
        return film if film is not None and film.name == name and not film.is_done else None

    def drop_row(self, film: Film) -> None:
        """Drop the row of a film whose video is gone: repair only."""
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.film).where(tables.film.c.id == film.id))

    @staticmethod
    def _named(name: str) -> filmfiles.FilmNamed:
        named = filmfiles.parse(name)
        if named is None:
            raise ValueError(f"{name} is no name of ours")
        return named

    # -- one at a time ------------------------------------------------------------------------

    @contextmanager
    def only_one(self) -> Iterator[None]:
        """Be the only one who makes a film from this album.

        Raises:
            Busy: another process makes one.
            AlbumError: the disk refuses it.
        """
        self._make_folder()
        try:
            lock = (self._folder / "lock").open("a")
        except OSError as error:
            raise _refused(error) from error
        with lock as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Busy("Another film is being made. Try again when it is done.") from error
            yield

    def _make_folder(self) -> None:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        except OSError as error:
            raise _refused(error) from error

    # -- deleting -----------------------------------------------------------------------------

    def delete(self, film: Film) -> None:
        """Delete a film, or the wish for it: the row first, so that a row always has its file."""
        self.drop_row(film)
        if film.file:
            with self._db.write() as connection:  # so that nobody adopts the file as it goes
                connection.execute(sa.delete(tables.film).where(tables.film.c.file == film.file))
                self._unlink(film.file)

    def purge(self, keep: timedelta) -> int:
        """Delete the films older than `keep`, while the clock is trusted; return how many. Zero keeps all."""
        now = trusted_now(self._clock)
        if not keep or now is None:
            return 0
        film = tables.film.c
        old = self._all(film.state.not_in(_UNDER_WAY), film.asked_at < now - keep)
        # Never the newest of all: a clock that is wrong all the same leaves something to see.
        newest = self.newest(1)
        gone = [one for one in old if one not in newest]
        for one in gone:
            self.delete(one)
        return len(gone)

    # -- one picture a day --------------------------------------------------------------------

    def keep_daily(self, camera: str, day: date, photo_id: int, data: bytes) -> None:
        """Keep a copy of a day's picture for the film of one picture a day; one a day is enough."""
        if day not in self.dailies(camera):
            self._daily.write(f"{camera}/{day.isoformat()}-{photo_id}.jpg", data)

    def dailies(self, camera: str) -> dict[date, Path]:
        """Return the pictures kept for each local day."""
        found = ((name, _DAILY.fullmatch(Path(name).name)) for name in self._daily.names(camera))
        return {date.fromisoformat(match[1]): self._daily.path(name) for name, match in found if match}

    def forget_daily(self, camera: str, photo_id: int) -> None:
        """Remove the copy of a photo that somebody deleted."""
        for name in list(self._daily.names(camera)):
            match = _DAILY.fullmatch(Path(name).name)
            if match and int(match[2]) == photo_id:
                self._daily.remove(name)

    # -- rows ---------------------------------------------------------------------------------

    def _change(self, film_id: int, **values: Any) -> bool:
        with self._db.write() as connection:
            change = sa.update(tables.film).where(tables.film.c.id == film_id)
            return connection.execute(change.values(values)).rowcount > 0

    def _all(self, *conditions: sa.ColumnElement[bool], limit: int | None = None) -> list[Film]:
        film = tables.film.c
        query = sa.select(*_COLUMNS).where(*conditions).order_by(film.start.desc(), film.id.desc())
        query = query.limit(limit)
        with self._db.read() as connection:
            return [Film(*row) for row in connection.execute(query)]

    def _unlink(self, name: str) -> None:
        for path in (self._folder / name, (self._folder / name).with_suffix(".jpg")):
            with contextlib.suppress(OSError):
                path.unlink()


def _refused(error: OSError) -> AlbumError:
    return AlbumError(f"No film can be made: {error.strerror}. Look at the disk.")
