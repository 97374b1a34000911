"""The album: a photo goes in whole, or not at all."""

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from pucci import jpeg
from pucci.album import index as rows
from pucci.album.dating import dated
from pucci.album.early import note_gone
from pucci.album.files import Files
from pucci.album.film import Film
from pucci.album.films import Films
from pucci.album.index import Index
from pucci.album.kept import Kept
from pucci.album.names import name_of, parse
from pucci.album.pauses import Pauses
from pucci.album.public import VERSION, Public
from pucci.album.refusals import Refusals, set_aside
from pucci.album.retention import expired
from pucci.album.room import Limits, Room
from pucci.album.sheets import Sheets
from pucci.album.slots import Slot, Slots, Tally, record
from pucci.album.thumbs import WIDTH, Thumbs, shrink
from pucci.album.witnesses import Witnesses
from pucci.clock import Clock, trusted_now
from pucci.db import Database, count_up
from pucci.errors import AlbumError, NoSuchPhoto, NotShowable
from pucci.photo import Frame, Photo, State, Verdict

log = logging.getLogger(__name__)

# Photos deleted in one transaction: other writers wait no longer than this many rows take.
_BATCH = 200
# Days whose files are looked at when the album is opened: a write-ahead log holds no more.
_MOST_DAYS = 14
# Days' folders that a batch may have been deleted from, and the one it was cut off in.
_EMPTIED = 3
# Photos of an unset clock that are dated later: a month of them.
_MOST_UNDATED = 9000

HoldsSince = Callable[[str], datetime | None]


class Album:
    """All photos: the index (rows) and the store (bytes), and the slots they fill."""

    def __init__(
        self, database: Database, folder: Path, *, clock: Clock, limits: Limits | None = None
    ) -> None:
        self._db = database
        self._clock = clock
        self.index = Index(database)
        self.films = Films(database, folder / "films", clock=clock)
        self.room = Room(database, self.index, self.films, folder, limits or Limits(reserve=0))
        self.kept = Kept(database, clock=clock)
        self.slots = Slots(database)
        self.pauses = Pauses(database)
        self.refusals = Refusals(database)
        self.witnesses = Witnesses(database)
        self.files = Files(folder / "photos")
        self._thumbs = Thumbs(folder / "thumbs")
        self.sheets = Sheets(folder / "sheets", self.path)
        self.public = Public(database, clock=clock)
        # Photos of an unset clock, and the uptime at which they were taken.
        self._undated: dict[int, float] = {}
        self._last: dict[str, tuple[int, jpeg.Sketch | None]] = {}
        self._cut_off: set[str] = set()  # cameras of which a file may lie there whose row was refused

    # -- reading ----------------------------------------------------------------------------

    def photo(self, photo_id: int) -> Photo | None:
        """Return a photo by its id, None where there is none."""
        return self.index.photo(photo_id)

    def newest(self, camera: str) -> Photo | None:
        """Return a camera's newest photo."""
        return self.index.newest(camera)

    def between(self, camera: str, start: datetime, end: datetime) -> list[Photo]:
        """Return a camera's photos taken from `start` up to, not including, `end`; newest first."""
        return self.index.between(camera, start, end)

    def path(self, photo: Photo) -> Path:
        """Return where a photo's bytes are."""
        return self.files.path(photo.file)

    def thumb(self, photo: Photo) -> bytes:
        """Return a photo's thumb: a JPEG at most 160 px wide.

        Raises:
            NoSuchPhoto: its file has gone meanwhile.
        """
        try:
            return self._thumbs.get(photo.file, self.path(photo))
        except FileNotFoundError as error:
            raise NoSuchPhoto("This photo has gone.") from error

    # -- adding -----------------------------------------------------------------------------

    def add(
        self,
        camera: str,
        frame: Frame,
        verdict: Verdict,
        *,
        due_at: datetime | None = None,
        tally: Tally | None = None,
    ) -> Photo:
        """Store a whole frame as a photo, and fill the slot it was taken for.

        Where room is short, the oldest photos that are not kept, and films, go first, as needed (S4).

        S1 by order: the bytes, then their folder are on the disk, then the row is committed. All of it
        happens under the database's write lock, so the photo's number is nobody else's. Where the row is
        refused, its file stays: nobody knows what of the row is on the disk. The next `add` adopts it.

        Raises:
            AlbumFull: there is no room, and nothing that may go.
            AlbumError: the disk refuses it; the album is as before.
        """
        if not verdict.is_whole:
            raise ValueError(f"a {verdict.state} frame is no photo")
        seen = jpeg.sketch(frame.data)
        activity = jpeg.changed(seen, self._before(camera))
        if camera in self._cut_off:
            self.adopt_recent()
        self._make_room(len(frame.data))
        try:
            with self._db.write() as connection:
                number = rows.next_sequence(connection, camera)
                frame, certain = dated(frame, self._clock)
                photo = self._store(
                    connection, camera, frame, verdict, number, certain=certain, activity=activity
                )
                tally = tally or Tally()
                if due_at is not None:
                    record(connection, Slot.of(camera, due_at, tally, photo_id=photo.id))
                if tally.aside:
                    set_aside(connection, camera, *tally.aside)
        except BaseException:
            self._cut_off.add(camera)
            raise
        self._cut_off.discard(camera)
        self._last[camera] = photo.id, seen
        if not photo.certain and len(self._undated) < _MOST_UNDATED:
            age = self._clock.now() - photo.taken_at
            up = self._clock.monotonic() - age.total_seconds()
            self._undated[photo.id] = up if frame.up is None else frame.up
        return photo

    def redate(self) -> int:
        """Date the photos this process took before the clock was set; return how many.

        Their true time is measured, not guessed: how much uptime ago each was taken.
        """
        now = trusted_now(self._clock) if self._undated else None
        if now is None:
            return 0
        boot = now - timedelta(seconds=self._clock.monotonic())
        dates = {photo_id: boot + timedelta(seconds=up) for photo_id, up in self._undated.items()}
        before = self.index.these(dates)
        self.index.redate(dates)
        for photo in before:
            self.sheets.forget(photo)
        self._undated.clear()
        return len(before)

    def _make_room(self, new: int) -> None:
        if gone := self.room.retiring(new):
            self.delete(one for one in gone if isinstance(one, Photo))
            for film in (one for one in gone if isinstance(one, Film)):
                self.films.delete(film)
            note_gone(self._db, gone, clock=self._clock)

    def _before(self, camera: str) -> jpeg.Sketch | None:
        """Return the sketch of a camera's newest photo, from memory where this process took it."""
        newest, (photo_id, seen) = self.newest(camera), self._last.get(camera, (0, None))
        if newest is None or newest.id == photo_id:
            return seen if newest else None
        try:
            return jpeg.sketch(self.path(newest).read_bytes())
        except OSError:
            return None

    def admit(self, refusal_id: int) -> Photo:
        """Store a refused frame as a photo: the owner says that it is fine after all.

        It goes before all other photos in order, so that an old frame never poses as the newest.

        Raises:
            NoSuchPhoto: there is no such frame (any more).
            AlbumError: it cannot be shown, or the disk refuses it.
        """
        found = self.refusals.frame(refusal_id)
        if found is None:
            raise NoSuchPhoto("This frame has gone. Only the last few refused ones are kept.")
        refusal, data = found
        size = jpeg.size_of(data)
        try:
            shrink(data, WIDTH)
        except (OSError, ValueError, SyntaxError) as error:
            size = None
            log.debug("refused frame %d: %s", refusal_id, error)
        if size is None:
            raise NotShowable("This frame cannot be shown, so it cannot be a photo. Keep refusing it.")
        frame = Frame(data, refusal.taken_at, proves=False)
        verdict = Verdict(State.WHOLE, width=size[0], height=size[1])
        with self._db.write() as connection:
            before = rows.free_sequence(connection, refusal.camera, 0)
            certain = self._clock.is_trusted()
            photo = self._store(connection, refusal.camera, frame, verdict, before, certain=certain)
        self.refusals.forget(refusal_id)
        return photo

    def _store(
        self,
        connection: sa.Connection,
        camera: str,
        frame: Frame,
        verdict: Verdict,
        sequence: int,
        *,
        certain: bool,
        activity: int | None = None,
    ) -> Photo:
        data = jpeg.showable(frame.data)
        name = name_of(camera, frame.taken_at, abs(sequence))
        self.files.write(name, data)
        return rows.insert(
            connection,
            {
                "camera": camera,
                "sequence": sequence,
                "taken_at": frame.taken_at,
                "file": name,
                "size": len(data),
                "width": verdict.width,
                "height": verdict.height,
                "proved": frame.proves,
                "certain": certain,
                "activity": activity,
            },
        )

    def adopt(self, name: str) -> Photo | None:
        """Take a stray file into the index, if it is a whole photo under a name of ours."""
        return self._adopt([name])[0] if parse(name) else None

    def adopt_recent(self) -> list[Photo]:
        """Adopt what has no row: of each camera's days since its newest photo, and of those it deleted from.

        A kill leaves one; a damaged write-ahead log takes back the rows of some days. Called when the album
        is opened for writing, before any new photo, so that order is kept.
        """
        today = self._clock.now().astimezone(UTC).date().isoformat()
        strays: list[str] = []
        for folder in sorted(self.files.path("").glob("*")):
            newest = self.index.newest(folder.name)
            since = newest.file.split("/")[1] if newest else today
            days = sorted({path.name for path in folder.glob("*") if path.name >= since})[-_MOST_DAYS:]
            for day in sorted({since, *days, today} | self._emptied(folder.name)):
                strays += self.strays(f"{folder.name}/{day}")
        return [photo for photo in self._adopt(strays) if photo is not None]

    def _emptied(self, camera: str) -> set[str]:
        """Return the last days that retention took photos of: up to that of the oldest one that is left."""
        oldest = self.index.oldest_not_kept(camera, 1)
        last = oldest[0].file.split("/")[1] if oldest else "9999"
        folder = self.files.path(camera)
        days = sorted(path.name for path in folder.glob("*") if path.name <= last)
        return set(days[-_EMPTIED:])

    def strays(self, folder: str = "") -> list[str]:
        """Return the names of photo files below a folder that have no row, oldest first."""
        found = [name for name in self.files.names(folder) if parse(name)]
        known = self.index.files(f"{folder}/" if folder else "") if found else set()
        return sorted(set(found) - known)

    def _adopt(self, names: Iterable[str]) -> list[Photo | None]:
        adopted: list[Photo | None] = []
        for name in names:
            # Under the write lock, so a photo just being added by another process is not a stray.
            with self._db.write() as connection:
                adopted.append(self._adopt_one(connection, name))
        return adopted

    def _adopt_one(self, connection: sa.Connection, name: str) -> Photo | None:
        named = parse(name)
        known = connection.scalar(sa.text("SELECT id FROM photo WHERE file = :file"), {"file": name})
        if named is None or known is not None:
            return None
        try:
            data = self.files.path(name).read_bytes()
        except OSError as error:
            log.warning(
                "%s has no row, and cannot be read: %s. It is left where it is.", name, error.strerror
            )
            return None
        verdict = jpeg.judge(data)
        # What is let pass for a camera is let pass in its photos.
        if not verdict.is_whole and verdict.reason not in jpeg.MAY_BE_HARMLESS:
            log.warning("%s has no row, and is damaged (%s); it is left where it is.", name, verdict.reason)
            return None
        log.info("%s was stored just before a stop; it is in the album now.", name)
        return rows.insert(
            connection,
            {
                "camera": named.camera,
                "sequence": rows.free_sequence(connection, named.camera, named.number),
                "taken_at": named.taken_at,
                "file": name,
                "size": len(data),
                "width": verdict.width,
                "height": verdict.height,
                "proved": False,  # its driver is not known any more
                "certain": False,
            },
        )

    # -- deleting ---------------------------------------------------------------------------

    def expired(self, keep: timedelta, holds_since: HoldsSince = lambda _camera: None) -> list[Photo]:
        """Return the photos that age would delete now, oldest first, camera by camera.

        `holds_since` says of a camera since when photos wait for a film.
        """
        now = trusted_now(self._clock)
        found: list[Photo] = []
        if now is None or not keep:
            return found
        for camera in self.index.cameras():
            newest = self.index.newest(camera)
            candidates = self.index.touched_by_age(camera, now - keep)
            if newest is not None and newest not in candidates:
                candidates.append(newest)
            found += expired(candidates, now=now, keep=keep, trusted=True, holds_since=holds_since(camera))
        return found

    def purge(self, keep: timedelta, holds_since: HoldsSince = lambda _camera: None) -> int:
        """Delete what has expired; return how many went. `keep` of zero keeps all."""
        photos = self.expired(keep, holds_since)
        for start in range(0, len(photos), _BATCH):
            self.delete(photos[start : start + _BATCH])
        return len(photos)

    def delete(self, photos: Iterable[Photo], *, kept_too: bool = False) -> None:
        """Delete photos: rows first, so that a row always has its file (S1).

        One that is kept, or was kept meanwhile, stays, unless somebody who may deletes it (`kept_too`).

        Raises:
            AlbumError: the disk does not let a file go that somebody who may wants gone. What retention
                takes is only put into the log then: a slot is not missed for it.
        """
        photos = list(photos)
        with self._db.write() as connection:
            rows.delete(connection, photos, kept_too=kept_too)
            if kept_too:  # one of them may have been public
                count_up(connection, VERSION)
        with self._db.write() as connection:  # so that nobody adopts a file as it goes
            known = rows.known(connection, [photo.file for photo in photos])
            gone = [photo for photo in photos if photo.file not in known]
            left = [photo for photo in gone if not self._forget(photo, kept_too)]
            left = [photo for photo in left if not self._forget(photo, kept_too)]  # a card that hiccups
        if kept_too and known:  # adopted by somebody between the two
            self.delete([photo for photo in photos if photo.file in known], kept_too=True)
        if left:
            sentence = f"The file {left[0].file} cannot be deleted. Look at the disk with `sudo dmesg`."
            if kept_too:
                raise AlbumError(sentence)
            log.warning("%s", sentence)

    def _forget(self, photo: Photo, daily_too: bool) -> bool:
        """Remove all files of a photo that has no row any more; return whether the disk let them go."""
        try:
            self.files.remove(photo.file)
            self._thumbs.remove(photo.file)
            self.sheets.forget(photo)
            if daily_too:  # somebody wants it gone; what age takes may live on in a film
                self.films.forget_daily(photo.camera, photo.id)
        except OSError as error:
            log.debug("%s: %s", photo.file, error)
            return False
        return True

    def all_photos(self) -> Iterator[Photo]:
        """Yield every photo in order of id, a page at a time."""
        last = 0
        while page := self.index.after(last, 500):
            yield from page
            last = page[-1].id
