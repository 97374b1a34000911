"""What each camera's witness has learned: kept as a row, so that a new process need not learn it again."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from pucci import tables
from pucci.db import Database


class Witnesses:
    """The rows of witnesses."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def load(self, camera: str) -> tuple[Mapping[str, Any], datetime] | None:
        """Return what a camera's witness remembered, and when that was; None where nothing is."""
        query = sa.select(tables.witness.c.memory, tables.witness.c.saved_at).where(
            tables.witness.c.camera == camera
        )
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return (json.loads(row[0]), row[1]) if row is not None else None

    def save(
        self, camera: str, memory: Mapping[str, Any], *, tolerated: str, now: datetime, webcam: bool = False
    ) -> None:
        """Keep what a witness remembers; `webcam` says that there was a real camera to see."""
        values = {
            "camera": camera,
            "memory": json.dumps(memory),
            "tolerated": tolerated,
            "webcam": webcam,
            "saved_at": now,
        }
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.witness).where(tables.witness.c.camera == camera))
            connection.execute(sa.insert(tables.witness).values(values))

    def tolerated(self, camera: str) -> str:
        """Return the harmless fault that is let pass for a camera, in words; empty for none."""
        query = sa.select(tables.witness.c.tolerated).where(tables.witness.c.camera == camera)
        with self._db.read() as connection:
            return connection.scalar(query) or ""

    def had_webcam(self, camera: str) -> bool:
        """Whether this camera was ever a webcam, so that a drawing may stand in for it no more."""
        query = sa.select(tables.witness.c.webcam).where(tables.witness.c.camera == camera)
        with self._db.read() as connection:
            return bool(connection.scalar(query))

    def revoke(self, camera: str) -> None:
        """Let nothing pass for a camera any more; its witness hears of it when it is next opened."""
        with self._db.write() as connection:
            change = sa.update(tables.witness).where(tables.witness.c.camera == camera)
            connection.execute(change.values(tolerated="", revoked=True))

    def take_revoked(self, camera: str) -> bool:
        """Return whether somebody revoked what was let pass, and note that it was heard."""
        mine = tables.witness.c.camera == camera
        with self._db.read() as connection:
            revoked = connection.scalar(sa.select(tables.witness.c.revoked).where(mine))
        if revoked:
            with self._db.write() as connection:
                connection.execute(sa.update(tables.witness).where(mine).values(revoked=False))
        return bool(revoked)
