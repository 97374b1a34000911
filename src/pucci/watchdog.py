"""Tell systemd that Pucci is ready, and lives: sd_notify(3) in our own few lines."""

import contextlib
import os
import socket
from collections.abc import Callable, Mapping


class Watchdog:
    """Speaks to the service manager that started this process; without one it says nothing.

    `turning` says whether the loops that matter really turn; while it says no the watchdog is not fed,
    and systemd starts Pucci anew.
    """

    def __init__(
        self, turning: Callable[[], bool] = lambda: True, *, environ: Mapping[str, str] | None = None
    ) -> None:
        environ = os.environ if environ is None else environ
        self._turning = turning
        self._address = environ.get("NOTIFY_SOCKET", "")
        limit_us = environ.get("WATCHDOG_USEC", "")
        # Half the limit, as sd_watchdog_enabled(3) advises.
        self._every_s = int(limit_us) / 2e6 if limit_us.isdecimal() else 0.0
        self._fed: float | None = None

    def ready(self) -> None:
        """Say that all has started."""
        self._tell("READY=1")

    def stopping(self) -> None:
        """Say that all ends, as it was told."""
        self._tell("STOPPING=1")

    def look(self, now: float) -> None:
        """Feed the watchdog if it is time and the loops turn. `now` is in seconds that never jump."""
        if not self._every_s or (self._fed is not None and now - self._fed < self._every_s):
            return
        if self._turning():
            self._tell("WATCHDOG=1")
            self._fed = now

    def starting(self) -> None:
        """Say that the start takes longer, but goes on: a minute more, from now."""
        self._tell("EXTEND_TIMEOUT_USEC=60000000")

    def _tell(self, words: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.connect(address)
            sock.send(words.encode())


def is_service() -> bool:
    """Whether a service manager started this process and waits for its word."""
    return bool(os.environ.get("NOTIFY_SOCKET"))
