"""The last few refused frames of each camera, kept aside so that the owner can look at them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pucci import jpeg, tables
from pucci.db import Database
from pucci.photo import Frame

# Frames kept for each camera, and the largest that is: about a megabyte of the card in all.
LIMIT = 12
_MOST_BYTES = 1_000_000
# A JPEG's header is in here, but for one with a large picture inside its own comments.
_HEAD_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Refusal:
    """A frame that was refused, and why. Its bytes are asked for apart."""

    id: int
    camera: str
    taken_at: datetime
    reason: str


_COLUMNS = [tables.refusal.c[name] for name in Refusal.__dataclass_fields__]


class Refusals:
    """Frames kept aside."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def newest(self, camera: str) -> list[Refusal]:
        """Return a camera's refused frames, newest first."""
        query = (
            sa.select(*_COLUMNS).where(tables.refusal.c.camera == camera).order_by(tables.refusal.c.id.desc())
        )
        with self._db.read() as connection:
            return [Refusal(*row) for row in connection.execute(query)]

    def showable(self, camera: str) -> set[int]:
        """Return the ids of those refused frames whose header says how large they are."""
        head = sa.func.substr(tables.refusal.c.data, 1, _HEAD_BYTES)
        query = sa.select(tables.refusal.c.id, head).where(tables.refusal.c.camera == camera)
        with self._db.read() as connection:
            return {number for number, data in connection.execute(query) if jpeg.size_of(bytes(data))}

    def frame(self, refusal_id: int) -> tuple[Refusal, bytes] | None:
        """Return a refused frame with its bytes as they came, None where there is none."""
        query = sa.select(*_COLUMNS, tables.refusal.c.data).where(tables.refusal.c.id == refusal_id)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        *values, data = row
        return Refusal(*values), data

    def forget(self, refusal_id: int) -> None:
        """Throw a refused frame away."""
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.refusal).where(tables.refusal.c.id == refusal_id))


def set_aside(connection: sa.Connection, camera: str, frame: Frame, reason: str) -> None:
    """Keep a refused frame, and throw the oldest beyond the limit away."""
    if not frame.data or len(frame.data) > _MOST_BYTES:
        return
    values = {"camera": camera, "taken_at": frame.taken_at, "reason": reason[:200], "data": frame.data}
    connection.execute(sa.insert(tables.refusal).values(values))
    mine = sa.select(tables.refusal.c.id).where(tables.refusal.c.camera == camera)
    kept = mine.order_by(tables.refusal.c.id.desc()).limit(LIMIT)
    connection.execute(
        sa.delete(tables.refusal).where(
            tables.refusal.c.camera == camera, tables.refusal.c.id.not_in(kept.scalar_subquery())
        )
    )
