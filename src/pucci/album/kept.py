"""The kept photos, and whose stars are on them. A photo is kept while there is a star on it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from pucci import tables
from pucci.album.index import COLUMNS
from pucci.clock import Clock
from pucci.columns import UtcTime
from pucci.db import Database
from pucci.photo import Photo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Star:
    """A star on a photo. `name` is whose it is; with their account it and `user_id` are gone."""

    user_id: int | None
    name: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the kept album, between two photos: the page after it begins with an older one."""

    taken_at: datetime
    photo_id: int

    def __str__(self) -> str:
        """Return the place as it stands in an address: `1795430100000000-12`."""
        return f"{(self.taken_at - _EPOCH) // timedelta(microseconds=1)}-{self.photo_id}"

    @classmethod
    def parse(cls, text: str) -> "Place | None":
        """Return the place a text names; None where it names none."""
        micros, _, photo_id = text.partition("-")
        if not all(part.isascii() and part.isdigit() and len(part) <= 18 for part in (micros, photo_id)):
            return None
        try:
            return cls(_EPOCH + timedelta(microseconds=int(micros)), int(photo_id))
        except OverflowError:
            return None

    @classmethod
    def after(cls, photo: Photo) -> "Place":
        """Return the place right after a photo."""
        return cls(photo.taken_at, photo.id)


class Kept:
    """Stars, and the photos under them, newest first."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def keep(self, photo_id: int, user_id: int) -> bool:
        """Put somebody's star on a photo, once; return whether the photo is there to be kept."""
        with self._db.write() as connection:
            if not lock(connection, photo_id):
                return False
            put_star(connection, photo_id, user_id, self._clock.now())
            settle(connection, photo_id)
        return True

    def unkeep(self, photo_id: int, user_id: int) -> bool:
        """Take somebody's star off a photo; return whether the photo is there.

        A star whose person has no account any more is everybody's, and goes with it.
        """
        star = tables.star.c
        theirs = sa.or_(star.user_id == user_id, star.user_id.is_(None))
        with self._db.write() as connection:
            if not lock(connection, photo_id):
                return False
            connection.execute(sa.delete(tables.star).where(star.photo_id == photo_id, theirs))
            settle(connection, photo_id)
        return True

    def stars(self, photo_id: int) -> list[Star]:
        """Return the stars on a photo, the first one first."""
        star, person = tables.star.c, tables.user.c
        query = (
            sa.select(star.user_id, sa.func.coalesce(person.username, ""), star.at)
            .outerjoin_from(tables.star, tables.user, person.id == star.user_id)
            .where(star.photo_id == photo_id)
            .order_by(star.id)
        )
        with self._db.read() as connection:
            return [Star(*row) for row in connection.execute(query)]

    def mine(self, ids: Iterable[int], user_id: int) -> set[int]:
        """Return those of these photos that somebody's star is on, or one that is everybody's."""
        star = tables.star.c
        theirs = sa.or_(star.user_id == user_id, star.user_id.is_(None))
        with self._db.read() as connection:
            return set(
                connection.scalars(sa.select(star.photo_id).where(theirs, star.photo_id.in_(list(ids))))
            )

    def page(self, after: Place | None, limit: int) -> list[Photo]:
        """Return up to `limit` kept photos of all cameras, newest first, from `after` on."""
        photo = tables.photo.c
        query = sa.select(*COLUMNS).where(photo.kept)
        if after is not None:
            place = sa.tuple_(sa.literal(after.taken_at, UtcTime), sa.literal(after.photo_id))
            query = query.where(sa.tuple_(photo.taken_at, photo.id) < place)
        query = query.order_by(photo.taken_at.desc(), photo.id.desc()).limit(limit)
        with self._db.read() as connection:
            return [Photo(*row) for row in connection.execute(query)]

    def these(self, ids: Iterable[int]) -> list[Photo]:
        """Return the kept photos among these ids, newest first."""
        photo = tables.photo.c
        query = sa.select(*COLUMNS).where(photo.kept, photo.id.in_(list(ids)))
        with self._db.read() as connection:
            found = connection.execute(query.order_by(photo.taken_at.desc(), photo.id.desc()))
            return [Photo(*row) for row in found]


def lock(connection: sa.Connection, photo_id: int) -> bool:
    """Hold a photo's row, so that two who keep it and let it go agree (PostgreSQL; SQLite has one writer)."""
    query = sa.select(tables.photo.c.id).where(tables.photo.c.id == photo_id).with_for_update()
    return connection.scalar(query) is not None


def put_star(connection: sa.Connection, photo_id: int, user_id: int, at: datetime) -> None:
    """Put somebody's star on a photo that is locked, once; `settle` comes after it."""
    person, star = tables.user.c, tables.star.c
    mine = sa.select(star.id).where(star.photo_id == photo_id, star.user_id == user_id)
    values = sa.literal(photo_id), person.id, sa.literal(at, UtcTime)
    new = sa.select(*values).where(person.id == user_id, ~mine.exists())
    connection.execute(sa.insert(tables.star).from_select(["photo_id", "user_id", "at"], new))


def settle(connection: sa.Connection, photo_id: int) -> None:
    """Say in the photo's row whether it is kept: there is a star on it, or it is on the public page."""
    star, showing = tables.star.c, tables.showing.c
    starred = sa.select(star.id).where(star.photo_id == photo_id).exists()
    shown = sa.select(showing.photo_id).where(showing.photo_id == photo_id, showing.shown).exists()
    there = sa.or_(starred, shown)
    change = sa.update(tables.photo).where(tables.photo.c.id == photo_id)
    connection.execute(change.values(kept=there))
