"""That photos go before their time, as there is no room for more: noted as it happens, told for a day."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from pucci.album.film import Film
from pucci.clock import Clock
from pucci.db import Database, read_fact, write_fact
from pucci.photo import Photo

log = logging.getLogger(__name__)

_FACT: Final = "album.early"
# Written once an hour at most: while the disk is short a photo goes with each slot.
_AGAIN: Final = timedelta(hours=1)
_TOLD: Final = timedelta(days=1)


def note_gone(database: Database, gone: Sequence[Photo | Film], *, clock: Clock) -> None:
    """Note what went to make room, and how old the youngest photo of it was, where the clock can tell."""
    log.info("Photos and films that went to make room for a new photo: %d.", len(gone))
    now = clock.now()
    ages = [now - photo.taken_at for photo in gone if isinstance(photo, Photo) and photo.certain]
    if not ages or not clock.is_trusted():
        return
    before = _read(database)
    if before is None or not timedelta() <= now - before[0] < _AGAIN:
        with database.write() as connection:
            write_fact(connection, _FACT, f"{now.isoformat()} {min(ages).total_seconds():.0f}")


def stays(database: Database, *, now: datetime, keep: timedelta) -> timedelta | None:
    """Return how long photos stay, where within a day some went for room before `keep` was over; else None.

    A `keep` of nothing keeps all: then every one that went did so early.
    """
    found = _read(database)
    if found is None or not timedelta() <= now - found[0] < _TOLD:
        return None
    return found[1] if not keep or found[1] < keep else None


def _read(database: Database) -> tuple[datetime, timedelta] | None:
    with database.read() as connection:
        at, _, age = (read_fact(connection, _FACT) or "").partition(" ")
    return (datetime.fromisoformat(at), timedelta(seconds=float(age))) if at else None
