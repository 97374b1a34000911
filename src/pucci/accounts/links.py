"""Links: what lets somebody in who has no password yet. Each works once, for a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from pucci.accounts.names import clean_name
from pucci.accounts.roles import Role
from pucci.accounts.tokens import hash_of, new_token
from pucci.accounts.users import User, has_owner
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError
from pucci.tables import link, user


class Purpose(StrEnum):
    """What a link is for: the first owner, somebody new, or a forgotten password."""

    OWNER = "owner"
    INVITE = "invite"
    PASSWORD = "password"  # noqa: S105 - a purpose


@dataclass(frozen=True, slots=True)
class Link:
    """A link somebody may still use. `user_id` is whose password is forgotten, None for somebody new."""

    id: int
    purpose: Purpose
    name: str
    role: Role | None
    user_id: int | None
    expires_at: datetime


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
        with self._db.write() as connection:
            if has_owner(connection):
                return None
            connection.execute(
                sa.delete(link).where(link.c.purpose == Purpose.OWNER.value, link.c.used_at.is_(None))
            )
            return self._add(connection, Purpose.OWNER, self._life)

    def invite(self, name: str, role: Role, life: timedelta) -> str:
        """Return the token of a link for somebody new, with this name and role.

        Raises:
            AccountError: the name cannot be used, or somebody has it already.
        """
        name = clean_name(name)
        with self._db.write() as connection:
            for taken in connection.execute(sa.select(user.c.username)).scalars():
                if taken.casefold() == name.casefold():
                    raise AccountError(f"Somebody is called {taken} already. Choose another name.")
            return self._add(connection, Purpose.INVITE, life, name=name, role=role.value)

    def new_password(self, person: User, life: timedelta) -> str:
        """Return the token of a link by which somebody gives themselves a new password.

        Older ones of theirs work no more; the password they may still know does, until then.
        """
        with self._db.write() as connection:
            connection.execute(sa.delete(link).where(link.c.user_id == person.id, link.c.used_at.is_(None)))
            return self._add(
                connection, Purpose.PASSWORD, life, name=person.username, role=person.role.value,
                user_id=person.id,
            )  # fmt: skip

    def _add(self, connection: sa.Connection, purpose: Purpose, life: timedelta, **values: Any) -> str:
        token, now = new_token(), self._clock.now()
        row = {"purpose": purpose.value, "created_at": now, "expires_at": now + life, **values}
        connection.execute(sa.insert(link).values(token_hash=hash_of(token), **row))
        return token

    def is_open(self, token: str) -> bool:
        """Whether the owner's link would work now."""
        with self._db.read() as connection:
            found = find_link(connection, token, now=self._clock.now())
            return found is not None and found.purpose is Purpose.OWNER and not has_owner(connection)

    def find(self, token: str) -> Link | None:
        """Return the invite or password link of a token, None where it works no more."""
        with self._db.read() as connection:
            found = find_link(connection, token, now=self._clock.now())
        return found if found and found.purpose is not Purpose.OWNER else None

    def pending(self) -> list[Link]:
        """Return the invites and password links that nobody used yet, the oldest first."""
        waiting = (link.c.purpose != Purpose.OWNER.value) & _waiting(self._clock.now())
        with self._db.read() as connection:
            return [_link_from(row) for row in connection.execute(_LINKS.where(waiting).order_by(link.c.id))]

    def revoke(self, link_id: int) -> str | None:
        """Take a link back, and return whose it was; None where it was used or gone already."""
        open_one = (link.c.id == link_id) & (link.c.purpose != Purpose.OWNER.value) & link.c.used_at.is_(None)
        with self._db.write() as connection:
            name = connection.execute(sa.select(link.c.name).where(open_one)).scalar()
            connection.execute(sa.delete(link).where(open_one))
        return name


_LINKS = sa.select(link.c.id, link.c.purpose, link.c.name, link.c.role, link.c.user_id, link.c.expires_at)


def _link_from(row: Any) -> Link:
    role = Role(row.role) if row.role else None
    return Link(row.id, Purpose(row.purpose), row.name, role, row.user_id, row.expires_at)


def find_link(connection: sa.Connection, token: str, *, now: datetime) -> Link | None:
    """Return the link of a token that would work now. A person who is kept out has none."""
    kept_out = sa.exists().where(user.c.id == link.c.user_id, user.c.disabled)
    query = _LINKS.where(link.c.token_hash == hash_of(token), _waiting(now), ~kept_out)
    row = connection.execute(query).one_or_none()
    return None if row is None else _link_from(row)


def use_link(connection: sa.Connection, token: str, *, now: datetime) -> bool:
    """Use a link up inside the caller's transaction; of two at once, one gets True."""
    one = (link.c.token_hash == hash_of(token)) & _waiting(now)
    return connection.execute(sa.update(link).where(one).values(used_at=now)).rowcount == 1


def _waiting(now: datetime) -> sa.ColumnElement[bool]:
    return link.c.used_at.is_(None) & (link.c.expires_at > now)
