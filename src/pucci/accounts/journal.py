"""The journal: who did what, when and from where. For the owner, for 90 days."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import sqlalchemy as sa

from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import DatabaseError
from pucci.tables import journal

# Rows of one page: what somebody reads at once.
PAGE: Final = 100

_log = logging.getLogger(__name__)


class Event(StrEnum):
    """What can stand in the journal. `whom` says about whom or what it is."""

    SIGNED_IN = "signed in"
    FAILED = "failed to sign in"
    SLOWED = "tried too often"
    SIGNED_OUT = "signed out"
    INVITED = "made a link"
    REVOKED = "took a link back"
    JOINED = "came in by a link"
    PASSWORD = "changed a password"  # noqa: S105 - a word of the journal
    PASSKEY = "changed passkeys"
    CODES = "changed sign-in codes"
    ADDED = "added somebody"
    ROLE = "changed a role"
    DISABLED = "kept somebody out"
    ENABLED = "let somebody in again"
    REMOVED = "removed somebody"
    SHARED = "shared"
    UNSHARED = "ended a share"
    TOKEN = "changed a token"  # noqa: S105
    DELETED = "deleted"
    PUBLISHED = "put on the public page"
    UNPUBLISHED = "took off the public page"
    PROFILE = "wrote of the dog"
    PRIVACY = "used the privacy switch"


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `at` is in UTC; `who` did `what` to `whom`, from the network address `address`."""

    id: int
    at: datetime
    what: str
    who: str
    whom: str
    address: str


class Journal:
    """The table of lines."""

    def __init__(self, db: Database, *, clock: Clock, days: float) -> None:
        self._db = db
        self._clock = clock
        self._life = timedelta(days=days)

    def write(self, what: Event, *, who: str = "", whom: str = "", address: str = "") -> None:
        """Add a line, and forget what is too old. A disk that is full keeps nobody from what they do."""
        now = self._clock.now()
        line = {
            "at": now,
            "what": what.value,
            "who": printable(who, 80),
            "whom": printable(whom, 120),
            "address": printable(address, 64),
        }
        try:
            with self._db.write() as connection:
                if self._clock.is_trusted():
                    connection.execute(sa.delete(journal).where(journal.c.at <= now - self._life))
                connection.execute(sa.insert(journal).values(line))
        except DatabaseError as error:
            _log.warning("The journal was not written: %s", error)

    def page(self, before: int | None = None) -> list[Line]:
        """Return a page of lines, the newest first; `before` is the last id of the page before."""
        query = sa.select(journal).order_by(journal.c.id.desc()).limit(PAGE)
        if before is not None:
            query = query.where(journal.c.id < before)
        with self._db.read() as connection:
            return [Line(**row) for row in connection.execute(query).mappings()]


def printable(text: str, length: int) -> str:
    """Return text from outside as it may be stored and shown."""
    return "".join(letter for letter in text if letter.isprintable())[:length]
