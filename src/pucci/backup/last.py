"""When the last backup was made, for the owner to see."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from pucci.db import Database
from pucci.tables import fact

_FACT: Final = "backup.last"


@dataclass(frozen=True, slots=True)
class Last:
    """The last backup: when it was done, in UTC, and its size in bytes."""

    at: datetime
    size: int


def last(database: Database) -> Last | None:
    """Return the last backup, None where there was none yet."""
    with database.read() as connection:
        text = connection.scalar(sa.select(fact.c.value).where(fact.c.name == _FACT))
    if text is None:
        return None
    found = json.loads(text)
    return Last(datetime.fromisoformat(found["at"]), found["size"])


def remember(database: Database, done: Last) -> None:
    """Note a backup as the last one."""
    value = json.dumps({"at": done.at.isoformat(), "size": done.size})
    with database.write() as connection:
        connection.execute(sa.delete(fact).where(fact.c.name == _FACT))
        connection.execute(sa.insert(fact).values(name=_FACT, value=value))
