"""The throttle: who guesses passwords is slowed, then refused for a while, and everybody else is not.

Failures are counted by account and by network, in the database, so that the count survives a restart and
holds for every process. A try is counted before the password is looked at, and taken back if it was right:
many at once gain nothing. A device somebody signed in from before is counted by itself alone, so that its
owner gets in while an attack on their account runs.
"""

import hashlib
import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import exc

from pucci.clock import Clock
from pucci.db import Database
from pucci.tables import attempt

# Failures after which there is a wait, by kind of key: a network may be a whole family's.
FREE: Final = {"account": 5, "net": 20, "device": 5}
# Each further failure doubles the wait, from a second up to this.
LONGEST_WAIT: Final = timedelta(minutes=15)
# Half of the failures are forgotten each hour. With the wait above that leaves an attacker, from all
# networks together, about five tries an hour at one account.
HALF_LIFE: Final = timedelta(hours=1)
_FORGOTTEN: Final = timedelta(days=1)
_TELL_EVERY: Final = timedelta(hours=1)


def account_key(email: str) -> str:
    """Return the key of an account, whether there is one or not."""
    return "account:" + hashlib.sha256(email.strip().lower().encode("utf-8", "replace")).hexdigest()[:32]


def parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return an address, one of IPv4 that came as IPv6 as what it is; None where it is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def network_key(address: str) -> str:
    """Return the key of an address's network: its /24, or its /48 in IPv6, which is what one line gets."""
    found = parsed(address)
    if found is None:
        return "net:unknown"
    return f"net:{ipaddress.ip_network((found, 24 if found.version == 4 else 48), strict=False)}"


def faded(failures: float, age: timedelta) -> float:
    """Return how many failures still count after a time."""
    return failures * 0.5 ** (max(age, timedelta()) / HALF_LIFE)


def wait_after(failures: float, free: int) -> timedelta:
    """Return how long after the last of so many failures the next try is looked at."""
    whole = round(failures)
    if whole < free:
        return timedelta()
    return min(timedelta(seconds=2 ** min(whole - free, 20)), LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the throttle says to a try.

    `wait_s` is 0 where it may go on. `news` is true for the first refusal in an hour. `many` is true where
    so many failed before that one more is not worth a line in the journal.
    """

    keys: tuple[str, ...]
    wait_s: float = 0.0
    news: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Slowed:
    """What was slowed lately: how many accounts, and which networks; `last` is when, in UTC."""

    accounts: int
    networks: tuple[str, ...]
    last: datetime

    def __str__(self) -> str:
        """Say it, and what to do."""
        shown = ", ".join(self.networks[:3]) + (", …" if len(self.networks) > 3 else "")
        accounts = f"{self.accounts} account{'s' * (self.accounts != 1)}"
        where = f"{accounts}{f' and the networks {shown}' if shown else ''}"
        return (
            f"Somebody tries passwords: {where} were slowed within a day. Devices that signed in before "
            "still get in. If it was nobody of yours, a long password is all it takes."
        )


class Throttle:
    """The table of tries that failed."""

    def __init__(self, db: Database, *, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def enter(self, keys: Iterable[str]) -> Ticket:
        """Count a try as failed, if it may be made now; say how long to wait otherwise."""
        wanted, now = tuple(keys), self._clock.now()
        with self._db.read() as connection:
            refused = self._refusal(wanted, _rows(connection, wanted), now)
        if refused is not None and not refused.news:
            return refused  # nothing is written: a flood must not wear the card out
        try:
            with self._db.write() as connection:
                rows = _rows(connection, wanted)
                refused = self._refusal(wanted, rows, now)
                if refused is None:
                    return self._count(connection, wanted, rows, now)
                _note_refusal(connection, wanted, rows, now)
                return refused
        except exc.IntegrityError:  # PostgreSQL: another try made the row first
            return Ticket(wanted, wait_s=1.0)

    def passed(self, ticket: Ticket) -> None:
        """Take a try back: it was no failure."""
        with self._db.write() as connection:
            less = sa.case((attempt.c.failures > 1, attempt.c.failures - 1), else_=0.0)
            connection.execute(sa.update(attempt).where(attempt.c.key.in_(ticket.keys)).values(failures=less))

    def slowed(self) -> Slowed | None:
        """Return what was refused in the last day, None where nothing was."""
        since = self._clock.now() - _FORGOTTEN
        with self._db.read() as connection:
            query = sa.select(attempt.c.key, attempt.c.refused_at).where(attempt.c.refused_at > since)
            rows = connection.execute(query.order_by(attempt.c.refused_at.desc()).limit(1000)).all()
        if not rows:
            return None
        networks = tuple(row.key.removeprefix("net:") for row in rows if row.key.startswith("net:"))
        return Slowed(sum(row.key.startswith("account:") for row in rows), networks, rows[0].refused_at)

    def _refusal(self, keys: tuple[str, ...], rows: dict[str, Any], now: datetime) -> Ticket | None:
        waits = {key: _wait(key, rows[key], now) for key in keys if key in rows}
        longest = max(waits.values(), default=timedelta())
        if longest <= timedelta():
            return None
        told = [rows[key].refused_at for key in waits if waits[key] > timedelta()]
        news = any(at is None or abs(now - at) > _TELL_EVERY for at in told)
        return Ticket(keys, wait_s=longest.total_seconds(), news=news)

    def _count(
        self, connection: sa.Connection, keys: tuple[str, ...], rows: dict[str, Any], now: datetime
    ) -> Ticket:
        if self._clock.is_trusted():
            connection.execute(sa.delete(attempt).where(attempt.c.at < now - _FORGOTTEN))
        many = False
        for key in keys:
            row = rows.get(key)
            failures = 1 + (faded(row.failures, now - row.at) if row else 0)
            many = many or failures > FREE[_kind(key)]
            values = {"failures": failures, "at": now}
            same = attempt.c.key == key
            if not connection.execute(sa.update(attempt).where(same).values(**values)).rowcount:
                connection.execute(sa.insert(attempt).values(key=key, **values))
        return Ticket(keys, many=many)


def _rows(connection: sa.Connection, keys: tuple[str, ...]) -> dict[str, Any]:
    return {row.key: row for row in connection.execute(sa.select(attempt).where(attempt.c.key.in_(keys)))}


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _wait(key: str, row: Any, now: datetime) -> timedelta:
    """Return what is left of a key's wait. A clock that was set back makes it no longer."""
    age = max(now - row.at, timedelta())
    return wait_after(row.failures, FREE[_kind(key)]) - age


def _note_refusal(
    connection: sa.Connection, keys: tuple[str, ...], rows: dict[str, Any], now: datetime
) -> None:
    slowed = [key for key in keys if key in rows and _wait(key, rows[key], now) > timedelta()]
    connection.execute(sa.update(attempt).where(attempt.c.key.in_(slowed)).values(refused_at=now))
