"""What is public: the photos the owner put on the dog's page, one by one, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from pucci import tables
from pucci.album.index import COLUMNS
from pucci.album.kept import lock, put_star, settle
from pucci.clock import Clock
from pucci.db import Database, count_up
from pucci.photo import Photo

# Counts changes of the public page: its pictures, and what is written of the dog.
VERSION: Final = "public.version"
MOST_CAPTION: Final = 120
MIDDLE: Final = 0.5
# Photos whose brightness is looked at for one page of the tray.
_LOOKED_AT: Final = 12
_LIVELY: Final = 20  # thousandths of the picture that changed
# Photos on the page beside the hero: whole rows at a desk, and the page stays small (15 KB with its style).
MOST_BESIDE: Final = 13


@dataclass(frozen=True, slots=True)
class Shown:
    """A photo on the public page. `hero` is the large one at the top; `across` is where the dog is on it."""

    photo: Photo
    caption: str
    hero: bool
    across: float


def on_page(shown: Iterable[Shown]) -> tuple[Shown | None, list[Shown]]:
    """Return of the photos shown, newest first, what the page has room for: the hero, and those beside."""
    found = list(shown)
    hero = next((one for one in found if one.hero), None)
    return hero, [one for one in found if one is not hero][:MOST_BESIDE]


class Public:
    """The owner's decisions. A photo that is shown is kept (S3); a star keeps one that is taken down."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._db = database
        self._clock = clock

    def version(self) -> int:
        """Return a number that grows with every change of the public page: one query."""
        return self._db.counter(VERSION)

    def shown(self) -> list[Shown]:
        """Return the photos on the public page, the one put there last first."""
        row = tables.showing.c
        query = sa.select(*COLUMNS, row.caption, row.hero, row.across)
        query = query.join_from(tables.showing, tables.photo, row.photo_id == tables.photo.c.id)
        with self._db.read() as connection:
            rows = connection.execute(query.where(row.shown).order_by(row.at.desc(), row.photo_id.desc()))
            return [Shown(Photo(*row[:-3]), *row[-3:]) for row in map(tuple, rows)]

    def is_shown(self, photo_id: int) -> bool:
        """Whether a photo is on the public page now: the rule for every public byte."""
        row = tables.showing.c
        query = sa.select(row.photo_id).where(row.photo_id == photo_id, row.shown)
        with self._db.read() as connection:
            return connection.scalar(query) is not None

    def was_taken_down(self, photo_id: int) -> bool:
        """Whether a photo was on the public page, and the last decision on it was to take it down."""
        row = tables.showing.c
        query = sa.select(row.photo_id).where(row.photo_id == photo_id, row.taken_down)
        with self._db.read() as connection:
            return connection.scalar(query) is not None

    def show(self, photo_id: int, caption: str = "") -> bool:
        """Put a photo on the public page; return whether there is such a photo."""
        row = tables.showing.c
        with self._db.write() as connection:
            if not lock(connection, photo_id):
                return False
            connection.execute(sa.delete(tables.showing).where(row.photo_id == photo_id))
            self._insert(connection, photo_id, shown=True, caption=_short(caption))
        return True

    def take_down(self, photo_id: int, user_id: int) -> bool:
        """Take a photo off the public page, and keep it by somebody's star; return whether it was there.

        It was kept for being shown, so else it would go by age within the hour, without a word. The star
        counts from when it was put there: by that `undo` knows it.
        """
        row = tables.showing.c
        with self._db.write() as connection:
            lock(connection, photo_id)
            at = connection.scalar(sa.select(row.at).where(row.photo_id == photo_id, row.shown))
            if at is None:
                return False
            put_star(connection, photo_id, user_id, at)
            self._change(connection, photo_id, shown=False, taken_down=True)
        return True

    def pass_over(self, photo_id: int) -> bool:
        """Remember that a photo is not wanted there; return whether it exists. What was decided stays."""
        decided = sa.select(tables.showing.c.photo_id).where(tables.showing.c.photo_id == photo_id)
        with self._db.write() as connection:
            if not lock(connection, photo_id):
                return False
            if connection.scalar(decided) is None:
                self._insert(connection, photo_id, shown=False, caption="")
        return True

    def undo(self, photo_id: int, *, put: bool) -> bool:
        """Take the last decision on a photo back; return whether that changed what is public.

        `put` says which decision: that it is there, or not. Another one than that stays, so undoing twice is
        undoing once. One that was taken down is there again, with its words, and as the large one if nothing
        else has been chosen since; of another it is as if it had never been asked.
        """
        star, row = tables.star.c, tables.showing.c
        last = sa.select(row.taken_down, row.at).where(row.photo_id == photo_id, row.shown == put)
        with self._db.write() as connection:
            lock(connection, photo_id)
            found = connection.execute(last).one_or_none()
            if found is None:
                return False
            if found.taken_down:
                connection.execute(
                    sa.delete(tables.star).where(star.photo_id == photo_id, star.at == found.at)
                )
                self._change(connection, photo_id, shown=True, taken_down=False)
            else:
                connection.execute(sa.delete(tables.showing).where(row.photo_id == photo_id))
                self._changed(connection, photo_id)
        return put or found.taken_down

    def caption(self, photo_id: int, caption: str) -> None:
        """Write what stands under a photo on the public page."""
        change = sa.update(tables.showing).where(tables.showing.c.photo_id == photo_id)
        with self._db.write() as connection:
            connection.execute(change.values(caption=_short(caption)))
            count_up(connection, VERSION)

    def choose_hero(self, photo_id: int | None, across: float = MIDDLE) -> None:
        """Make a photo that is shown the large one at the top; None is the drawn dog.

        `across` is about where the dog is on it, from 0 at the left to 1: a square is cut about there.
        """
        row = tables.showing.c
        with self._db.write() as connection:
            connection.execute(sa.update(tables.showing).values(hero=False))
            chosen = sa.update(tables.showing).where(row.photo_id == photo_id, row.shown)
            connection.execute(chosen.values(hero=True, across=across))
            count_up(connection, VERSION)

    def candidates(self, limit: int = _LOOKED_AT) -> list[Photo]:
        """Return photos nobody decided on, best first: kept ones, then those in which much moved.

        Of two that are as lively the sharper one comes first: it has more bytes for its size.
        """
        photo, decided = tables.photo.c, sa.select(tables.showing.c.photo_id)
        query = sa.select(*COLUMNS).where(photo.id.not_in(decided))
        query = query.where(sa.or_(photo.kept, photo.activity >= _LIVELY))
        query = query.order_by(photo.kept.desc(), photo.activity.desc(), photo.size.desc()).limit(4 * limit)
        with self._db.read() as connection:
            found = [Photo(*row) for row in connection.execute(query)]
        return _spread(found)[:limit]

    def _insert(self, connection: sa.Connection, photo_id: int, *, shown: bool, caption: str) -> None:
        values = {"shown": shown, "taken_down": False, "hero": False, "across": MIDDLE, "caption": caption}
        new = sa.insert(tables.showing).values(photo_id=photo_id, at=self._clock.now(), **values)
        connection.execute(new)
        self._changed(connection, photo_id)

    def _change(self, connection: sa.Connection, photo_id: int, **values: bool) -> None:
        change = sa.update(tables.showing).where(tables.showing.c.photo_id == photo_id)
        connection.execute(change.values(**values))
        self._changed(connection, photo_id)

    def _changed(self, connection: sa.Connection, photo_id: int) -> None:
        settle(connection, photo_id)
        count_up(connection, VERSION)


def _short(caption: str) -> str:
    return " ".join(caption.split())[:MOST_CAPTION]


def _spread(photos: Iterable[Photo]) -> list[Photo]:
    """Take one photo of each quarter of an hour first, then the others: ten of one yawn are too many."""
    seen: set[tuple[str, int]] = set()
    first: list[Photo] = []
    rest: list[Photo] = []
    for photo in photos:
        quarter = photo.camera, int(photo.taken_at.timestamp()) // 900
        (rest if quarter in seen else first).append(photo)
        seen.add(quarter)
    return first + rest
