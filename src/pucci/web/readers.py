"""Readers: answers wait for them in memory, so they are cut when too slow, or when all wait for too much.

A live stream has a rule of its own (`live.stall_s`), and is never counted as paused for writing.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from pucci.web.crowd import place_of
from pucci.web.line import tcp_info

# The thinnest line that is waited for, in bytes a second: a phone on GPRS has four times as much.
_SLOWEST: Final = 1024
# How slow somebody is is seen over so many times what a request may take.
_TIMES: Final = 2
# What all answers that wait for their readers may hold. A browser with six large photos under way has 3 MB.
_MOST_BYTES: Final = 32_000_000


@dataclass(frozen=True, slots=True)
class _Mark:
    """Where a reader was when last seen to go on: bytes acknowledged, and bytes left."""

    at: float
    acked: int
    left: int


class Readers:
    """Cuts connections whose answers wait: those too slow, and the slowest while all hold too much.

    Of whom too much is held, the place (`place_of`) that holds most comes first.
    """

    def __init__(self, timeout_s: float, *, most_bytes: int = _MOST_BYTES) -> None:
        self._span_s = timeout_s * _TIMES
        self._most_bytes = most_bytes
        self._marks: dict[Any, _Mark] = {}

    def look(self, connections: Iterable[Any]) -> None:
        """Look at them once; to be called about once a second."""
        now = time.monotonic()
        unread = [one for one in connections if one.flow.write_paused or one.transport.is_closing()]
        self._marks = {one: self._mark(one, now) for one in unread}
        for one in [one for one, mark in self._marks.items() if now - mark.at > self._span_s]:
            self._cut(one)
        self._make_room()

    def _mark(self, one: Any, now: float) -> _Mark:
        """Return the last mark as long as not enough was taken since, else one of now."""
        sock, left, last = one.transport.get_extra_info("socket"), _left(one), self._marks.get(one)
        acked = tcp_info(sock)[1] if sock is not None else 0
        if last is None:
            return _Mark(now, acked, left)
        enough = acked - last.acked >= _SLOWEST * self._span_s
        goes_on = enough if acked else left != last.left  # the kernel may not say
        return _Mark(now, acked, left) if goes_on else last

    def _make_room(self) -> None:
        held = Counter({one: _left(one) for one in self._marks})
        while held.total() > self._most_bytes:
            places = Counter[str]()
            for one, left in held.items():
                places[place_of(one.address)] += left
            (place, _), *_ = places.most_common(1)
            slowest = min(
                (one for one in held if place_of(one.address) == place), key=lambda one: self._marks[one].at
            )
            del held[slowest]
            self._cut(slowest)

    def _cut(self, one: Any) -> None:
        del self._marks[one]
        one.transport.abort()


def _left(one: Any) -> int:
    return one.transport.get_write_buffer_size()
