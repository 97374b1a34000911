"""Many photos at once, for the demo, tests and the bench: nothing of it survives a power cut for sure."""

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from pucci import tables
from pucci.album.files import Files
from pucci.album.index import next_sequence
from pucci.db import Database

_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture for the album; the same bytes may serve many times. Empty ones are a slot missed."""

    taken_at: datetime
    data: bytes
    width: int = 0
    height: int = 0
    activity: int | None = None
    kept: bool = False
    reason: str = ""


class Bulk:
    """Puts one camera's pictures into the album.

    Each fills its slot, if it is not before `slots_since`; those to keep have the star of `keeper`.
    """

    def __init__(
        self,
        database: Database,
        files: Files,
        camera: str,
        *,
        slots_since: datetime,
        keeper: int | None = None,
    ) -> None:
        self._db = database
        self._files = files
        self._camera = camera
        self._slots_since = slots_since
        self._keeper = keeper
        self._known: dict[bytes, str] = {}

    def fill(self, drawn: Iterable[Drawn], tick: Callable[[int], object] = lambda _count: None) -> int:
        """Put pictures into the album, in the order of their time; return how many."""
        source, count = iter(drawn), 0
        while batch := list(islice(source, _BATCH)):
            count += self._add(batch)
            tick(len(batch))
        os.sync()
        return count

    def _add(self, batch: list[Drawn]) -> int:
        photos = [one for one in batch if one.data]
        with self._db.write() as connection:
            first = next_sequence(connection, self._camera)
            rows = [self._row(one, number) for number, one in enumerate(photos, first)]
            _insert(connection, tables.photo, rows)
            ids = self._ids(connection, first)
            stars = [(ids[one.taken_at], one.taken_at) for one in photos if one.kept]
            _insert(
                connection,
                tables.star,
                [{"photo_id": photo_id, "user_id": self._keeper, "at": at} for photo_id, at in stars],
            )
            slots = [self._slot(one, ids) for one in batch if one.taken_at >= self._slots_since]
            _insert(connection, tables.slot, slots)
        return len(photos)

    def _row(self, one: Drawn, number: int) -> dict[str, Any]:
        name = f"{self._camera}/{one.taken_at.astimezone(UTC):%Y-%m-%d/%H%M%S}-{number:06d}.jpg"
        self._place(name, one.data)
        return {
            "camera": self._camera,
            "sequence": number,
            "taken_at": one.taken_at,
            "file": name,
            "size": len(one.data),
            "width": one.width,
            "height": one.height,
            "proved": True,
            "certain": True,
            "kept": one.kept,
            "activity": one.activity,
        }

    def _slot(self, one: Drawn, ids: dict[datetime, int]) -> dict[str, Any]:
        return {
            "camera": self._camera,
            "due_at": one.taken_at,
            "filled": bool(one.data),
            "photo_id": ids.get(one.taken_at),
            "reason": one.reason,
            "tries": 1,
        }

    def _ids(self, connection: sa.Connection, first: int) -> dict[datetime, int]:
        row = tables.photo.c
        query = sa.select(row.taken_at, row.id).where(row.camera == self._camera, row.sequence >= first)
        return {found.taken_at: found.id for found in connection.execute(query)}

    def _place(self, name: str, data: bytes) -> None:
        """Write a file, or link it to the one that has the same bytes already."""
        path = self._files.path(name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        # By the bytes: where they lie in memory, others lie once they are gone.
        key = hashlib.blake2b(data, digest_size=16).digest()
        first = self._known.setdefault(key, name)
        if first != name:
            # Not everywhere are there hard links, and ext4 has no more than 65,000 of one file.
            with contextlib.suppress(OSError):
                os.link(self._files.path(first), path)
                return
            self._known[key] = name
        path.write_bytes(data)


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(sa.insert(table), rows)
