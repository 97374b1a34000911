"""API tokens: for Home Assistant and scripts. Named, for something in particular, revocable."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from pucci.accounts.names import clean_name
from pucci.accounts.tokens import hash_of, new_token
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError, DatabaseError
from pucci.tables import apitoken

# A token's last use is written once in a while: a script asks every few seconds.
_REFRESH_EVERY: Final = timedelta(hours=1)
# So that a token is known for one where somebody finds it, and scanners of secrets find it.
PREFIX: Final = "pucci_"


class Scope(StrEnum):
    """What a token may."""

    NEWEST = "newest"
    ALBUM = "album"
    TAKE = "take"
    METRICS = "metrics"


def opens(had: Scope, asked: Scope) -> bool:
    """Whether a scope is enough where another is asked for. The newest photo is in the album."""
    return had is asked or (asked is Scope.NEWEST and had is Scope.ALBUM)


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A token. Times are in UTC."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_at: datetime
    used_at: datetime | None

    def may(self, scope: Scope) -> bool:
        """Whether it may this."""
        return any(opens(had, scope) for had in self.scopes)


class ApiTokens:
    """The table of tokens."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def make(self, name: str, scopes: frozenset[Scope]) -> str:
        """Return a new token, which is not stored anywhere.

        Raises:
            AccountError: the name cannot be used, or it may nothing.
        """
        if not scopes:
            raise AccountError("Say what the token may. Choose one thing at least.")
        token = PREFIX + new_token()
        row = {
            "token_hash": hash_of(token),
            "name": clean_name(name),
            "scopes": " ".join(sorted(scopes)),
            "created_at": self._clock.now(),
        }
        with self._db.write() as connection:
            connection.execute(sa.insert(apitoken).values(row))
        return token

    def find(self, token: str) -> ApiToken | None:
        """Return the token that this is, None where it is none; note that it was used."""
        with self._db.read() as connection:
            row = connection.execute(
                sa.select(apitoken).where(apitoken.c.token_hash == hash_of(token))
            ).one_or_none()
        if row is None:
            return None
        now = self._clock.now()
        if row.used_at is None or abs(now - row.used_at) >= _REFRESH_EVERY:
            self._note_use(row.id, now)
        return _token_from(row)

    def all(self) -> list[ApiToken]:
        """Return all tokens, the oldest first."""
        with self._db.read() as connection:
            rows = connection.execute(sa.select(apitoken).order_by(apitoken.c.id)).all()
        return [_token_from(row) for row in rows]

    def revoke(self, token_id: int) -> str | None:
        """End a token at once; return its name, None where there is none."""
        with self._db.write() as connection:
            name = connection.execute(sa.select(apitoken.c.name).where(apitoken.c.id == token_id)).scalar()
            connection.execute(sa.delete(apitoken).where(apitoken.c.id == token_id))
        return name

    def _note_use(self, token_id: int, now: datetime) -> None:
        try:
            with self._db.write() as connection:
                connection.execute(sa.update(apitoken).where(apitoken.c.id == token_id).values(used_at=now))
        except DatabaseError:
            pass  # a full disk keeps nobody from looking


def _token_from(row: Any) -> ApiToken:
    scopes = frozenset(Scope(word) for word in row.scopes.split())
    return ApiToken(row.id, row.name, scopes, row.created_at, row.used_at)
