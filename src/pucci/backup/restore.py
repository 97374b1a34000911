"""Putting a backup back: whole into an empty place, or not at all.

All is unpacked and looked at in a folder beside the place; the last step is one rename. A backup is what
somebody found on a stick: nothing in it is believed before it was looked at.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final

import sqlalchemy as sa

from pucci import tables
from pucci.album.check import fault_in
from pucci.album.files import sync_folder
from pucci.album.index import Index
from pucci.backup import archive
from pucci.backup.write import FORMAT
from pucci.db import Database, open_db
from pucci.errors import BackupError
from pucci.photo import Photo

# Left free on the disk, whatever a backup claims to hold.
_RESERVE: Final = 64 * 2**20
_PAGE: Final = 500
_NEVER: Final = datetime.min.replace(tzinfo=UTC)
_CAMERA: Final = re.compile(r"[a-z][a-z0-9-]{0,31}")


@dataclass(slots=True)
class Restored:
    """What was put back. `damaged` are photos left out, where that was asked for."""

    made_at: datetime
    photos: int = 0
    people: int = 0
    settings: Path | None = None
    damaged: list[str] = field(default_factory=list)


def restore(
    source: IO[bytes],
    data_dir: Path,
    *,
    skip_damaged: bool = False,
    tick: Callable[[int], None] = lambda _bytes: None,
) -> Restored:
    """Put a backup into `data_dir`, which must be empty or not there; `tick` is told of bytes read.

    Raises:
        BackupError: it is no backup of ours, it is damaged, or the place is not empty; nothing was changed.
    """
    owner = _must_be_empty(data_dir)
    try:
        with _beside(data_dir) as folder:
            found = _unpack(source, folder, tick)
            result = Restored(made_at=found.made_at)
            _look_at(folder, found, result, skip_damaged=skip_damaged)
            _give_to(folder, owner)
            os.sync()  # every file, every folder
            folder.rename(data_dir)
            sync_folder(data_dir.parent)
    except OSError as error:
        raise BackupError(
            f"The backup cannot be put into {data_dir}: {error.strerror or error}. Look at the disk with "
            "`df`. Nothing was restored."
        ) from error
    settings = data_dir / archive.SETTINGS
    result.settings = settings if settings.exists() else None
    return result


# -- the place -------------------------------------------------------------------------------------


def _must_be_empty(data_dir: Path) -> tuple[int, int] | None:
    """Return whose the empty place is, None where it is not there."""
    try:
        if data_dir.is_symlink() or (data_dir.exists() and not data_dir.is_dir()):
            raise BackupError(f"{data_dir} is no folder. Name another place with --data-dir.")
        if not data_dir.exists():
            return None
        if any(data_dir.iterdir()):
            raise BackupError(
                f"{data_dir} is not empty, and nothing is written over. Move it away, or name an empty "
                "folder with --data-dir."
            )
        if data_dir.is_mount():
            raise BackupError(f"{data_dir} is a disk's own folder. Name a folder in it with --data-dir.")
        status = data_dir.stat()
    except OSError as error:
        raise BackupError(f"{data_dir} cannot be looked at: {error.strerror}. Name another place.") from error
    return status.st_uid, status.st_gid


@contextmanager
def _beside(data_dir: Path) -> Iterator[Path]:
    """Give an empty folder beside the place; what a kill left there goes first."""
    data_dir.parent.mkdir(parents=True, exist_ok=True)
    lock = data_dir.with_name(f".{data_dir.name}.restoring.lock")
    folder = data_dir.with_name(f".{data_dir.name}.restoring")
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BackupError(
                f"Another restore into {data_dir} is running. Wait until it is done."
            ) from error
        try:
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o750)
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.unlink(missing_ok=True)


def _give_to(folder: Path, owner: tuple[int, int] | None) -> None:
    """Let all belong to whom the empty place belonged: `sudo pucci restore` is for the account `pucci`."""
    if owner is None or os.geteuid() != 0:
        return
    for where, _, files in os.walk(folder):
        for name in ("", *files):
            os.chown(Path(where) / name, *owner, follow_symlinks=False)


# -- the files -------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Found:
    """The names of a backup's files, and when it was made."""

    names: set[str] = field(default_factory=set)
    damaged: set[str] = field(default_factory=set)
    made_at: datetime = _NEVER


def _unpack(source: IO[bytes], folder: Path, tick: Callable[[int], None]) -> _Found:
    found, sums, told = _Found(), {}, None
    for entry in archive.entries(source):
        if told is not None:
            raise BackupError("Something follows the end of the backup. Take another one.")
        tick(entry.size)
        if entry.name == archive.SUMS:
            told = archive.parse_sums(entry.data())
        elif entry.name == archive.HEAD:
            data = entry.data()
            sums[entry.name] = hashlib.sha256(data).hexdigest()
            found.made_at = _read_head(data)
        else:
            _must_have_room(folder, entry.size)
            sums[entry.name] = _save(entry, folder / entry.name)
    if told is None or set(told) != set(sums) or archive.DATABASE not in sums:
        raise BackupError("The backup is not complete. Take another one. Nothing was restored.")
    found.names = set(sums)
    found.damaged = {name for name, value in sums.items() if told[name] != value}
    return found


def _read_head(data: bytes) -> datetime:
    try:
        head = json.loads(data)
        made_at, number = datetime.fromisoformat(head["made_at"]), int(head["format"])
    except (ValueError, TypeError, KeyError) as error:
        raise BackupError("This is not a backup made by Pucci. Nothing was restored.") from error
    if number != FORMAT:
        raise BackupError("This backup was made by a newer Pucci. Install that one. Nothing was restored.")
    return made_at


def _must_have_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size + _RESERVE > free:
        raise BackupError(
            f"The disk has no room for the backup: {free / 1e9:.1f} GB are free. Nothing was restored."
        )


def _save(entry: archive.Entry, path: Path) -> str:
    """Write a file, and return its sum. The name was matched against ours, so it stays in the folder."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
    mode = 0o640 if path.suffix in (".jpg", ".mp4") else 0o600
    summed = hashlib.sha256()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    with open(descriptor, "wb") as file:  # noqa: PTH123 - opened with its mode from the first moment
        for data in entry.chunks():
            summed.update(data)
            file.write(data)
    return summed.hexdigest()


# -- what they hold --------------------------------------------------------------------------------


def _look_at(folder: Path, found: _Found, result: Restored, *, skip_damaged: bool) -> None:
    photos = {name for name in found.damaged if name.startswith(archive.PHOTOS)}
    if others := found.damaged - photos:
        raise BackupError(f"The backup is damaged: {min(others)}. Take another one. Nothing was restored.")
    path = folder / archive.DATABASE
    _must_be_a_plain_database(path)
    with contextlib.closing(open_db(f"sqlite:///{path}")) as rows:
        _look_at_films(rows, found)
        lost = dict(_faults(rows, folder, found))
        if lost and not skip_damaged:
            first = min(lost.values())
            raise BackupError(
                f"{len(lost)} of the photos in the backup are not as they were stored, the first is {first}. "
                "Take another backup, or add --skip-damaged to do without them. Nothing was restored."
            )
        for photo_id in lost:
            with rows.write() as connection:
                connection.execute(sa.delete(tables.photo).where(tables.photo.c.id == photo_id))
        result.damaged = sorted(lost.values())
        result.photos = Index(rows).count()
        with rows.read() as connection:
            result.people = connection.scalar(sa.select(sa.func.count()).select_from(tables.user)) or 0
            known = set(connection.scalars(sa.select(tables.photo.c.file)))
    for name in photos | {name for name in found.names if name.startswith(archive.PHOTOS)}:
        if name.removeprefix(archive.PHOTOS) not in known:
            (folder / name).unlink(missing_ok=True)


def _must_be_a_plain_database(path: Path) -> None:
    """Refuse a database with programs in it, or a damaged one, before it is used."""
    try:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            sound = connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)
            query = "SELECT count(*) FROM sqlite_master WHERE type NOT IN ('table', 'index')"
            sound = sound and connection.execute(query).fetchone() == (0,)
    except sqlite3.Error:
        sound = False
    if not sound:
        raise BackupError("The database in the backup is damaged. Take another one. Nothing was restored.")


def _faults(rows: Database, folder: Path, found: _Found) -> Iterator[tuple[int, str]]:
    """Yield the id of each photo that is not as its row says, and what is wrong."""
    index, last = Index(rows), 0
    while page := index.after(last, _PAGE):
        last = page[-1].id
        for photo in page:
            if fault := _fault(photo, folder, found):
                yield photo.id, f"{photo.file[:80]}: {fault}"


def _fault(photo: Photo, folder: Path, found: _Found) -> str:
    name = archive.PHOTOS + photo.file
    if name not in found.names or not _CAMERA.fullmatch(photo.camera):
        return "it is not in the backup"  # and so its row, which could say anything, is no path of ours
    if name in found.damaged:
        return "its bytes are not those that were written"
    return fault_in(photo, (folder / name).read_bytes())


def _look_at_films(rows: Database, found: _Found) -> None:
    with rows.read() as connection:
        for row in connection.execute(sa.select(tables.film)).mappings():
            file, camera = row["file"], row["camera"]
            names = {archive.FILMS + file, archive.FILMS + str(Path(file).with_suffix(".jpg"))}
            if not names <= found.names or not _CAMERA.fullmatch(camera):
                raise BackupError("The backup lacks one of its films. Take another. Nothing was restored.")
