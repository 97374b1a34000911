"""Who looks after the database: by night all of it is read, and the snapshot is taken.

So it is, too, when somebody came, went or changed a password: nobody who was removed is to be back.
"""

import logging
import sqlite3
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from pucci import damage
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import PucciError
from pucci.recovery.snapshots import NAME, take, taken_at, who_may
from pucci.rounds import Rounds

log = logging.getLogger(__name__)

# The local hour: the day's film is made, and nobody looks.
_HOUR: Final = 3
_LOOK_S: Final = 60.0
_RETRY_S: Final = 3600.0


class Night:
    """Reads the database whole, and takes its snapshot, each night and when others may come in.

    `start()` begins a thread of its own.
    """

    def __init__(self, database: Database, folder: Path, *, zone: tzinfo | None, clock: Clock) -> None:
        self._db = database
        self._folder = folder
        self._zone = zone
        self._clock = clock
        self._rounds = Rounds("night", self._round, every_s=_LOOK_S, idle=True)
        self._in_snapshot: tuple[float | None, int | None] | None = None
        self._marks = 0  # of damage met, after which all was read
        self._not_before = 0.0  # in seconds that never jump: after a failure it waits

    def start(self) -> None:
        """Begin, unless the database is PostgreSQL, which its keeper backs up."""
        if self._db.file is not None:
            self._rounds.start()

    def stop(self, limit_s: float = 1.0) -> None:
        """Stop; a snapshot under way is written anew the next time."""
        self._rounds.stop(limit_s)

    def _round(self) -> None:
        try:
            self.work()
        except (PucciError, sqlite3.Error) as error:
            log.error("night: %s", error)  # noqa: TRY400 - the sentence is for the owner
            self._not_before = self._clock.monotonic() + _RETRY_S
        except Exception:
            # The outermost loop of a daemon nobody looks after: it goes on with the next night.
            log.exception("night: something broke.")
            self._not_before = self._clock.monotonic() + _RETRY_S

    def work(self) -> None:
        """Do what is due; look at once when another process met damage.

        Raises:
            DatabaseDamaged: the database is; whoever serves ends, and the next start makes it anew.
            DatabaseError: the snapshot cannot be written.
            sqlite3.Error: the database cannot be looked at just now.
        """
        file, now = self._db.file, self._clock.now()
        if file is None or self._clock.monotonic() < self._not_before:
            return
        taken, marks = taken_at(self._folder), damage.marks(file)
        due = is_due(taken, now, self._zone) or self._others_may(file, taken)
        if not due and marks <= self._marks:
            return
        fault = damage.read_whole(file)
        if fault:
            raise self._db.damaged(fault)
        self._marks = marks
        if due:
            size = take(file, self._folder, now=now)
            damage.unmark(file)
            self._marks = 0
            log.info("The database is sound; its snapshot has %.1f MB.", size / 1e6)

    def _others_may(self, file: Path, taken: float | None) -> bool:
        """Whether others may come in than the last snapshot, of the time `taken`, has it."""
        if self._in_snapshot is None or self._in_snapshot[0] != taken:
            self._in_snapshot = taken, who_may(self._folder / NAME)
        present = who_may(file)
        return present is not None and present != self._in_snapshot[1]


def is_due(taken: float | None, now: datetime, zone: tzinfo | None) -> bool:
    """Whether the last snapshot, taken at a time in seconds since 1970, is not of this night or day."""
    local = now.astimezone(zone)
    begun = local.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    if begun > local:
        begun -= timedelta(days=1)
    return taken is None or not begun.timestamp() <= taken <= now.timestamp()
