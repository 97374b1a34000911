"""The thread of a daemon that does its work again and again, until it is told to stop."""

import contextlib
import os
import threading
from collections.abc import Callable
from typing import Final

_IDLE: Final = 19


class Rounds:
    """Calls `work` every so many seconds, the first time after as many, or `at_once`.

    `work` lets no exception out. `idle` gives the thread the processor only where nobody else wants it.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[], object],
        *,
        every_s: float,
        at_once: bool = False,
        idle: bool = False,
    ) -> None:
        self._name = name
        self._work = work
        self._every_s = every_s
        self._at_once = at_once
        self._idle = idle
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def is_stopping(self) -> bool:
        """Whether it was told to stop: what takes long looks at this."""
        return self._stop.is_set()

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
        self._thread.start()

    def stop(self, limit_s: float) -> None:
        """Stop, and wait so long for the work under way."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(limit_s)

    def wake(self) -> None:
        """Let the next round begin now."""
        self._wake.set()

    def _run(self) -> None:
        if self._idle:
            with contextlib.suppress(OSError):  # this thread alone, as Linux has it
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _IDLE)
        if not self._at_once:
            self._wait()
        while not self.is_stopping:
            self._work()
            self._wait()

    def _wait(self) -> None:
        self._wake.wait(self._every_s)
        self._wake.clear()
