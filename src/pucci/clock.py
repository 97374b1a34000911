"""The only door to time: what o'clock it is, how long something takes, and whether to believe it."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from threading import Lock
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pucci.errors import SettingsError

# adjtimex(2) returns TIME_ERROR when the kernel's clock is not synchronised.
_TIME_ERROR = 5
# sizeof(struct timex) is 208 on 64-bit and 128 on 32-bit Linux; room to spare costs nothing.
_TIMEX_ROOM = 512
# Leaps up to this are corrections. A longer pause than this is doubted: a Pi in a cupboard, or a wrong year.
_LEAP = timedelta(hours=1)
_LONGEST_PAUSE = timedelta(days=60)
_STEADY_S = 7 * 86_400.0
# Two questions to a clock take no longer, on the slowest machine.
_MOMENT = timedelta(minutes=1)


class Clock(Protocol):
    """What the rest of Pucci knows of time."""

    def now(self) -> datetime:
        """Return the wall clock's time, in UTC, aware."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never jump, from an arbitrary start."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...

    def is_trusted(self) -> bool:
        """Whether `now()` may be believed: nothing is deleted by age unless it is."""
        ...


class SystemClock:
    """The machine's clock.

    It is trusted when the kernel says that it is synchronised, or when the owner said so: a Pi has
    no clock of its own and may start anywhere between 1970 and its last shutdown.
    """

    def __init__(self, *, told: bool = False, kernel: Callable[[], bool] | None = None) -> None:
        self._told = told
        self._kernel = kernel or kernel_clock_is_synchronised

    def now(self) -> datetime:
        """Return the wall clock's time, in UTC, aware."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds that never jump, from an arbitrary start; they go on while the machine sleeps."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def is_trusted(self) -> bool:
        """Whether the kernel calls its clock synchronised, or the owner vouches for it."""
        return self._told or self._kernel()


class WaryClock:
    """A clock that is not believed when it leaps, whoever says that it is right (S3).

    Wall clock and uptime must go on together: once believed, a leap of more than an hour against the uptime
    is doubted. At the start the time must be near `seen`, the last time that was certain. What is doubted is
    believed when it is back where it was, or has gone on steadily for a week.
    """

    def __init__(self, clock: Clock, *, seen: datetime | None = None) -> None:
        self._clock = clock
        self._seen = seen
        self._lock = Lock()
        self._boot: datetime | None = None  # when the uptime began, by the clock that was believed
        self._doubted: tuple[datetime, float] | None = None  # the same of a doubted one, and since when

    def now(self) -> datetime:
        """Return the wall clock's time, in UTC, aware."""
        return self._clock.now()

    def monotonic(self) -> float:
        """Return seconds that never jump, from an arbitrary start."""
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        self._clock.sleep(seconds)

    def is_trusted(self) -> bool:
        """Whether the clock says that it is right, and did not leap."""
        if not self._clock.is_trusted():
            return False
        now, up = self._clock.now(), self._clock.monotonic()
        boot = now - timedelta(seconds=up)
        with self._lock:
            if self._is_plausible(now, boot) or self._is_steady(boot, up):
                self._boot = self._boot if self._boot and abs(boot - self._boot) <= _LEAP else boot
                self._doubted = None
                return True
        return False

    def is_doubted(self) -> bool:
        """Whether the clock says that it is right, and is not believed."""
        return self._clock.is_trusted() and not self.is_trusted()

    def _is_plausible(self, now: datetime, boot: datetime) -> bool:
        if self._boot is not None:
            return abs(boot - self._boot) <= _LEAP
        return self._seen is None or -_LEAP <= now - self._seen <= _LONGEST_PAUSE

    def _is_steady(self, boot: datetime, up: float) -> bool:
        if self._doubted is None or abs(boot - self._doubted[0]) > _LEAP:
            self._doubted = boot, up
        return up - self._doubted[1] >= _STEADY_S


def trusted_now(clock: Clock) -> datetime | None:
    """Return the time where it is believed; None where it is not, or was set while it was asked for.

    What is decided by age goes by this: `now()` and `is_trusted()`, asked one after the other, may be of two
    clocks.
    """
    now = clock.now()
    trusted = clock.is_trusted()
    return now if trusted and abs(clock.now() - now) < _MOMENT else None


def zone(name: str) -> tzinfo | None:
    """Return a time zone by its name; None, the machine's own, for an empty one.

    Raises:
        SettingsError: there is no such zone.
    """
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise SettingsError(
            f"clock.timezone: there is no zone {name!r}. Write it as Europe/Berlin, or leave it empty."
        ) from error


def kernel_clock_is_synchronised() -> bool:
    """Ask the kernel by adjtimex(2), which any user may. False where it cannot be asked."""
    try:
        libc = ctypes.CDLL(None)
        state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_ROOM))
    except (OSError, AttributeError):
        return False
    return 0 <= state < _TIME_ERROR
