"""What was answered a moment ago, and still holds: nothing in the database has changed since."""

import os
import threading
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final

# Not all depends on rows: a session ends by the clock, too.
_LONGEST_S: Final = 5.0
_MOST: Final = 1024
# A file larger than this is read by a thread; its bytes would hold the event loop up.
_MOST_BYTES: Final = 1_000_000


class Memory:
    """Answers by their questions. Any commit of any process, or five seconds, and all are forgotten.

    So a session that is ended, or a photo that is deleted, is so for the next request already. `version` is
    the database's number of its commits; where it has none (PostgreSQL), nothing is remembered.
    """

    def __init__(self, version: Callable[[], int | None], monotonic: Callable[[], float]) -> None:
        self._version = version
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._answers: dict[Hashable, Any] = {}
        self._seen: int | None = None
        self._until = 0.0

    def now(self) -> int | None:
        """Return the database's version, to be given to `put` with what is read after this.

        The event loop alone calls this, and `get` after it.
        """
        version = self._version()
        with self._lock:
            if version != self._seen or self._monotonic() >= self._until:
                self._answers = {}
                self._seen, self._until = version, self._monotonic() + _LONGEST_S
        return version

    def get(self, question: Hashable) -> Any:
        """Return an answer that still held at the last `now()`; None where there is none."""
        return self._answers.get(question)

    def put(self, version: int | None, question: Hashable, answer: object) -> None:
        """Remember an answer that was read after `now()` had said this version; any thread may."""
        with self._lock:
            if version is None or version != self._seen:
                return
            if len(self._answers) >= _MOST:
                self._answers = {}
            self._answers[question] = answer


def read_at_once(path: Path) -> bytes | None:
    """Return a file's bytes if the machine has them in memory; None where the card would be waited for."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            size = os.fstat(file).st_size
            data = bytearray(min(size, _MOST_BYTES))
            # RWF_NOWAIT (preadv2(2)) gives what the page cache has, and waits for nothing.
            whole = os.preadv(file, [data], 0, os.RWF_NOWAIT) == size
        finally:
            os.close(file)
    except OSError:
        return None
    return bytes(data) if whole else None
