"""When the last backup was made, for the owner to see."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pucci.db import Database, read_fact, write_fact

_FACT: Final = "backup.last"


@dataclass(frozen=True, slots=True)
class Last:
    """The last backup: when it was done, in UTC, and its size in bytes."""

    at: datetime
    size: int


def last(database: Database) -> Last | None:
    """Return the last backup, None where there was none yet."""
    with database.read() as connection:
        text = read_fact(connection, _FACT)
    if text is None:
        return None
    found = json.loads(text)
    return Last(datetime.fromisoformat(found["at"]), found["size"])


def remember(database: Database, done: Last) -> None:
    """Note a backup as the last one."""
    value = json.dumps({"at": done.at.isoformat(), "size": done.size})
    with database.write() as connection:
        write_fact(connection, _FACT, value)
