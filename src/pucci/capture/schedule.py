"""When next? Pure."""

from datetime import datetime, timedelta

from pucci.album.slots import start_of_slot


def due_slot(now: datetime, interval_s: float) -> datetime:
    """Return the slot that is due now: the last round time, in multiples of the interval."""
    return start_of_slot(now, interval_s)


def seconds_to_next(now: datetime, interval_s: float) -> float:
    """Return the seconds from now to the next slot: more than 0, at most the interval."""
    following = due_slot(now, interval_s) + timedelta(seconds=interval_s)
    return (following - now).total_seconds()
