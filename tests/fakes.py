"""What stands in for the world in tests: time, and nothing else yet."""

from datetime import UTC, datetime, timedelta
from threading import Lock

# The Sunday of the mockups, 21:35 in the evening.
SUNDAY = datetime(2026, 11, 22, 21, 35, tzinfo=UTC)


class FakeClock:
    """A `pucci.clock.Clock` that moves only when told to, or when somebody sleeps."""

    def __init__(self, now: datetime = SUNDAY, *, trusted: bool = True) -> None:
        self.trusted = trusted
        self._lock = Lock()
        self._now = now
        self._monotonic = 1000.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def is_trusted(self) -> bool:
        return self.trusted

    def advance(self, seconds: float = 0.0, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Let time pass: both the wall clock and the monotonic one."""
        step = timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        with self._lock:
            self._now += step
            self._monotonic += step.total_seconds()

    def jump(self, to: datetime) -> None:
        """Set the wall clock, as NTP or an owner does; no time passes."""
        self._now = to
