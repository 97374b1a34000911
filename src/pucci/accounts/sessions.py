"""Sessions: who is signed in where. Site and media ask here, so an end is an end everywhere."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy import exc

from pucci.accounts.journal import printable
from pucci.accounts.tokens import hash_of, new_token
from pucci.accounts.users import USER_COLUMNS, User, user_from
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError, DatabaseError
from pucci.tables import session, user

# A session's time is written once an hour at most: a write for each request wears an SD card out.
REFRESH_EVERY: Final = timedelta(hours=1)

# How long after a password or a passkey somebody may do what is dangerous.
FRESH: Final = timedelta(minutes=15)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """One of somebody's devices. Times are in UTC; `device` is what the browser says of itself."""

    id: int
    created_at: datetime
    seen_at: datetime
    address: str
    device: str


class Sessions:
    """The table of sessions. One ends when told to, or when it was not used for `days` days."""

    def __init__(self, db: Database, *, clock: Clock, days: float) -> None:
        self._db = db
        self._clock = clock
        self._life = timedelta(days=days)

    def start(self, person: User, *, address: str, device: str) -> str:
        """Sign somebody in, and return the token for their cookie; it is not stored anywhere.

        Raises:
            AccountError: they have no account any more.
        """
        token, now = new_token(), self._clock.now()
        values = {
            "token_hash": hash_of(token),
            "user_id": person.id,
            "created_at": now,
            "seen_at": now,
            "proved_at": now,
            "address": printable(address, 64),
            "device": printable(device, 200),
        }
        try:
            with self._db.write() as connection:
                self._purge(connection, now)
                connection.execute(sa.insert(session).values(values))
        except exc.IntegrityError as error:
            raise AccountError(
                f"{person.username} has no account any more. Ask the owner for one."
            ) from error
        return token

    def user_of(self, token: str) -> User | None:
        """Return who is signed in with a token: one query, and at most one write an hour."""
        with self._db.read() as connection:
            row = connection.execute(_WHOSE, {"token": hash_of(token)}).one_or_none()
        now = self._clock.now()
        if row is None or now - row.seen_at >= self._life:
            return None
        if self._is_due(row.seen_at, now):
            self._refresh(row.session_id, now)
        return user_from(row)

    def of(self, person: User) -> list[Session]:
        """Return where somebody is signed in, the last seen first."""
        columns = (session.c.id, session.c.created_at, session.c.seen_at, session.c.address, session.c.device)
        going_on = (session.c.user_id == person.id) & (session.c.seen_at > self._clock.now() - self._life)
        query = sa.select(*columns).where(going_on).order_by(session.c.seen_at.desc(), session.c.id.desc())
        with self._db.read() as connection:
            return [Session(*row) for row in connection.execute(query)]

    def last_seen(self) -> dict[int, datetime]:
        """Return when each person was here last, by their id; who has no session is left out."""
        query = sa.select(session.c.user_id, sa.func.max(session.c.seen_at)).group_by(session.c.user_id)
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def id_of(self, token: str) -> int | None:
        """Return the id of a token's session."""
        query = sa.select(session.c.id).where(session.c.token_hash == hash_of(token))
        with self._db.read() as connection:
            return connection.execute(query).scalar()

    def is_fresh(self, token: str) -> bool:
        """Whether a password or passkey was given in the last 15 minutes."""
        query = sa.select(session.c.proved_at).where(session.c.token_hash == hash_of(token))
        with self._db.read() as connection:
            proved_at = connection.execute(query).scalar()
        # A clock that was set back does not make a proof last longer.
        return proved_at is not None and abs(self._clock.now() - proved_at) < FRESH

    def prove(self, token: str) -> None:
        """Note that whoever has this session has just given their password or passkey."""
        with self._db.write() as connection:
            same = session.c.token_hash == hash_of(token)
            connection.execute(sa.update(session).where(same).values(proved_at=self._clock.now()))

    def end_one(self, person: User, session_id: int) -> None:
        """End one of somebody's sessions. Another person's is left alone."""
        with self._db.write() as connection:
            own = (session.c.id == session_id) & (session.c.user_id == person.id)
            connection.execute(sa.delete(session).where(own))

    def end(self, token: str) -> None:
        """Sign out. An unknown token is fine."""
        with self._db.write() as connection:
            connection.execute(sa.delete(session).where(session.c.token_hash == hash_of(token)))

    def end_all(self, person: User) -> None:
        """Sign somebody out everywhere."""
        with self._db.write() as connection:
            connection.execute(sa.delete(session).where(session.c.user_id == person.id))

    def _is_due(self, seen_at: datetime, now: datetime) -> bool:
        """Whether to write the time. A time from the future is mended once the clock is trusted."""
        if now >= seen_at:
            return now - seen_at >= min(REFRESH_EVERY, self._life / 2)
        return seen_at - now >= REFRESH_EVERY and self._clock.is_trusted()

    def _refresh(self, session_id: int, now: datetime) -> None:
        try:
            with self._db.write() as connection:
                connection.execute(sa.update(session).where(session.c.id == session_id).values(seen_at=now))
        except DatabaseError as error:  # a full disk must not keep the family from looking
            _log.warning("A session's time was not written: %s", error)

    def _purge(self, connection: sa.Connection, now: datetime) -> None:
        """Forget what has ended, unless the clock may be wrong."""
        if self._clock.is_trusted():
            connection.execute(sa.delete(session).where(session.c.seen_at <= now - self._life))


# Asked for every page and every photo, so it is built once: that halves its time.
_WHOSE: Final = (
    sa.select(*USER_COLUMNS, session.c.id.label("session_id"), session.c.seen_at)
    .join(session, session.c.user_id == user.c.id)
    .where(session.c.token_hash == sa.bindparam("token"), ~user.c.disabled)
)
