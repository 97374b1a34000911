"""Passwords and their bcrypt hashes. Right, wrong or nobody's: each answer takes the same time."""

import re
import time
from collections.abc import Callable
from typing import Final

import sqlalchemy as sa

from pucci.accounts.cost import find_cost
from pucci.accounts.turns import Turns
from pucci.db import Database
from pucci.errors import AccountError
from pucci.tables import user

SHORTEST: Final = 8
# bcrypt sees 72 bytes. Version 4 cuts the rest away silently, version 5 raises: we say so first.
LONGEST_BYTES: Final = 72
# A hash of cost 16 takes a minute on a Pi; one of 31 would stop the site for weeks.
HIGHEST_COST: Final = 16

# $2a$ and $2y$ are older names of what $2b$ is. A salt's 22nd character carries two bits, hence
# the four it may be; bcrypt 4.2 does not raise but panics on a hash that is cut short.
_HASH: Final = re.compile(r"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")


def cost_of(password_hash: str) -> int | None:
    """Return a bcrypt hash's cost, or None for what is not a hash that Pucci can check."""
    match = _HASH.fullmatch(password_hash)
    cost = int(match["cost"]) if match else 0
    return cost if 4 <= cost <= HIGHEST_COST else None


class Passwords:
    """Hashes passwords and checks them, at the cost this machine can bear.

    `stopwatch` gives this thread's seconds of CPU, so that a busy machine is not taken for a slow one.
    """

    def __init__(self, db: Database, *, cost: int, stopwatch: Callable[[], float] = time.thread_time) -> None:
        self._db = db
        self._wanted = cost
        self._stopwatch = stopwatch
        self._cost: int | None = None
        self._turns = Turns()

    @property
    def cost(self) -> int:
        """The cost of new hashes; its first use may take a second."""
        if self._cost is None:
            self._cost = find_cost(self._db, self._wanted, self._stopwatch)
        return self._cost

    def hash(self, password: str) -> str:
        """Return a new password's hash.

        Raises:
            AccountError: it is blank, too short, too long, or has a character that cannot be hashed.
        """
        return self._hash(_refuse_unusable(password))

    def hash_again(self, password: str) -> str:
        """Return a new hash of a password that was right a moment ago, even one too short to be new."""
        return self._hash(password.encode("utf-8"))

    def _hash(self, secret: bytes) -> str:
        import bcrypt

        with self._turns.take(patient=True):
            return bcrypt.hashpw(secret, bcrypt.gensalt(self.cost)).decode("ascii")

    def check(self, password: str, stored: str | None, *, patient: bool = True) -> bool:
        """Whether a password is the one that was hashed; None is nobody's hash.

        Whatever is wrong takes as long as a wrong password for the dearest hash in the table, so
        that the time does not tell who has an account. One is looked at at a time.

        Raises:
            Busy: others wait, and this one is not `patient`.
        """
        with self._turns.take(patient=patient):
            return self._check(password, stored)

    def _check(self, password: str, stored: str | None) -> bool:
        import bcrypt

        secret = _secret(password)
        level = max(self.cost, self._dearest())
        cost = cost_of(stored) if stored else None
        if stored is not None and cost is not None:
            if bcrypt.checkpw(secret or b"-", stored.encode("ascii")) and secret:
                return True
            # 2^cost rounds are done; these make it 2^level.
            rest = range(cost, level)
        else:
            rest = range(level, level + 1)
        for step in rest:
            bcrypt.checkpw(secret or b"-", _nobodys(step))
        return False

    def needs_new_hash(self, stored: str) -> bool:
        """Whether a hash is of another cost than new ones are."""
        return cost_of(stored) != self.cost

    def _dearest(self) -> int:
        """Return the highest cost in the table: hashes of the first version may be dearer than ours."""
        costs = sa.select(sa.func.max(sa.func.substr(user.c.password, 5, 2)))
        with self._db.read() as connection:
            text = connection.execute(costs).scalar() or ""
        return min(int(text), HIGHEST_COST) if text.isdigit() else 0


def _nobodys(cost: int) -> bytes:
    """Return a hash which no password has: its last characters are not a digest's."""
    return f"$2b${cost:02d}${'.' * 53}".encode("ascii")


def _secret(password: str) -> bytes | None:
    """Return the bytes to hash, or None for what cannot be anybody's password."""
    try:
        secret = password.encode("utf-8")
    except UnicodeEncodeError:
        return None
    usable = password.strip() and len(secret) <= LONGEST_BYTES and b"\0" not in secret
    return secret if usable else None


def _refuse_unusable(password: str) -> bytes:
    if not password.strip():
        raise AccountError("The password is empty. Choose one of at least 8 characters.")
    if len(password) < SHORTEST:
        raise AccountError("The password is too short. Choose one of at least 8 characters.")
    secret = _secret(password)
    if secret is not None:
        return secret
    if len(password.encode("utf-8", "replace")) > LONGEST_BYTES:
        raise AccountError(
            "The password is too long. Choose one of at most 72 bytes: 72 plain letters, fewer with "
            "accents or signs."
        )
    raise AccountError("The password has a character that cannot be typed again. Choose another one.")
