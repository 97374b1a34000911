"""Slots: the times at which a picture is due, each filled, or missed with its reason."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from pucci import tables
from pucci.album.refusals import set_aside
from pucci.db import Database
from pucci.photo import Frame

NOT_RUNNING = "Pucci was not running"


@dataclass(frozen=True, slots=True)
class Tally:
    """What looking for one whole frame took.

    `tries` counts the frames looked at and the failures to get one; `refused` the frames that were not
    whole, by reason. `aside` is the last of those, for the owner to look at.
    """

    tries: int = 1
    refused: Mapping[str, int] = field(default_factory=dict)
    aside: tuple[Frame, str] | None = None

    @property
    def reasons(self) -> str:
        """The reasons in words, the most frequent first: "cut short 3, data lost 1"."""
        often = sorted(self.refused.items(), key=lambda item: (-item[1], item[0]))
        return ", ".join(f"{reason} {count}" for reason, count in often)[:400]


@dataclass(frozen=True, slots=True)
class Slot:
    """One slot of a camera. `reason` is empty when filled; the rest is as in `Tally`."""

    camera: str
    due_at: datetime
    filled: bool
    photo_id: int | None = None
    reason: str = ""
    tries: int = 0
    refused: int = 0
    reasons: str = ""

    @classmethod
    def of(
        cls, camera: str, due_at: datetime, tally: Tally, *, photo_id: int | None = None, reason: str = ""
    ) -> "Slot":
        """Return the slot as the tally tells it; filled if there is a photo."""
        return cls(
            camera,
            due_at,
            filled=photo_id is not None,
            photo_id=photo_id,
            reason=reason[:200],
            tries=tally.tries,
            refused=sum(tally.refused.values()),
            reasons=tally.reasons,
        )


class Slots:
    """The record of slots."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def missed(self, camera: str, due_at: datetime, *, reason: str, tally: Tally) -> None:
        """Record that a slot has no photo (yet), and why. A filled one stays filled."""
        with self._db.write() as connection:
            record(connection, Slot.of(camera, due_at, tally, reason=reason))
            if tally.aside:
                set_aside(connection, camera, *tally.aside)

    def is_filled(self, camera: str, due_at: datetime) -> bool:
        """Whether the slot has had its photo, even if that has gone since."""
        found = self._all(tables.slot.c.camera == camera, tables.slot.c.due_at == due_at)
        return bool(found) and found[0].filled

    def newest(self, camera: str, *, until: datetime) -> Slot | None:
        """Return the newest slot on record that is due at `until` or before."""
        query = (
            sa.select(sa.func.max(tables.slot.c.due_at))
            .where(tables.slot.c.camera == camera, tables.slot.c.due_at <= until)
            .scalar_subquery()
        )
        found = self._all(tables.slot.c.camera == camera, tables.slot.c.due_at == query)
        return found[0] if found else None

    def last_filled(self, camera: str, *, until: datetime) -> datetime | None:
        """Return when the newest slot, due at `until` or before, was due that has had its photo."""
        slot = tables.slot.c
        query = sa.select(slot.due_at).where(slot.camera == camera, slot.filled, slot.due_at <= until)
        with self._db.read() as connection:
            return connection.scalar(query.order_by(slot.due_at.desc()).limit(1))

    def between(self, camera: str, start: datetime, end: datetime) -> list[Slot]:
        """Return the slots on record from `start` up to, not including, `end`; oldest first."""
        return self._all(
            tables.slot.c.camera == camera, tables.slot.c.due_at >= start, tables.slot.c.due_at < end
        )

    def day(self, camera: str, start: datetime, end: datetime, interval_s: float) -> list[Slot]:
        """Return every slot from `start` up to `end`, oldest first, the unrecorded ones as missed.

        Nothing is missed before the camera's first slot ever.
        """
        query = sa.select(sa.func.min(tables.slot.c.due_at)).where(tables.slot.c.camera == camera)
        with self._db.read() as connection:
            first = connection.scalar(query)
        if first is None or first >= end:
            return []
        start = max(start, first)
        return with_gaps(self.between(camera, start, end), camera, start, end, interval_s)

    def forget_before(self, moment: datetime) -> None:
        """Delete the record of slots older than `moment`."""
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.slot).where(tables.slot.c.due_at < moment))

    def _all(self, *conditions: sa.ColumnElement[bool]) -> list[Slot]:
        query = sa.select(*(tables.slot.c[name] for name in Slot.__dataclass_fields__))
        with self._db.read() as connection:
            rows = connection.execute(query.where(*conditions).order_by(tables.slot.c.due_at))
            return [Slot(*row) for row in rows]


def record(connection: sa.Connection, slot: Slot) -> None:
    """Write a slot inside the caller's transaction: once filled, only another photo changes it."""
    key = (tables.slot.c.camera == slot.camera) & (tables.slot.c.due_at == slot.due_at)
    values = {name: getattr(slot, name) for name in Slot.__dataclass_fields__}
    if connection.scalar(sa.select(tables.slot.c.tries).where(key)) is None:
        connection.execute(sa.insert(tables.slot).values(values))
    elif slot.filled:
        connection.execute(sa.update(tables.slot).where(key).values(values))
    else:
        connection.execute(sa.update(tables.slot).where(key, sa.not_(tables.slot.c.filled)).values(values))


def refused_in(slots: Iterable[Slot]) -> int:
    """Return how many frames were refused in these slots."""
    return sum(slot.refused for slot in slots)


def with_gaps(
    slots: Iterable[Slot], camera: str, start: datetime, end: datetime, interval_s: float
) -> list[Slot]:
    """Return every slot due from `start` up to `end`, oldest first.

    Slots nobody recorded are filled in as missed: nothing ran that could have.
    """
    known = {slot.due_at: slot for slot in slots}
    step = timedelta(seconds=interval_s)
    due = start_of_slot(start, interval_s)
    due = due if due >= start else due + step
    while due < end:
        known.setdefault(due, Slot(camera, due, filled=False, reason=NOT_RUNNING))
        due += step
    return [known[due_at] for due_at in sorted(known)]


def start_of_slot(moment: datetime, interval_s: float) -> datetime:
    """Return the last round time at or before `moment`: multiples of the interval since 1970, in UTC."""
    seconds = moment.timestamp()
    return datetime.fromtimestamp(seconds - seconds % interval_s, tz=moment.tzinfo)
