"""People with an account. Each change that would leave the house without an owner is refused."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from pucci.accounts.names import clean_email, clean_name
from pucci.accounts.roles import Role
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError
from pucci.tables import session, user


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an account. `created_at` is in UTC."""

    id: int
    username: str
    email: str
    role: Role
    disabled: bool
    created_at: datetime


USER_COLUMNS = (
    user.c.id,
    user.c.username,
    user.c.email,
    user.c.role,
    user.c.disabled,
    user.c.created_at,
)


def user_from(row: Any) -> User:
    """Return the person in a row that has the columns of USER_COLUMNS."""
    return User(row.id, row.username, row.email, Role(row.role), row.disabled, row.created_at)


class Users:
    """The table of people."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    # -- who is there -----------------------------------------------------------------------

    def all(self) -> list[User]:
        """Return everybody, the oldest account first."""
        with self._db.read() as connection:
            return [user_from(row) for row in connection.execute(_SELECT.order_by(user.c.id))]

    def count(self) -> int:
        """Return how many people there are, disabled ones too."""
        with self._db.read() as connection:
            return connection.execute(sa.select(sa.func.count()).select_from(user)).scalar_one()

    def by_id(self, user_id: int) -> User | None:
        """Return the person with this id."""
        with self._db.read() as connection:
            row = connection.execute(_SELECT.where(user.c.id == user_id)).one_or_none()
        return None if row is None else user_from(row)

    def by_email(self, email: str) -> User | None:
        """Return the person with this e-mail, in whatever case it is typed."""
        found = self.with_password(email)
        return found[0] if found else None

    def by_name(self, username: str) -> User | None:
        """Return the person with this name, in whatever case it is typed."""
        wanted = username.strip().casefold()
        return next((one for one in self.all() if one.username.casefold() == wanted), None)

    def find(self, name_or_email: str) -> User:
        """Return the person with this name or e-mail.

        Raises:
            AccountError: there is none; the message says how to see who there is.
        """
        found = self.by_name(name_or_email) or self.by_email(name_or_email)
        if found is None:
            raise AccountError(
                f"There is nobody called {name_or_email}. `pucci user list` shows who there is."
            )
        return found

    def with_password(self, email: str) -> tuple[User, str | None] | None:
        """Return the person with this e-mail and their password's hash."""
        email = email.strip().lower()
        if not email.isprintable():  # nobody's, and a database would refuse to look for it
            return None
        query = sa.select(*USER_COLUMNS, user.c.password).where(user.c.email == email)
        with self._db.read() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else (user_from(row), row.password)

    def has_owner(self) -> bool:
        """Whether there is an owner who may sign in."""
        with self._db.read() as connection:
            return has_owner(connection)

    # -- changes ----------------------------------------------------------------------------

    def add(self, username: str, email: str, role: Role, password_hash: str | None) -> User:
        """Add somebody, and return them; without a hash they cannot sign in by password.

        Raises:
            AccountError: the name or e-mail cannot be used, or somebody has it already.
        """
        with self._db.write() as connection:
            return add_user(connection, username, email, role, password_hash, now=self._clock.now())

    def set_password(self, person: User, password_hash: str) -> None:
        """Give somebody a new password; whoever is signed in as them is not any more."""
        self._change(person, ends_sessions=True, password=password_hash)

    def renew_hash(self, person: User, old: str, new: str) -> None:
        """Replace a hash by another one of the same password, unless it was changed meanwhile."""
        with self._db.write() as connection:
            same = (user.c.id == person.id) & (user.c.password == old)
            connection.execute(sa.update(user).where(same).values(password=new))

    def set_role(self, person: User, role: Role) -> None:
        """Give somebody another role.

        Raises:
            AccountError: they are the last owner.
        """
        self._change(person, role=role.value)

    def disable(self, person: User) -> None:
        """Keep somebody out, and end their sessions.

        Raises:
            AccountError: they are the last owner.
        """
        self._change(person, ends_sessions=True, disabled=True)

    def enable(self, person: User) -> None:
        """Let somebody in again."""
        self._change(person, disabled=False)

    def remove(self, person: User) -> None:
        """Forget somebody; their sessions end.

        Raises:
            AccountError: they are the last owner.
        """
        with self._db.write() as connection:
            _keep_an_owner(connection, person)
            connection.execute(sa.delete(session).where(session.c.user_id == person.id))
            connection.execute(sa.delete(user).where(user.c.id == person.id))

    def _change(self, person: User, *, ends_sessions: bool = False, **values: Any) -> None:
        with self._db.write() as connection:
            if values.get("disabled") or values.get("role", Role.OWNER) != Role.OWNER:
                _keep_an_owner(connection, person)
            changed = connection.execute(sa.update(user).where(user.c.id == person.id).values(**values))
            if not changed.rowcount:
                raise AccountError(f"{person.username} has no account any more. Load the list again.")
            if ends_sessions:
                connection.execute(sa.delete(session).where(session.c.user_id == person.id))


_SELECT = sa.select(*USER_COLUMNS)
_ENABLED_OWNERS = (user.c.role == Role.OWNER.value) & ~user.c.disabled


def has_owner(connection: sa.Connection) -> bool:
    """Whether there is an owner who may sign in, as this transaction sees it."""
    return connection.execute(sa.select(user.c.id).where(_ENABLED_OWNERS).limit(1)).first() is not None


def add_user(
    connection: sa.Connection,
    username: str,
    email: str,
    role: Role,
    password_hash: str | None,
    *,
    now: datetime,
) -> User:
    """Add somebody inside the caller's transaction, which holds the write lock.

    Raises:
        AccountError: the name or e-mail cannot be used, or somebody has it already.
    """
    username, email = clean_name(username), clean_email(email)
    for row in connection.execute(sa.select(user.c.username, user.c.email)):
        if row.email == email:
            raise AccountError(f"Somebody has the e-mail {email} already. Use another one.")
        if row.username.casefold() == username.casefold():
            raise AccountError(f"Somebody is called {row.username} already. Choose another name.")
    values = {
        "username": username,
        "email": email,
        "password": password_hash,
        "role": role.value,
        "disabled": False,
        "created_at": now,
    }
    try:
        result = connection.execute(sa.insert(user).values(values))
    except exc.IntegrityError as error:  # PostgreSQL: somebody else's transaction was first
        raise AccountError(f"Somebody has the name {username} or the e-mail {email} already.") from error
    (user_id,) = result.inserted_primary_key or (0,)
    return User(user_id, username, email, role, disabled=False, created_at=now)


def _keep_an_owner(connection: sa.Connection, person: User) -> None:
    """Refuse a change that would leave nobody who may do everything.

    FOR UPDATE is for PostgreSQL, where two owners could send each other away at one moment.
    """
    owners = connection.execute(sa.select(user.c.id).where(_ENABLED_OWNERS).with_for_update()).scalars().all()
    if list(owners) == [person.id]:
        raise AccountError(f"{person.username} is the last owner. Make somebody else an owner first.")
