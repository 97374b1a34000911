"""Sign-in codes for those who want a second proof beside their password (TOTP, RFC 6238)."""

import hmac
import secrets
from typing import Final

import sqlalchemy as sa

from pucci.accounts.tokens import hash_of
from pucci.accounts.users import User
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError
from pucci.tables import recovery, totp

_STEP_S: Final = 30
_RECOVERY_CODES: Final = 10
# No 0, 1, l or o: these are copied from paper.
_LETTERS: Final = "abcdefghijkmnpqrstuvwxyz23456789"


class Codes:
    """The tables of secrets and recovery codes."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def has(self, person: User) -> bool:
        """Whether somebody signs in with codes, too."""
        with self._db.read() as connection:
            query = sa.select(totp.c.user_id).where(totp.c.user_id == person.id)
            return connection.execute(query).first() is not None

    def left(self, person: User) -> int:
        """Return how many recovery codes somebody has left."""
        with self._db.read() as connection:
            query = sa.select(sa.func.count()).where(recovery.c.user_id == person.id)
            return connection.execute(query).scalar_one()

    def new_secret(self) -> str:
        """Return a new secret, 160 bits in base 32."""
        import pyotp

        return pyotp.random_base32()

    def address(self, person: User, secret: str, name: str) -> str:
        """Return the otpauth: address which an app reads off a QR code."""
        from pyotp.totp import TOTP

        return TOTP(secret).provisioning_uri(name=person.email, issuer_name=name)

    def turn_on(self, person: User, secret: str, code: str) -> list[str]:
        """Ask for codes from now on; return ten recovery codes, which are not stored anywhere.

        Raises:
            AccountError: the code is not this secret's.
        """
        step = self._step(secret, code, 0) if _is_secret(secret) else None
        if step is None:
            raise AccountError("That code does not fit. Look at the clock of your phone, and try again.")
        codes = [_recovery_code() for _ in range(_RECOVERY_CODES)]
        with self._db.write() as connection:
            self._forget(connection, person)
            row = {"user_id": person.id, "secret": secret, "step": step, "created_at": self._clock.now()}
            connection.execute(sa.insert(totp).values(row))
            rows = [{"user_id": person.id, "code_hash": hash_of(one)} for one in codes]
            connection.execute(sa.insert(recovery), rows)
        return codes

    def turn_off(self, person: User) -> None:
        """Ask for codes no more."""
        with self._db.write() as connection:
            self._forget(connection, person)

    def check(self, person: User, code: str) -> bool:
        """Whether a code is right: the app's, or a recovery code. Each works once."""
        code = "".join(code.split()).lower()
        with self._db.write() as connection:
            row = connection.execute(sa.select(totp).where(totp.c.user_id == person.id)).one_or_none()
            if row is None:
                return False
            step = self._step(row.secret, code, row.step)
            if step is not None:
                newer = (totp.c.user_id == person.id) & (totp.c.step < step)
                return connection.execute(sa.update(totp).where(newer).values(step=step)).rowcount == 1
            spare = (recovery.c.user_id == person.id) & (recovery.c.code_hash == hash_of(code))
            return connection.execute(sa.delete(recovery).where(spare)).rowcount == 1

    def _step(self, secret: str, code: str, last: int) -> int | None:
        """Return which 30 seconds a code is of: these, those before or those after, if newer than `last`."""
        from pyotp.totp import TOTP

        now = int(self._clock.now().timestamp()) // _STEP_S
        made = TOTP(secret)
        for step in (now, now - 1, now + 1):
            if step > last and hmac.compare_digest(made.generate_otp(step).encode(), code.strip().encode()):
                return step
        return None

    def _forget(self, connection: sa.Connection, person: User) -> None:
        connection.execute(sa.delete(totp).where(totp.c.user_id == person.id))
        connection.execute(sa.delete(recovery).where(recovery.c.user_id == person.id))


def _is_secret(secret: str) -> bool:
    return len(secret) == 32 and set(secret) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")


def _recovery_code() -> str:
    """Return 80 random bits as four groups of four letters."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
