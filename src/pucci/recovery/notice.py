"""What is told of a database that was made anew, until the owner has read it, or for a week."""

import json
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from pucci.clock import Clock
from pucci.counting import counted
from pucci.db import Database, read_fact, write_fact
from pucci.tables import fact

_FACT: Final = "recovery"
_SHOWN_FOR: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Recovered:
    """What became of a damaged database.

    `at` is when, None where the clock was not set. `snapshot_at` is of when people and stars are, None where
    there was no snapshot. `aside` is the damaged file's new name, "" where it had gone. `left` counts files
    that are no whole photos. `off` names the cameras that were off then, and may have been turned on since.
    """

    at: datetime | None
    why: str
    aside: str
    snapshot_at: datetime | None
    photos: int
    left: int = 0
    off: str = ""

    def __str__(self) -> str:
        """Return it as a sentence for the log, and for programs."""
        photos = counted(self.photos, "photo")
        what = f"The database was damaged ({self.why}) and was made anew, with {photos}"
        people = (
            f"people, stars and links are as in the snapshot of {self.snapshot_at:%Y-%m-%d %H:%M} UTC"
            if self.snapshot_at
            else "there was no snapshot, so people, stars and links are lost"
        )
        aside = f" The damaged one is {self.aside}." if self.aside else ""
        left = _left(self.left)
        off = f" Off as in the snapshot: {self.off}; look whether that is right." if self.off else ""
        return f"{what}; {people}.{aside}{left}{off}"


def _left(files: int) -> str:
    if files == 1:
        return " 1 file is no whole photo, and was left where it is."
    return f" {files} files are no whole photos, and were left where they are." if files else ""


def write(connection: sa.Connection, told: Recovered) -> None:
    """Note it in the new database."""
    value = json.dumps(asdict(told), default=lambda moment: moment.isoformat())
    write_fact(connection, _FACT, value)


def read(database: Database, clock: Clock) -> Recovered | None:
    """Return what the owner is still to be told; None for nothing."""
    with database.read() as connection:
        value = read_fact(connection, _FACT)
    told = _parse(value) if value else None
    if told is None or (told.at is not None and clock.now() - told.at > _SHOWN_FOR):
        return None
    return told


def confirm(database: Database) -> None:
    """The owner has read it."""
    with database.write() as connection:
        connection.execute(sa.delete(fact).where(fact.c.name == _FACT))


def _parse(value: str) -> Recovered | None:
    with suppress(ValueError, TypeError):
        told: dict[str, Any] = json.loads(value)
        moments = {name: told[name] and datetime.fromisoformat(told[name]) for name in ("at", "snapshot_at")}
        return Recovered(**{**told, **moments})
    return None
