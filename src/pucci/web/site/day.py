"""What a camera's page says, worked out from slots and photos. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from pucci.album import Slot
from pucci.photo import Photo

# A whole day's bar has at most this many pieces, one every five minutes, whatever the interval is.
_PIECES: Final = 288
# How the reason of a slot begins whose camera was turned off, or in its quiet hours.
_OFF: Final = "off, "
# A photo is stale when this many intervals have passed without a newer one.
_STALE_INTERVALS: Final = 2


@dataclass(frozen=True, slots=True)
class Missed:
    """Slots missed one after the other for one reason."""

    start: datetime
    end: datetime
    count: int
    reason: str

    @property
    def is_off(self) -> bool:
        """Whether the camera was off: then no picture was due, and nothing is wrong."""
        return self.reason.startswith(_OFF)


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of the day's bar: `kind` is "ok", "miss" or "pause"; start and width in 288ths of the day."""

    kind: str
    start: int
    width: int


def missed_runs(slots: Iterable[Slot]) -> list[Missed]:
    """Return the missed slots, newest first, those of one reason in a row together.

    `slots` are oldest first, without gaps.
    """
    runs: list[Missed] = []
    for (filled, reason), group in groupby(slots, key=lambda slot: (slot.filled, slot.reason)):
        if not filled:
            run = list(group)
            runs.append(Missed(run[0].due_at, run[-1].due_at, len(run), reason))
    return runs[::-1]


def was_off(slot: Slot) -> bool:
    """Whether the camera was off at this slot by somebody's will, so that no picture was due."""
    return not slot.filled and slot.reason.startswith(_OFF)


def trouble(slots: Sequence[Slot]) -> Missed | None:
    """Return why there is no photo now: the run of missed slots that goes on to the last one."""
    runs = missed_runs(slots) if slots and not slots[-1].filled else []
    return runs[0] if runs else None


def is_stale(newest: Photo, now: datetime, interval_s: float) -> bool:
    """Whether a newer photo should long be there, so that this one must not pose as new."""
    return now - newest.taken_at > timedelta(seconds=_STALE_INTERVALS * interval_s)


def bars(slots: Iterable[Slot], start: datetime, end: datetime) -> list[Bar]:
    """Return the day from `start` to `end` as pieces of one kind; a miss shows, however short it was."""
    whole = (end - start).total_seconds()
    kinds = [""] * _PIECES
    for slot in slots:
        piece = int((slot.due_at - start).total_seconds() / whole * _PIECES)
        if 0 <= piece < _PIECES and kinds[piece] != "miss":
            kinds[piece] = "ok" if slot.filled else "pause" if was_off(slot) else "miss"
    return [Bar(kind, begin, width) for kind, begin, width in _joined(kinds) if kind]


def _joined(kinds: list[str]) -> Iterable[tuple[str, int, int]]:
    at = 0
    for kind, group in groupby(kinds):
        width = len(list(group))
        yield kind, at, width
        at += width
