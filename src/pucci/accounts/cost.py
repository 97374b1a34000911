"""How dear a password's hash may be on this machine: measured once, then remembered."""

from collections.abc import Callable
from typing import Final

import sqlalchemy as sa
from sqlalchemy import exc

from pucci.db import Database, read_fact
from pucci.tables import fact

LOWEST: Final = 10  # OWASP's least for bcrypt
# Seconds one hash may take: what somebody signing in waits for without wondering.
BEARABLE_S: Final = 1.0

_FACT: Final = "bcrypt_seconds_at_10"


def bearable_cost(wanted: int, seconds_at_lowest: float) -> int:
    """Return the cost to use: as wanted, or the highest whose hash takes a second at most.

    Each step of the cost doubles the time, so one measurement at the lowest cost tells all.
    """
    cost = LOWEST
    while cost < wanted and seconds_at_lowest * 2 ** (cost + 1 - LOWEST) <= BEARABLE_S:
        cost += 1
    return cost


def find_cost(db: Database, wanted: int, stopwatch: Callable[[], float]) -> int:
    """Return the cost for this machine, with a hash at the lowest cost where none was timed yet."""
    if wanted <= LOWEST:
        return LOWEST
    seconds = _recall(db)
    if seconds is None:
        _remember(db, _measure(stopwatch))
        seconds = _recall(db)
    return bearable_cost(wanted, seconds or 0.0)


def _measure(stopwatch: Callable[[], float]) -> float:
    import bcrypt

    salt = bcrypt.gensalt(LOWEST)
    started = stopwatch()
    bcrypt.hashpw(b"how long does this take", salt)
    return stopwatch() - started


def _recall(db: Database) -> float | None:
    with db.read() as connection:
        text = read_fact(connection, _FACT)
    return None if text is None else float(text)


def _remember(db: Database, seconds: float) -> None:
    """Keep a measurement; of two processes that measure at once, the first one's counts."""
    try:
        with db.write() as connection:
            connection.execute(sa.insert(fact).values(name=_FACT, value=f"{seconds:.4f}"))
    except exc.IntegrityError:
        pass
