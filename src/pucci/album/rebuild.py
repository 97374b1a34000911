"""The album's rows made from its files, all at once: for a database that is new while the photos are old.

A photo took its name when all its bytes were on the disk, so here its header and its end are read, not all of
it: 100,000 photos in seconds, not hours. `pucci check-album` reads them all.
"""

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from pucci import jpeg, tables
from pucci.album.files import Files
from pucci.album.names import Named
from pucci.album.slots import start_of_slot
from pucci.db import Database

log = logging.getLogger(__name__)

_BATCH: Final = 500
# Where a camera says how large its picture is; of one that says it later all is read.
_HEAD: Final = 1024
_END: Final = b"\xff\xd9"


@dataclass(slots=True)
class Rebuilt:
    """How many photos were adopted, and the names of files that are no whole photos, left where they are."""

    adopted: int = 0
    left: list[str] = field(default_factory=list)


def rebuild(
    database: Database,
    files: Files,
    names: Mapping[str, Named],
    *,
    certain_to: Mapping[str, int],
    tick: Callable[[], object] = lambda: None,
) -> Rebuilt:
    """Give every photo among the files `names` its row, in the order of their time.

    Rows whose file has gone are dropped first (S1). Photos of a camera up to the number `certain_to` are
    certain of their time. `tick` is called every 500 photos.
    """
    _drop_rows_without_file(database, files)
    found, known = Rebuilt(), _numbers(database)
    ours = sorted(names.items(), key=lambda one: (one[1].taken_at, one[1].camera, one[1].number))
    source = iter(ours)
    while batch := list(islice(source, _BATCH)):
        new: list[dict[str, Any]] = []
        for name, named in batch:
            values = _values(files, named, name)
            if values is None:
                found.left.append(name)
                continue
            number = _free(known.setdefault(named.camera, set()), named.number)
            certain = number == named.number and number <= certain_to.get(named.camera, 0)
            new.append(values | {"sequence": number, "certain": certain})
        if new:
            with database.write() as connection:
                connection.execute(sa.insert(tables.photo), new)
        found.adopted += len(new)
        tick()
    return found


def refill(database: Database, *, since: datetime, interval_s: float) -> None:
    """Put the slots from `since` on back on record: each that has a photo of its time was filled by it."""
    photo, slot = tables.photo.c, tables.slot.c
    with database.write() as connection:
        query = sa.select(photo.id, photo.camera, photo.taken_at).where(photo.taken_at >= since)
        first: dict[tuple[str, datetime], int] = {}
        for photo_id, camera, taken_at in connection.execute(query.order_by(photo.taken_at)):
            first.setdefault((camera, start_of_slot(taken_at, interval_s)), photo_id)
        query = sa.select(slot.camera, slot.due_at, slot.filled).where(slot.due_at >= since)
        known = {(camera, due_at): filled for camera, due_at, filled in connection.execute(query)}
        new = [
            {"camera": camera, "due_at": due_at, "photo_id": photo_id, "filled": True, "tries": 1}
            for (camera, due_at), photo_id in first.items()
            if (camera, due_at) not in known
        ]
        if new:
            connection.execute(sa.insert(tables.slot), new)
        for (camera, due_at), photo_id in first.items():
            if known.get((camera, due_at)):
                change = sa.update(tables.slot).where(slot.camera == camera, slot.due_at == due_at)
                connection.execute(change.values(photo_id=photo_id))


def drop_films_without_file(database: Database, folder: Path) -> None:
    """Drop the rows of films that are done and whose video is not in the folder any more."""
    film, films = tables.film.c, Files(folder)
    with database.write() as connection:
        rows = connection.execute(sa.select(film.id, film.file).where(film.file != "")).all()
        for film_id, name in rows:
            if films.is_gone(name):
                connection.execute(sa.delete(tables.film).where(film.id == film_id))


def _drop_rows_without_file(database: Database, files: Files) -> None:
    with database.write() as connection:
        rows = connection.execute(sa.select(tables.photo.c.id, tables.photo.c.file)).all()
        for photo_id, name in rows:
            if files.is_gone(name):
                connection.execute(sa.delete(tables.photo).where(tables.photo.c.id == photo_id))


def _numbers(database: Database) -> dict[str, set[int]]:
    """Return the numbers that each camera's photos have."""
    known: dict[str, set[int]] = {}
    with database.read() as connection:
        for camera, number in connection.execute(sa.select(tables.photo.c.camera, tables.photo.c.sequence)):
            known.setdefault(camera, set()).add(number)
    return known


def _free(known: set[int], wanted: int) -> int:
    """Return `wanted` if no photo has it, else one before all others: it never poses as newest."""
    number = wanted if wanted not in known else min(known) - 1
    known.add(number)
    return number


def _values(files: Files, named: Named, name: str) -> dict[str, Any] | None:
    """Return what a file says of its photo; None where it is not whole, or cannot be read."""
    try:
        with files.path(name).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = file.read(_HEAD)
            shape = jpeg.size_of(head) or jpeg.size_of(head + file.read())
            file.seek(max(0, size - len(_END)))
            if shape is None or file.read() != _END:
                shape = _read_all(files, name)
    except OSError as error:
        log.warning("%s cannot be read: %s.", name, error.strerror)
        return None
    if shape is None:
        return None
    values = {"camera": named.camera, "taken_at": named.taken_at, "file": name, "size": size}
    # Its driver is not known any more, nor how much changed since the one before.
    return values | {"width": shape[0], "height": shape[1], "proved": False, "kept": False}


def _read_all(files: Files, name: str) -> tuple[int, int] | None:
    verdict = jpeg.judge(files.path(name).read_bytes())
    if verdict.is_whole or verdict.reason in jpeg.MAY_BE_HARMLESS:
        return verdict.width, verdict.height
    log.warning("%s is damaged (%s); it is left where it is.", name, verdict.reason)
    return None
