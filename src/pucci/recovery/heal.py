"""A damaged database is set aside, and a new one made of the last snapshot and the photos on the disk.

The new one is made under another name and takes its place when it is whole. A stop on the way costs nothing:
the next start begins anew. No photo is touched, and what was damaged is renamed, never deleted.
"""

import errno
import json
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from pucci import damage, tables
from pucci.album.files import Files, sync_folder
from pucci.album.films import Films
from pucci.album.kept import settle
from pucci.album.names import Named, parse
from pucci.album.public import VERSION
from pucci.album.rebuild import Rebuilt, drop_films_without_file, rebuild, refill
from pucci.clock import Clock
from pucci.db import Database, open_db, read_fact, write_fact
from pucci.errors import DatabaseError
from pucci.recovery import notice, snapshots
from pucci.recovery.notice import Recovered
from pucci.recovery.salvage import Salvaged, salvage
from pucci.watchdog import Watchdog

log = logging.getLogger(__name__)

# So far beyond the last ones known do numbers go on, for each database set aside: browsers keep what they saw
# under the old ones for ever.
_LEAP: Final = 1_000_000
_SLOT_RECORD: Final = timedelta(days=30)


@dataclass(slots=True)
class _Before:
    """What the snapshot says of itself: when it was taken, each camera's last number, the last id."""

    at: datetime | None = None
    newest: Mapping[str, int] = field(default_factory=dict)
    photo_id: int = 0


class Healing:
    """Makes one database anew."""

    def __init__(self, file: Path, folder: Path, *, clock: Clock, interval_s: float) -> None:
        self._file = file
        self._folder = folder
        self._clock = clock
        self._interval_s = interval_s
        self._part = file.with_name(f".{file.name}.anew.part")
        self._files = Files(folder / "photos")
        self._watchdog = Watchdog()
        self._aside = _free_name(file, clock.now())

    def run(self, why: str) -> Recovered:
        """Make it; return what is to be told.

        Raises:
            OSError, sqlite3.Error, DatabaseError: it cannot be made; all is as it was.
        """
        salvaged = salvage(self._file)
        self._remove_part()
        try:
            with closing(self._begin()) as database:
                before = _read_before(database)
                names = {name: named for name in self._files.names() if (named := parse(name))}
                self._leap(database, salvaged, names)
                found = self._fill(database, names, before)
                off = _put_back(database, salvaged, before, now=self._clock.now())
                told = self._tell(database, why, before, found, off)
            self._fold_log_in()
            _sync(self._part)
            damage.give_to_owner_of(self._folder, self._part)
            self._take_place()
        except BaseException:
            self._remove_part()
            raise
        damage.unmark(self._file)
        return told

    def _begin(self) -> Database:
        """Return the new database: the newest snapshot that can be used, or an empty one."""
        for path in snapshots.good(self._folder):
            try:
                shutil.copyfile(path, self._part)
                self._part.chmod(0o600)
                return open_db(f"sqlite:///{self._part}")
            except DatabaseError as error:
                log.warning("The snapshot %s cannot be used: %s", path, error)
                self._remove_part()
        return open_db(f"sqlite:///{self._part}")

    def _leap(self, database: Database, salvaged: Salvaged, names: Mapping[str, Named]) -> None:
        """Let ids, and the number of the public page, go on where no browser has ever seen any."""
        far = _LEAP * (1 + len(list(self._file.parent.glob(f"{self._file.name}.damaged-*"))))
        with database.write() as connection:
            known = _pairs(connection, sa.text("SELECT name, seq FROM sqlite_sequence"))
            for name in filter(_is_numbered, tables.metadata.tables):
                highest = max(known.get(name, 0), salvaged.numbers.get(name, 0))
                if name == "photo":
                    highest = max(highest, _photos_ever(names.values()))
                values = {"name": name, "seq": highest + far}
                connection.execute(sa.text("DELETE FROM sqlite_sequence WHERE name = :name"), values)
                connection.execute(sa.text("INSERT INTO sqlite_sequence VALUES (:name, :seq)"), values)
            found = int(read_fact(connection, VERSION) or 0)
            # The time in seconds is beyond every number of changes, also where none is known any more.
            version = max(max(found, salvaged.version) + far, int(self._clock.now().timestamp()))
            write_fact(connection, VERSION, str(version))

    def _fill(self, database: Database, names: Mapping[str, Named], before: _Before) -> Rebuilt:
        with database.read() as connection:
            known = set(connection.scalars(sa.select(tables.photo.c.file)))
        new = {name: named for name, named in names.items() if name not in known}
        found = rebuild(database, self._files, new, certain_to=before.newest, tick=self._watchdog.starting)
        drop_films_without_file(database, self._folder / "films")
        films = Films(database, self._folder / "films", clock=self._clock)
        for name in films.strays():  # those made since the snapshot
            films.adopt(name)
        since = self._clock.now() - _SLOT_RECORD
        refill(database, since=since, interval_s=self._interval_s)
        return found

    def _tell(
        self, database: Database, why: str, before: _Before, found: Rebuilt, off: list[str]
    ) -> Recovered:
        now = self._clock.now()
        with database.write() as connection:
            told = Recovered(
                at=now if self._clock.is_trusted() else None,
                why=why,
                aside=self._aside.name if self._file.exists() else "",
                snapshot_at=before.at,
                photos=connection.scalar(sa.select(sa.func.count()).select_from(tables.photo)) or 0,
                left=len(found.left),
                off=", ".join(off),
            )
            notice.write(connection, told)
        return told

    def _fold_log_in(self) -> None:
        """Let the new one be a single file: where its log stays behind at a close, SQLite says nothing."""
        with closing(sqlite3.connect(self._part, isolation_level=None)) as connection:
            busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        log_file = damage.log_of(self._part)
        if busy or (log_file.exists() and log_file.stat().st_size > 0):
            raise OSError(errno.EIO, "its write-ahead log cannot be folded in", str(self._part))

    def _take_place(self) -> None:
        """Rename the damaged one, its log first: that must never meet the new one."""
        for end in ("-wal", "-shm", ""):
            path = self._file.with_name(self._file.name + end)
            if path.exists():
                path.rename(self._aside.with_name(self._aside.name + end))
        for end in ("-wal", "-shm"):  # of who opened the file meanwhile: now there is none to be opened
            self._file.with_name(self._file.name + end).unlink(missing_ok=True)
        self._part.rename(self._file)
        sync_folder(self._file.parent)

    def _remove_part(self) -> None:
        for end in ("", "-wal", "-shm", "-journal"):
            self._part.with_name(self._part.name + end).unlink(missing_ok=True)


def _free_name(file: Path, now: datetime) -> Path:
    """Return a dated name for the damaged file that nothing has."""
    dated = f"{file.name}.damaged-{now:%Y-%m-%d-%H%M%S}"
    names = (file.with_name(name) for name in (dated, *(f"{dated}-{more}" for more in range(2, 1000))))
    return next(path for path in names if not path.exists())


def _read_before(database: Database) -> _Before:
    fact = tables.fact.c
    with database.read() as connection:
        value = connection.scalar(sa.select(fact.value).where(fact.name == snapshots.FACT))
        photo_id = connection.scalar(sa.text("SELECT seq FROM sqlite_sequence WHERE name = 'photo'")) or 0
    with suppress(ValueError, KeyError, TypeError, AttributeError):
        told: dict[str, Any] = json.loads(value or "")
        return _Before(datetime.fromisoformat(told["at"]), dict(told["newest"]), photo_id)
    return _Before()


def _is_numbered(table: str) -> bool:
    return bool(tables.metadata.tables[table].dialect_options["sqlite"]["autoincrement"])


def _photos_ever(names: Iterable[Named]) -> int:
    """Return how many photos there have been at most, by the highest number of each camera's names."""
    highest: dict[str, int] = {}
    for named in names:
        highest[named.camera] = max(highest.get(named.camera, 0), named.number)
    return sum(highest.values())


def _put_back(database: Database, salvaged: Salvaged, before: _Before, *, now: datetime) -> list[str]:
    """Keep what was kept since the snapshot, and turn off again the cameras that were off.

    Returns the cameras that are off and may have been turned on since the snapshot.
    """
    _put_stars_back(database, salvaged, now=now)
    # A damaged log can take the file back to before the snapshot; a photo since then says that it did not.
    is_newer = salvaged.pauses_whole and salvaged.numbers.get("photo", 0) > before.photo_id
    pause = tables.pause
    with database.write() as connection:
        off = set(connection.scalars(sa.select(pause.c.camera)))
        if is_newer:
            gone = off - {str(row[0]) for row in salvaged.pauses}
            connection.execute(sa.delete(pause).where(pause.c.camera.in_(gone)))
            off -= gone
        unsure = set[str]() if is_newer else set(off)
        for row in salvaged.pauses:
            camera, since, until, by = (str(value or "") for value in row)
            if camera in off:
                continue
            with _one_by_one(camera):
                begun, ends = (
                    datetime.fromisoformat(f"{one}+00:00") if one else None for one in (since, until)
                )
                values = {"camera": camera, "since": begun or now, "until": ends, "by": by}
                connection.execute(sa.insert(pause).values(values))
                off.add(camera)
    return sorted(unsure)


def _put_stars_back(database: Database, salvaged: Salvaged, *, now: datetime) -> None:
    photo, person, star = tables.photo.c, tables.user.c, tables.star
    with database.write() as connection:
        ids = _pairs(connection, sa.select(photo.file, photo.id)) if salvaged.kept else {}
        people = _pairs(connection, sa.select(person.username, person.id))
        kept = set(connection.scalars(sa.select(photo.id).where(photo.kept)))
        for name, who in sorted(salvaged.kept, key=str):
            photo_id, user_id = ids.get(name), people.get(who or "")
            if photo_id is not None and photo_id not in kept:
                with _one_by_one(name):
                    connection.execute(sa.insert(star).values(photo_id=photo_id, user_id=user_id, at=now))
                    settle(connection, photo_id)


@contextmanager
def _one_by_one(what: str) -> Iterator[None]:
    """Pass over what a damaged page made of a row: nothing of it may stop the rest."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever its bytes set off
        log.debug("%r is not put back: %s", what, error)


def _pairs(connection: sa.Connection, query: sa.Executable) -> dict[Any, Any]:
    return {row[0]: row[1] for row in connection.execute(query)}


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())
