"""Pauses: which cameras the family turned off, since when, until when, and who did."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from pucci import tables
from pucci.db import Database


@dataclass(frozen=True, slots=True)
class Pause:
    """A camera that is turned off; without `until`, until somebody turns it on."""

    camera: str
    since: datetime
    until: datetime | None
    by: str


class Pauses:
    """The rows of pauses. They last over restarts, and both processes of a site under Apache see them."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of(self, camera: str) -> Pause | None:
        """Return a camera's pause, which may be over by now."""
        query = sa.select(*(tables.pause.c[name] for name in Pause.__dataclass_fields__))
        with self._db.read() as connection:
            row = connection.execute(query.where(tables.pause.c.camera == camera)).one_or_none()
        return Pause(*row) if row is not None else None

    def begin(self, pause: Pause) -> None:
        """Turn a camera off."""
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.pause).where(tables.pause.c.camera == pause.camera))
            values = {name: getattr(pause, name) for name in Pause.__dataclass_fields__}
            connection.execute(sa.insert(tables.pause).values(values))

    def end(self, camera: str) -> bool:
        """Turn a camera on again; return whether it was off."""
        with self._db.write() as connection:
            gone = sa.delete(tables.pause).where(tables.pause.c.camera == camera)
            return connection.execute(gone).rowcount > 0
