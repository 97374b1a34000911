"""The index: one row for each photo. Every query here uses an index of its table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from pucci import tables
from pucci.columns import UtcTime
from pucci.db import Database
from pucci.photo import Photo

COLUMNS = [tables.photo.c[name] for name in Photo.__dataclass_fields__]


class Index:
    """Rows of photos."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def photo(self, photo_id: int) -> Photo | None:
        """Return a photo by its id, None where there is none."""
        return self._one(sa.select(*COLUMNS).where(tables.photo.c.id == photo_id))

    def these(self, ids: Iterable[int]) -> list[Photo]:
        """Return the photos with these ids that are there, newest first."""
        row = tables.photo.c
        query = sa.select(*COLUMNS).where(row.id.in_(list(ids)))
        return self._all(query.order_by(row.taken_at.desc(), row.id.desc()))

    def numbered(self, first: int, last: int) -> list[Photo]:
        """Return the photos with ids from `first` to `last`."""
        return self._all(sa.select(*COLUMNS).where(tables.photo.c.id.between(first, last)))

    def newest(self, camera: str) -> Photo | None:
        """Return a camera's newest photo: the one with the highest sequence, whatever its clock said."""
        query = sa.select(*COLUMNS).where(tables.photo.c.camera == camera)
        return self._one(query.order_by(tables.photo.c.sequence.desc()).limit(1))

    def between(self, camera: str, start: datetime, end: datetime) -> list[Photo]:
        """Return a camera's photos taken from `start` up to, not including, `end`; newest first."""
        taken = tables.photo.c.taken_at
        query = sa.select(*COLUMNS).where(tables.photo.c.camera == camera, taken >= start, taken < end)
        return self._all(query.order_by(taken.desc(), tables.photo.c.sequence.desc()))

    def page(self, camera: str, *, since: datetime | None, until: datetime | None, limit: int) -> list[Photo]:
        """Return up to `limit` photos from `since` up to, not including, `until`; newest first."""
        taken = tables.photo.c.taken_at
        query = sa.select(*COLUMNS).where(tables.photo.c.camera == camera)
        if since is not None:
            query = query.where(taken >= since)
        if until is not None:
            query = query.where(taken < until)
        return self._all(query.order_by(taken.desc(), tables.photo.c.sequence.desc()).limit(limit))

    def beside(self, photo: Photo, limit: int) -> tuple[list[Photo], list[Photo]]:
        """Return up to `limit` photos of its camera taken before a photo and after it, the nearest first."""
        row = tables.photo.c
        place = sa.tuple_(sa.literal(photo.taken_at, UtcTime), sa.literal(photo.id))
        mine, here = sa.select(*COLUMNS).where(row.camera == photo.camera), sa.tuple_(row.taken_at, row.id)
        before = mine.where(here < place).order_by(row.taken_at.desc(), row.id.desc()).limit(limit)
        after = mine.where(here > place).order_by(row.taken_at, row.id).limit(limit)
        return self._all(before), self._all(after)

    def last_before(self, camera: str, moment: datetime) -> Photo | None:
        """Return a camera's last photo dated before a moment."""
        row = tables.photo.c
        query = sa.select(*COLUMNS).where(row.camera == camera, row.taken_at < moment)
        return self._one(query.order_by(row.taken_at.desc(), row.id.desc()).limit(1))

    def first_since(self, camera: str, moment: datetime) -> Photo | None:
        """Return a camera's first photo dated at a moment or after."""
        row = tables.photo.c
        query = sa.select(*COLUMNS).where(row.camera == camera, row.taken_at >= moment)
        return self._one(query.order_by(row.taken_at, row.id).limit(1))

    def days(self, camera: str, bounds: Sequence[datetime]) -> list[tuple[bool, bool]]:
        """Return for each span between two bounds whether there is a photo in it, and a kept one.

        One query, and two looks at an index for each span, whatever the number of photos.
        """
        values = {"camera": camera, "yes": True} | {f"at{n}": bound for n, bound in enumerate(bounds)}
        with self._db.read() as connection:
            found = [bool(one) for one in connection.execute(_days_query(len(bounds)), values).one()]
        return list(zip(found[::2], found[1::2], strict=True))

    def count_between(self, camera: str, start: datetime, end: datetime) -> int:
        """Return how many photos a camera took from `start` up to, not including, `end`."""
        row = tables.photo.c
        mine = sa.and_(row.camera == camera, row.taken_at >= start, row.taken_at < end)
        with self._db.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(tables.photo).where(mine)) or 0

    def pictures(self, camera: str, start: datetime, end: datetime) -> list[tuple[str, int, int]]:
        """Return file, width and height of a camera's photos of a span, oldest first."""
        row = tables.photo.c
        query = sa.select(row.file, row.width, row.height)
        query = query.where(row.camera == camera, row.taken_at >= start, row.taken_at < end)
        with self._db.read() as connection:
            found = connection.execute(query.order_by(row.taken_at, row.sequence))
            return [(file, width, height) for file, width, height in found]

    def after(self, photo_id: int, limit: int) -> list[Photo]:
        """Return up to `limit` photos with a higher id, in order of id: for walking through all."""
        query = sa.select(*COLUMNS).where(tables.photo.c.id > photo_id)
        return self._all(query.order_by(tables.photo.c.id).limit(limit))

    def touched_by_age(self, camera: str, moment: datetime) -> list[Photo]:
        """Return what `retention.expired` must see of a camera, but for its newest photo.

        That is all that is not kept and dated before `moment`, or not certain of its date, and the last
        photo certainly taken before `moment`, kept or not.
        """
        photo = tables.photo.c
        mine = sa.select(*COLUMNS).where(photo.camera == camera)
        old = self._all(mine.where(sa.not_(photo.kept), photo.taken_at < moment))
        unsure = self._all(mine.where(sa.not_(photo.certain), sa.not_(photo.kept)))
        last = mine.where(photo.certain, photo.taken_at < moment).order_by(photo.taken_at.desc()).limit(1)
        return sorted({*old, *unsure, *self._all(last)}, key=lambda found: found.sequence)

    def last_certain(self) -> datetime | None:
        """Return the latest time at which a photo was certainly taken: it is not earlier now."""
        row = tables.photo.c
        newest = sa.select(row.taken_at).where(row.camera == sa.bindparam("of"), row.certain)
        newest = newest.order_by(row.taken_at.desc()).limit(1)
        with self._db.read() as connection:
            found = [connection.scalar(newest, {"of": camera}) for camera in self.cameras()]
        return max((one for one in found if one is not None), default=None)

    def redate(self, dates: Mapping[int, datetime]) -> None:
        """Give photos, by their ids, the time that is now known to be theirs."""
        photo = tables.photo
        with self._db.write() as connection:
            for photo_id, taken_at in dates.items():
                change = sa.update(photo).where(photo.c.id == photo_id)
                connection.execute(change.values(taken_at=taken_at, certain=True))

    def oldest_not_kept(self, camera: str, limit: int) -> list[Photo]:
        """Return up to `limit` photos of a camera that are not kept, in order, but never its newest."""
        row = tables.photo.c
        newest = sa.select(sa.func.max(row.sequence)).where(row.camera == camera).scalar_subquery()
        query = sa.select(*COLUMNS).where(row.camera == camera, sa.not_(row.kept), row.sequence < newest)
        return self._all(query.order_by(row.sequence).limit(limit))

    def cameras(self) -> list[str]:
        """Return the names of all cameras that have a photo: a look at the index for each, not a walk."""
        name, found = tables.photo.c.camera, list[str]()
        query = sa.select(name).where(name > sa.bindparam("last")).order_by(name).limit(1)
        with self._db.read() as connection:
            while (camera := connection.scalar(query, {"last": found[-1] if found else ""})) is not None:
                found.append(camera)
        return found

    def count(self) -> int:
        """Return how many photos there are."""
        with self._db.read() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(tables.photo)) or 0

    def totals(self) -> tuple[int, int, int]:
        """Return how many photos there are, how many of them are kept, and the bytes of all."""
        photo = tables.photo.c
        kept = sa.func.sum(sa.case((photo.kept, 1), else_=0))
        with self._db.read() as connection:
            query = sa.select(sa.func.count(), kept, sa.func.sum(photo.size)).select_from(tables.photo)
            count, stars, size = connection.execute(query).one()
        return count, int(stars or 0), int(size or 0)

    def files(self, prefix: str) -> set[str]:
        """Return the names of all catalogued files whose name starts with `prefix`."""
        name = tables.photo.c.file
        if prefix and self._db.is_sqlite:  # whose LIKE walks past all rows
            begins = (name >= prefix) & (name < prefix[:-1] + chr(ord(prefix[-1]) + 1))
        else:
            begins = name.startswith(prefix, autoescape=True)
        query = sa.select(name).where(begins)
        with self._db.read() as connection:
            return set(connection.scalars(query))

    def drop(self, photo: Photo) -> None:
        """Delete a row whatever it is, and leave its file: repair only."""
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.photo).where(tables.photo.c.id == photo.id))

    def correct(self, photo: Photo, size: int) -> None:
        """Write a whole file's size into its row, which has another: repair only."""
        with self._db.write() as connection:
            connection.execute(sa.update(tables.photo).where(tables.photo.c.id == photo.id).values(size=size))

    def _one(self, query: sa.Select[Any]) -> Photo | None:
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return Photo(*row) if row is not None else None

    def _all(self, query: sa.Select[Any]) -> list[Photo]:
        with self._db.read() as connection:
            return [Photo(*row) for row in connection.execute(query)]


@cache
def _days_query(bounds: int) -> sa.TextClause:
    """Return the query of a month as text: SQLAlchemy takes longer to build it than SQLite to answer."""
    there = "EXISTS (SELECT 1 FROM photo WHERE camera = :camera AND taken_at >= :at{} AND taken_at < :at{}{})"
    looks = [there.format(n, n + 1, also) for n in range(bounds - 1) for also in ("", " AND kept = :yes")]
    times = [sa.bindparam(f"at{n}", type_=UtcTime()) for n in range(bounds)]
    return sa.text(f"SELECT {', '.join(looks)}").bindparams(sa.bindparam("yes", type_=sa.Boolean()), *times)


def next_sequence(connection: sa.Connection, camera: str) -> int:
    """Return the number of a camera's next photo. The caller holds the write lock until it is used."""
    highest = sa.select(sa.func.max(tables.photo.c.sequence)).where(tables.photo.c.camera == camera)
    return (connection.scalar(highest) or 0) + 1


def free_sequence(connection: sa.Connection, camera: str, wanted: int) -> int:
    """Return `wanted` if no photo has it, else one before all others: an adopted photo is never newest."""
    mine = tables.photo.c.camera == camera
    if connection.scalar(sa.select(tables.photo.c.id).where(mine, tables.photo.c.sequence == wanted)) is None:
        return wanted
    lowest = connection.scalar(sa.select(sa.func.min(tables.photo.c.sequence)).where(mine))
    return (1 if lowest is None else lowest) - 1


def insert(connection: sa.Connection, values: dict[str, Any]) -> Photo:
    """Insert a photo's row and return the photo with its id."""
    query = sa.insert(tables.photo).values(kept=False, **values).returning(tables.photo.c.id)
    return Photo(id=connection.execute(query).scalar_one(), **values)


def delete(connection: sa.Connection, photos: Iterable[Photo], *, kept_too: bool = False) -> None:
    """Delete the rows of these photos, but never one that was kept meanwhile, unless told to.

    With `kept_too` whatever row a photo's file has now goes, also of somebody who adopted it.
    """
    photo, query = tables.photo.c, sa.delete(tables.photo)
    if kept_too:
        query = query.where(photo.file.in_([one.file for one in photos]))
    else:
        query = query.where(photo.id.in_([one.id for one in photos]), sa.not_(photo.kept))
    connection.execute(query)


def known(connection: sa.Connection, names: Sequence[str]) -> set[str]:
    """Return those of these files that have a row."""
    query = sa.select(tables.photo.c.file).where(tables.photo.c.file.in_(names))
    return set(connection.scalars(query))
