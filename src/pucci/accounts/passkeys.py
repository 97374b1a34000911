"""Passkeys: a phone or a key that proves who one is, without anything typed (WebAuthn level 2)."""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc

from pucci.accounts.names import clean_name
from pucci.accounts.users import USER_COLUMNS, User, user_from
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError
from pucci.tables import passkey, spent, user

_NO = "This passkey does not fit. Try again, or use your password."
# How long a question may wait for its answer: finding the key takes a minute.
LIFE: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Site:
    """For whom passkeys are: the relying party's id (a host) and the only origin that may ask."""

    rp_id: str
    origin: str
    name: str


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made."""

    credential_id: bytes
    data: bytes
    uses: int


@dataclass(frozen=True, slots=True)
class Passkey:
    """One of somebody's passkeys. Times are in UTC."""

    id: int
    name: str
    created_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Question:
    """What the browser is asked, and what to keep until it answers."""

    options: dict[str, Any]
    state: dict[str, Any]


class Passkeys:
    """The table of passkeys."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def of(self, person: User) -> list[Passkey]:
        """Return somebody's passkeys, the oldest first."""
        columns = (passkey.c.id, passkey.c.name, passkey.c.created_at, passkey.c.used_at)
        query = sa.select(*columns).where(passkey.c.user_id == person.id).order_by(passkey.c.id)
        with self._db.read() as connection:
            return [Passkey(*row) for row in connection.execute(query)]

    def counts(self) -> dict[int, int]:
        """Return how many passkeys each person has, by their id."""
        query = sa.select(passkey.c.user_id, sa.func.count()).group_by(passkey.c.user_id)
        with self._db.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    # -- a new one --------------------------------------------------------------------------

    def ask_new(self, site: Site, name: str, handle: bytes, person: User | None = None) -> Question:
        """Return the question for a new passkey; `handle` says whose it is, without saying who."""
        known: list[bytes] = []
        if person is not None:
            query = sa.select(passkey.c.data).where(passkey.c.user_id == person.id)
            with self._db.read() as connection:
                known = list(connection.execute(query).scalars())
        return self._question(_server(site).ask_new(name, handle, known))

    def read_new(self, site: Site, state: Mapping[str, Any], answer: Any) -> NewPasskey:
        """Return the passkey in the browser's answer.

        Raises:
            AccountError: it is not an answer to this question, or too late.
        """
        from pucci.accounts.fido import BROKEN

        self._open(state)
        try:
            return NewPasskey(*_server(site).new(state, answer))
        except BROKEN as error:
            raise AccountError(_NO) from error

    def add(self, person: User, new: NewPasskey, name: str) -> None:
        """Give somebody a passkey.

        Raises:
            AccountError: the name cannot be used, or the passkey is somebody's already.
        """
        with self._db.write() as connection:
            add_passkey(connection, person, new, name, now=self._clock.now())

    def remove(self, person: User, passkey_id: int) -> str | None:
        """Take one of somebody's passkeys away; return its name, None where there is none.

        Raises:
            AccountError: it is their only way in.
        """
        own = (passkey.c.id == passkey_id) & (passkey.c.user_id == person.id)
        with self._db.write() as connection:
            name = connection.execute(sa.select(passkey.c.name).where(own)).scalar()
            connection.execute(sa.delete(passkey).where(own))
            left = sa.select(sa.func.count()).where(passkey.c.user_id == person.id)
            password = sa.select(user.c.password).where(user.c.id == person.id)
            if not connection.execute(left).scalar() and connection.execute(password).scalar() is None:
                raise AccountError("This is your only way in. Choose a password first.")
        return name

    # -- signing in -------------------------------------------------------------------------

    def ask(self, site: Site) -> Question:
        """Return the question to anybody who has a passkey of this site."""
        return self._question(_server(site).ask())

    def check(self, site: Site, state: Mapping[str, Any], answer: Any) -> User | None:
        """Return whose passkey answered, None where it is nobody's. Each question is answered once."""
        from pucci.accounts.fido import BROKEN

        try:
            self._open(state)
            credential_id = _decoded(answer["rawId"])
            row = self._row(credential_id)
            if row is None:
                return None
            _server(site).check(state, row.data, answer)
            uses = int.from_bytes(_decoded(answer["response"]["authenticatorData"])[33:37], "big")
            self._spend(state, row, uses)
        except (*BROKEN, AccountError, binascii.Error, exc.IntegrityError):
            return None
        return user_from(row)

    def _row(self, credential_id: bytes) -> Any:
        columns = (*USER_COLUMNS, passkey.c.data, passkey.c.uses, passkey.c.id.label("passkey_id"))
        mine = passkey.c.credential_hash == _hash(credential_id)
        query = (
            sa.select(*columns).join(passkey, passkey.c.user_id == user.c.id).where(mine, ~user.c.disabled)
        )
        with self._db.read() as connection:
            return connection.execute(query).one_or_none()

    def _spend(self, state: Mapping[str, Any], row: Any, uses: int) -> None:
        """Note that the question is answered. A counter that does not grow is a copied key's."""
        now = self._clock.now()
        if row.uses and uses <= row.uses:
            raise AccountError(_NO)
        with self._db.write() as connection:
            connection.execute(sa.delete(spent).where(spent.c.at < now - 2 * LIFE))
            connection.execute(sa.insert(spent).values(hash=_hash(state["challenge"].encode()), at=now))
            same = passkey.c.id == row.passkey_id
            connection.execute(sa.update(passkey).where(same).values(uses=uses, used_at=now))

    def _question(self, asked: tuple[dict[str, Any], dict[str, Any]]) -> Question:
        options, state = asked
        return Question(options, state | {"at": self._clock.now().timestamp()})

    def _open(self, state: Mapping[str, Any]) -> None:
        at = state.get("at")
        if not isinstance(at, int | float) or abs(self._clock.now().timestamp() - at) > LIFE.total_seconds():
            raise AccountError(_NO)


def add_passkey(
    connection: sa.Connection, person: User, new: NewPasskey, name: str, *, now: datetime
) -> None:
    """Add a passkey inside the caller's transaction.

    Raises:
        AccountError: the name cannot be used, or the passkey is somebody's already.
    """
    values = {
        "user_id": person.id,
        "credential_hash": _hash(new.credential_id),
        "data": new.data,
        "name": clean_name(name),
        "uses": new.uses,
        "created_at": now,
    }
    try:
        connection.execute(sa.insert(passkey).values(values))
    except exc.IntegrityError as error:
        raise AccountError("This passkey is here already. Use another one.") from error


def _server(site: Site) -> Any:
    from pucci.accounts.fido import Server  # late: most days nobody signs in

    return Server(site.rp_id, site.origin, site.name)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
