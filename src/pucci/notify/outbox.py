"""Messages that wait to be sent, in the database, so that a restart or a broken line loses none."""

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from pucci import tables
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import DatabaseError, NotifyError, NotTaken, PucciError
from pucci.notify.message import Message, Way

log = logging.getLogger(__name__)

# A try that failed is made again after a minute, then two, up to an hour, for three days.
_FIRST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(hours=1)
_GIVEN_UP: Final = timedelta(days=3)
# What waits, and what is remembered to be shown; the oldest goes.
MOST_WAITING: Final = 60
MOST_DONE: Final = 60


@dataclass(frozen=True, slots=True)
class Sent:
    """A message on its way, as the page shows it. Neither time: it was given up."""

    way: str
    kind: str
    subject: str
    made_at: datetime
    tries: int
    next_at: datetime | None
    sent_at: datetime | None
    error: str


_COLUMNS = [tables.message.c[name] for name in Sent.__dataclass_fields__]


def pause_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries."""
    return min(_FIRST * 2 ** min(tries - 1, 10), _LONGEST)


@dataclass(frozen=True, slots=True)
class _Held:
    """What became of a message and could not be written down. It rests until `next_at`, or was sent."""

    tries: int
    next_at: datetime
    sent_at: datetime | None = None


class Outbox:
    """The table of messages. Where it cannot be written, how far each came is held in memory."""

    def __init__(self, database: Database, *, clock: Clock) -> None:
        self._db = database
        self._clock = clock
        self._held: dict[int, _Held] = {}

    def newest(self, limit: int = 20) -> list[Sent]:
        """Return the last messages, the newest first."""
        query = sa.select(*_COLUMNS).order_by(tables.message.c.id.desc()).limit(limit)
        with self._db.read() as connection:
            return [Sent(*row) for row in connection.execute(query)]

    def waiting(self) -> int:
        """Return how many wait to be sent."""
        row = tables.message.c
        query = sa.select(sa.func.count()).select_from(tables.message).where(row.next_at.is_not(None))
        with self._db.read() as connection:
            return connection.scalar(query) or 0

    def trouble(self) -> Sent | None:
        """Return the newest message that could not be sent (yet), where nothing was sent by its way since."""
        seen: set[str] = set()
        for one in self.newest(MOST_DONE + MOST_WAITING):
            if one.way not in seen and one.error and one.sent_at is None:
                return one
            if one.sent_at is not None:
                seen.add(one.way)
        return None

    def deliver(self, ways: Sequence[Way], picture: Callable[[int], bytes]) -> int:
        """Send what is due, the oldest first; return how many were sent. `picture` reads a photo."""
        now, by_name, done, stuck = self._clock.now(), {way.name: way for way in ways}, 0, set[str]()
        for row in self._due(now, list(by_name)):
            if row.way in stuck or self._rests(row.id, now):
                continue  # its server is away: one try is enough
            if self._try(row, by_name[row.way], picture):
                done += 1
            else:
                stuck.add(row.way)
        return done

    def _due(self, now: datetime, ways: list[str]) -> list[Any]:
        row = tables.message.c
        # A clock that went back must not hold a message for years.
        due = sa.or_(row.next_at <= now, row.next_at > now + 2 * _LONGEST)
        query = sa.select(tables.message).where(due, row.way.in_(ways)).order_by(row.id)
        with self._db.read() as connection:
            return list(connection.execute(query))

    def _rests(self, message_id: int, now: datetime) -> bool:
        """Whether memory knows that it was sent (which is written down now, if it can be) or is not due."""
        held = self._held.get(message_id)
        if held is not None and held.sent_at is not None:
            self._note_sent(message_id, held)
            return True
        return held is not None and now < held.next_at <= now + 2 * _LONGEST

    def _try(self, row: Any, way: Way, picture: Callable[[int], bytes]) -> bool:
        before = self._held.get(row.id)
        tries, begun = max(row.tries, before.tries if before else 0) + 1, self._clock.now()
        held = self._held[row.id] = _Held(tries, begun + pause_after(tries))
        # Written down before: a kill in the middle costs a pause, and is no storm of messages at each start.
        # A disk that takes no note keeps nothing from being sent: it is what most needs to be told.
        if self._note(row.id, tries=tries, next_at=held.next_at):
            del self._held[row.id]
        data = picture(row.photo_id) if row.photo_id is not None else b""
        message = Message(row.kind, row.subject, row.text, row.made_at, row.html, data, f"pucci-{row.id}")
        try:
            way.send(message)
        except PucciError as error:
            given_up = abs(begun - row.made_at) > _GIVEN_UP
            values = {"next_at": None} if given_up else {}
            again = " It is tried again." if isinstance(error, NotTaken) and not given_up else ""
            self._note(row.id, error=f"{error}{again}"[:400], **values)
            return False
        except Exception as error:  # noqa: BLE001 - whatever a library does, the other messages go on
            failed = NotifyError(f"Sending by {way.name} failed: {type(error).__name__}. It is tried again.")
            self._note(row.id, error=str(failed))
            return False
        sent = self._held[row.id] = replace(held, sent_at=self._clock.now())
        self._note_sent(row.id, sent)
        return True

    def _note_sent(self, message_id: int, held: _Held) -> None:
        if self._note(message_id, tries=held.tries, sent_at=held.sent_at, next_at=None, error=""):
            del self._held[message_id]

    def _note(self, message_id: int, **values: Any) -> bool:
        """Write it down; return whether that went."""
        try:
            with self._db.write() as connection:
                change = sa.update(tables.message).where(tables.message.c.id == message_id)
                connection.execute(change.values(**values))
        except DatabaseError as error:
            log.debug("messages: %s", error)
            return False
        return True


def put(
    connection: sa.Connection,
    ways: Iterable[str],
    message: Message,
    *,
    photo_id: int | None = None,
) -> None:
    """Put a message into the outbox for each way, inside the caller's transaction."""
    values = {
        "kind": message.kind,
        "made_at": message.at,
        "subject": message.subject[:200],
        "text": message.text,
        "html": message.html,
        "photo_id": photo_id,
        "tries": 0,
        "next_at": message.at,
        "error": "",
    }
    for way in ways:
        connection.execute(sa.insert(tables.message).values(way=way, **values))
    row = tables.message.c
    for some, most in ((row.next_at.is_not(None), MOST_WAITING), (row.next_at.is_(None), MOST_DONE)):
        kept = sa.select(row.id).where(some).order_by(row.id.desc()).limit(most)
        connection.execute(sa.delete(tables.message).where(some, row.id.not_in(kept)))
