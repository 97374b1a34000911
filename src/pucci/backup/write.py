"""Making a backup, while pictures are taken."""

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

import sqlalchemy as sa

from pucci import __version__, damage, tables
from pucci.album import Album
from pucci.album.check import fault_in
from pucci.album.index import Index
from pucci.backup import archive
from pucci.clock import Clock
from pucci.db import SCHEMA, Database, open_db
from pucci.errors import BackupError, DatabaseDamaged
from pucci.photo import Photo
from pucci.settings import Settings
from pucci.snapshot import LEFT_OUT, copy_sqlite

FORMAT: Final = 1
_PAGE: Final = 500


@dataclass(slots=True)
class Report:
    """What a backup holds, and what it could not take along.

    `size` is in bytes, before it is encrypted. `gone` were deleted while it was made. `damaged` are photos
    whose file is no whole picture any more, with the reason: the album has lost them already.
    """

    size: int = 0
    photos: int = 0
    films: int = 0
    gone: int = 0
    damaged: list[str] = field(default_factory=list)


def write(
    out: IO[bytes],
    album: Album,
    settings: Settings,
    *,
    clock: Clock,
    everything: bool = False,
    films: bool = False,
    tick: Callable[[int, int], None] = lambda _done, _whole: None,
) -> Report:
    """Write a backup to `out`: the kept photos, or with `everything` all, and the films if wanted.

    `tick` is told how many bytes are done, and of how many.

    Raises:
        BackupError: the database is PostgreSQL, another backup runs, or something cannot be read or written.
        DatabaseDamaged: the database is; that is noted, so that the next start makes it anew.
    """
    database = sa.make_url(settings.effective_database_url)
    if database.get_backend_name() != "sqlite" or not database.database:
        raise BackupError(
            "Pucci backs up its own SQLite alone. For PostgreSQL use pg_dump, and after it copy the folders "
            f"photos and films in {settings.data_dir}."
        )
    try:
        with _scratch(settings.data_dir) as folder:
            copy = folder / archive.DATABASE
            copy_sqlite(Path(database.database), copy)
            with _rows_of(copy, Path(database.database)) as rows:
                _choose(rows, everything=everything, films=films)
                maker = _Maker(out, album, rows, tick)
                maker.head(clock)
                maker.small_files(settings)
                maker.photos()
                maker.films()
            _pack(copy)
            maker.finish(copy)
            return maker.report
    except sqlite3.Error as error:
        if damage.is_damage(error):
            damage.mark(Path(database.database))
            raise DatabaseDamaged(str(error)) from error
        raise BackupError(f"The database cannot be copied: {error}. Look at the disk with `df`.") from error
    except OSError as error:
        raise BackupError(
            f"The backup cannot be written: {error.strerror or error}. Look at the disk with `df`."
        ) from error


@contextmanager
def _rows_of(copy: Path, file: Path) -> Iterator[Database]:
    """Open the copy of a database; where it is damaged, so is what it is of."""
    try:
        with contextlib.closing(open_db(f"sqlite:///{copy}", may_migrate=False)) as rows:
            yield rows
    except DatabaseDamaged:
        if damage.marks(copy):
            damage.mark(file)
        raise


class _Maker:
    """Puts the parts of a backup into the tar; `rows` is the database's copy, made true as it goes."""

    def __init__(
        self, out: IO[bytes], album: Album, rows: Database, tick: Callable[[int, int], None]
    ) -> None:
        self.report = Report()
        self._album, self._rows, self._index = album, rows, Index(rows)
        self._whole = _total(rows)
        self._done = 0
        self._tick = tick
        self._tar = archive.Writer(out, self._count)

    def _count(self, size: int) -> None:
        self._done += size
        self._tick(min(self._done, self._whole), self._whole)

    def head(self, clock: Clock) -> None:
        """Say first what this is, so that a later Pucci knows how to read it."""
        head = {"format": FORMAT, "pucci": __version__, "schema": SCHEMA, "made_at": clock.now().isoformat()}
        self._tar.add(archive.HEAD, json.dumps(head, indent=1).encode() + b"\n")

    def small_files(self, settings: Settings) -> None:
        """Add the settings' file and the key, where they are."""
        key = settings.data_dir / "secret.key"
        for name, path in ((archive.SETTINGS, settings.file), (archive.KEY, key)):
            if path is not None and path.is_file():
                self._tar.add(name, path.read_bytes())

    def photos(self) -> None:
        """Add every photo that is whole; forget the rows of the others."""
        last = 0
        while page := self._index.after(last, _PAGE):
            last = page[-1].id
            lost = [photo.id for photo in page if not self._add(photo)]
            if lost:
                with self._rows.write() as connection:
                    connection.execute(sa.delete(tables.photo).where(tables.photo.c.id.in_(lost)))

    def _add(self, photo: Photo) -> bool:
        try:
            data = self._album.path(photo).read_bytes()
        except FileNotFoundError:
            if self._album.photo(photo.id) is None:
                self.report.gone += 1
            else:
                self.report.damaged.append(f"{photo.file}: its file is gone")
            return False
        if fault := fault_in(photo, data):
            self.report.damaged.append(f"{photo.file}: {fault}")
            return False
        self._tar.add(archive.PHOTOS + photo.file, data)
        self.report.photos += 1
        return True

    def films(self) -> None:
        """Add the one picture a day of each camera, which nothing can make again, and the films wanted."""
        for camera in sorted(self._cameras()):
            for path in self._album.films.dailies(camera).values():
                with contextlib.suppress(FileNotFoundError):  # deleted meanwhile
                    self._tar.add(f"{archive.DAILIES}{camera}/{path.name}", path.read_bytes())
        with self._rows.read() as connection:
            films = connection.execute(sa.select(tables.film.c.id, tables.film.c.file)).all()
        for film_id, file in films:
            if not self._add_film(file):
                with self._rows.write() as connection:
                    connection.execute(sa.delete(tables.film).where(tables.film.c.id == film_id))

    def _cameras(self) -> set[str]:
        folder = self._album.films.dailies_folder
        return {path.name for path in folder.iterdir()} if folder.is_dir() else set()

    def _add_film(self, file: str) -> bool:
        folder = self._album.films.folder
        try:
            poster = (folder / file).with_suffix(".jpg").read_bytes()
            with (folder / file).open("rb") as video:
                self._tar.add_file(archive.FILMS + file, video, os.fstat(video.fileno()).st_size)
        except FileNotFoundError:
            self.report.gone += 1
            return False
        self._tar.add(archive.FILMS + Path(file).with_suffix(".jpg").name, poster)
        self.report.films += 1
        return True

    def finish(self, copy: Path) -> None:
        """Add the database as it is now, which knows only what is in the backup, and the sums."""
        with copy.open("rb") as file:
            self._tar.add_file(archive.DATABASE, file, os.fstat(file.fileno()).st_size)
        self._tar.finish()
        self.report.size = self._tar.size


def _choose(rows: Database, *, everything: bool, films: bool) -> None:
    """Leave in the copy only what the backup is of."""
    with rows.write() as connection:
        for name in LEFT_OUT:
            connection.execute(sa.delete(tables.metadata.tables[name]))
        if not everything:
            photo = tables.photo.c  # kept: starred, or on the public page
            unwanted = sa.not_(photo.kept) & photo.id.not_in(_shared(connection))
            connection.execute(sa.delete(tables.photo).where(unwanted))
        away = sa.delete(tables.film)
        connection.execute(away.where(tables.film.c.state != "done") if films else away)


def _shared(connection: sa.Connection) -> set[int]:
    """Return the ids of photos that a link shows by name, which need not be kept."""
    share = tables.share.c
    lists = ",".join(connection.scalars(sa.select(share.photo_ids)))
    ids = {int(photo_id) for photo_id in lists.split(",") if photo_id}
    return ids | set(connection.scalars(sa.select(share.photo_id).where(share.photo_id.is_not(None))))


def _total(rows: Database) -> int:
    with rows.read() as connection:
        return sum(
            connection.scalar(sa.select(sa.func.coalesce(sa.func.sum(table.c.size), 0))) or 0
            for table in (tables.photo, tables.film)
        )


def _pack(copy: Path) -> None:
    """Make the copy one file without the remains of what was deleted from it."""
    with contextlib.closing(sqlite3.connect(copy, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("VACUUM")


@contextmanager
def _scratch(data_dir: Path) -> Iterator[Path]:
    """Give a folder for the database's copy, one backup at a time; what a kill left there goes."""
    folder = data_dir / "backup.part"
    folder.mkdir(mode=0o700, exist_ok=True)
    names = [f"{archive.DATABASE}{end}" for end in ("", "-wal", "-shm", "-journal", ".doubted")]
    with (folder / "lock").open("a") as lock:
        if os.geteuid() == 0:  # the next backup may be the service account's
            whose = data_dir.stat()
            os.chown(folder, whose.st_uid, whose.st_gid)
            os.chown(lock.fileno(), whose.st_uid, whose.st_gid)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError("Another backup is being made. Wait until it is done.") from error
        try:
            yield folder
        finally:
            for name in names:
                (folder / name).unlink(missing_ok=True)
