"""Links: what lets somebody in who has no password yet. Each works once, for a while."""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from pucci.accounts.tokens import hash_of, new_token
from pucci.accounts.users import has_owner
from pucci.clock import Clock
from pucci.db import Database, link

OWNER: Final = "owner"


class Links:
    """The table of links."""

    def __init__(self, db: Database, *, clock: Clock, minutes: float) -> None:
        self._db = db
        self._clock = clock
        self._life = timedelta(minutes=minutes)

    def make_owner_link(self) -> str | None:
        """Return the token of a link that makes the owner, or None where there is one.

        Older links that nobody used work no more.
        """
        token, now = new_token(), self._clock.now()
        values = {
            "token_hash": hash_of(token),
            "purpose": OWNER,
            "created_at": now,
            "expires_at": now + self._life,
        }
        with self._db.write() as connection:
            if has_owner(connection):
                return None
            connection.execute(sa.delete(link).where(link.c.purpose == OWNER, link.c.used_at.is_(None)))
            connection.execute(sa.insert(link).values(values))
        return token

    def is_open(self, token: str) -> bool:
        """Whether a link's token would work now."""
        with self._db.read() as connection:
            found = connection.execute(sa.select(link.c.id).where(_open(token, self._clock.now()))).first()
            return found is not None and not has_owner(connection)


def use_link(connection: sa.Connection, token: str, *, now: datetime) -> bool:
    """Use a link up inside the caller's transaction; of two at once, one gets True."""
    used = connection.execute(sa.update(link).where(_open(token, now)).values(used_at=now))
    return used.rowcount == 1


def _open(token: str, now: datetime) -> sa.ColumnElement[bool]:
    return (
        (link.c.token_hash == hash_of(token))
        & (link.c.purpose == OWNER)
        & link.c.used_at.is_(None)
        & (link.c.expires_at > now)
    )
