"""Who looks after the database: by night all of it is read, and the snapshot is taken."""

import contextlib
import logging
import os
import sqlite3
import threading
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Final

from pucci import damage
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import PucciError
from pucci.recovery.snapshots import take, taken_at

log = logging.getLogger(__name__)

# The local hour: the day's film is made, and nobody looks.
_HOUR: Final = 3
_LOOK_S: Final = 60.0
_RETRY_S: Final = 3600.0


class Night:
    """Reads the database whole, and takes its snapshot, each night. `start()` begins a thread of its own."""

    def __init__(self, database: Database, folder: Path, *, zone: tzinfo | None, clock: Clock) -> None:
        self._db = database
        self._folder = folder
        self._zone = zone
        self._clock = clock
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._marks = 0  # of damage met, after which all was read
        self._not_before = 0.0  # in seconds that never jump: after a failure it waits

    def start(self) -> None:
        """Begin, unless the database is PostgreSQL, which its keeper backs up."""
        if self._db.file is not None:
            self._thread = threading.Thread(target=self._run, name="night", daemon=True)
            self._thread.start()

    def stop(self, limit_s: float = 1.0) -> None:
        """Stop; a snapshot under way is written anew the next time."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(limit_s)

    def _run(self) -> None:
        with contextlib.suppress(OSError):  # this thread alone, as Linux has it
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
        while not self._stop.wait(_LOOK_S):
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
        due, marks = is_due(taken_at(self._folder), now, self._zone), damage.marks(file)
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


def is_due(taken: float | None, now: datetime, zone: tzinfo | None) -> bool:
    """Whether the last snapshot, taken at a time in seconds since 1970, is not of this night or day."""
    local = now.astimezone(zone)
    begun = local.replace(hour=_HOUR, minute=0, second=0, microsecond=0)
    if begun > local:
        begun -= timedelta(days=1)
    return taken is None or not begun.timestamp() <= taken <= now.timestamp()
