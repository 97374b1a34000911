"""Turns: one hash at a time. bcrypt takes a core for a second on a Pi, and the camera needs one, too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pucci.errors import Busy


class Turns:
    """Lets one in at a time, and at most `waiting` others wait; who is patient waits in any case."""

    def __init__(self, *, waiting: int = 1) -> None:
        self._waiting = waiting
        self._there = 0
        self._count = threading.Lock()
        self._turn = threading.Lock()

    @contextmanager
    def take(self, *, patient: bool) -> Iterator[None]:
        """Wait for one's turn.

        Raises:
            Busy: enough others wait. So a flood of tries never takes all the threads that make pages.
        """
        with self._count:
            if self._there > self._waiting and not patient:
                raise Busy("So many want to sign in that nobody more can. Try again in a few seconds.")
            self._there += 1
        try:
            with self._turn:
                yield
        finally:
            with self._count:
                self._there -= 1
