"""The only door to time: what o'clock it is, how long something takes, and whether to believe it."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pucci.errors import SettingsError

# adjtimex(2) returns TIME_ERROR when the kernel's clock is not synchronised.
_TIME_ERROR = 5
# sizeof(struct timex) is 208 on 64-bit and 128 on 32-bit Linux; room to spare costs nothing.
_TIMEX_ROOM = 512


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
        """Return seconds that never jump, from an arbitrary start."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def is_trusted(self) -> bool:
        """Whether the kernel calls its clock synchronised, or the owner vouches for it."""
        return self._told or self._kernel()


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
