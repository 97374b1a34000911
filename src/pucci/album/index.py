"""The index: one row for each photo. Every query here uses an index of its table."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pucci import db
from pucci.columns import UtcTime
from pucci.db import Database
from pucci.photo import Photo

COLUMNS = [db.photo.c[name] for name in Photo.__dataclass_fields__]


class Index:
    """Rows of photos."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def photo(self, photo_id: int) -> Photo | None:
        """Return a photo by its id, None where there is none."""
        return self._one(sa.select(*COLUMNS).where(db.photo.c.id == photo_id))

    def newest(self, camera: str) -> Photo | None:
        """Return a camera's newest photo: the one with the highest sequence, whatever its clock said."""
        query = sa.select(*COLUMNS).where(db.photo.c.camera == camera)
        return self._one(query.order_by(db.photo.c.sequence.desc()).limit(1))

    def between(self, camera: str, start: datetime, end: datetime) -> list[Photo]:
        """Return a camera's photos taken from `start` up to, not including, `end`; newest first."""
        taken = db.photo.c.taken_at
        query = sa.select(*COLUMNS).where(db.photo.c.camera == camera, taken >= start, taken < end)
        return self._all(query.order_by(taken.desc(), db.photo.c.sequence.desc()))

    def page(self, camera: str, *, since: datetime | None, until: datetime | None, limit: int) -> list[Photo]:
        """Return up to `limit` photos from `since` up to, not including, `until`; newest first."""
        taken = db.photo.c.taken_at
        query = sa.select(*COLUMNS).where(db.photo.c.camera == camera)
        if since is not None:
            query = query.where(taken >= since)
        if until is not None:
            query = query.where(taken < until)
        return self._all(query.order_by(taken.desc(), db.photo.c.sequence.desc()).limit(limit))

    def beside(self, photo: Photo, limit: int) -> tuple[list[Photo], list[Photo]]:
        """Return up to `limit` photos of its camera taken before a photo and after it, the nearest first."""
        row = db.photo.c
        place = sa.tuple_(sa.literal(photo.taken_at, UtcTime), sa.literal(photo.id))
        mine, here = sa.select(*COLUMNS).where(row.camera == photo.camera), sa.tuple_(row.taken_at, row.id)
        before = mine.where(here < place).order_by(row.taken_at.desc(), row.id.desc()).limit(limit)
        after = mine.where(here > place).order_by(row.taken_at, row.id).limit(limit)
        return self._all(before), self._all(after)

    def count_between(self, camera: str, start: datetime, end: datetime) -> int:
        """Return how many photos a camera took from `start` up to, not including, `end`."""
        row = db.photo.c
        mine = sa.and_(row.camera == camera, row.taken_at >= start, row.taken_at < end)
        with self._db.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(db.photo).where(mine)) or 0

    def after(self, photo_id: int, limit: int) -> list[Photo]:
        """Return up to `limit` photos with a higher id, in order of id: for walking through all."""
        query = sa.select(*COLUMNS).where(db.photo.c.id > photo_id)
        return self._all(query.order_by(db.photo.c.id).limit(limit))

    def touched_by_age(self, camera: str, moment: datetime) -> list[Photo]:
        """Return what `retention.expired` must see of a camera, but for its newest photo.

        That is all that is not kept and dated before `moment`, or not certain of its date, and the last
        photo certainly taken before `moment`, kept or not.
        """
        photo = db.photo.c
        mine = sa.select(*COLUMNS).where(photo.camera == camera)
        old = self._all(mine.where(sa.not_(photo.kept), photo.taken_at < moment))
        unsure = self._all(mine.where(sa.not_(photo.certain), sa.not_(photo.kept)))
        last = mine.where(photo.certain, photo.taken_at < moment).order_by(photo.taken_at.desc()).limit(1)
        return sorted({*old, *unsure, *self._all(last)}, key=lambda found: found.sequence)

    def cameras(self) -> list[str]:
        """Return the names of all cameras that have a photo: a look at the index for each, not a walk."""
        name, found = db.photo.c.camera, list[str]()
        query = sa.select(name).where(name > sa.bindparam("last")).order_by(name).limit(1)
        with self._db.read() as connection:
            while (camera := connection.scalar(query, {"last": found[-1] if found else ""})) is not None:
                found.append(camera)
        return found

    def count(self) -> int:
        """Return how many photos there are."""
        with self._db.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(db.photo)) or 0

    def files(self, prefix: str) -> set[str]:
        """Return the names of all catalogued files whose name starts with `prefix`."""
        query = sa.select(db.photo.c.file).where(db.photo.c.file.startswith(prefix, autoescape=True))
        with self._db.read() as connection:
            return set(connection.scalars(query))

    def _one(self, query: sa.Select[Any]) -> Photo | None:
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return Photo(*row) if row is not None else None

    def _all(self, query: sa.Select[Any]) -> list[Photo]:
        with self._db.read() as connection:
            return [Photo(*row) for row in connection.execute(query)]


def next_sequence(connection: sa.Connection, camera: str) -> int:
    """Return the number of a camera's next photo. The caller holds the write lock until it is used."""
    highest = sa.select(sa.func.max(db.photo.c.sequence)).where(db.photo.c.camera == camera)
    return (connection.scalar(highest) or 0) + 1


def free_sequence(connection: sa.Connection, camera: str, wanted: int) -> int:
    """Return `wanted` if no photo has it, else one before all others: an adopted photo is never newest."""
    mine = db.photo.c.camera == camera
    if connection.scalar(sa.select(db.photo.c.id).where(mine, db.photo.c.sequence == wanted)) is None:
        return wanted
    lowest = connection.scalar(sa.select(sa.func.min(db.photo.c.sequence)).where(mine))
    return (1 if lowest is None else lowest) - 1


def insert(connection: sa.Connection, values: dict[str, Any]) -> Photo:
    """Insert a photo's row and return the photo with its id."""
    query = sa.insert(db.photo).values(kept=False, **values).returning(db.photo.c.id)
    return Photo(id=connection.execute(query).scalar_one(), **values)


def delete(connection: sa.Connection, photos: Iterable[Photo], *, kept_too: bool = False) -> None:
    """Delete the rows of these photos, but never one that was kept meanwhile, unless told to."""
    query = sa.delete(db.photo).where(db.photo.c.id.in_([photo.id for photo in photos]))
    connection.execute(query if kept_too else query.where(sa.not_(db.photo.c.kept)))


def drop(connection: sa.Connection, photo: Photo) -> None:
    """Delete one row whatever it is: its file has gone."""
    connection.execute(sa.delete(db.photo).where(db.photo.c.id == photo.id))
