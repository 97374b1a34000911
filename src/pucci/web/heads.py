"""Request heads: not without end in length or in time, which httptools would allow.

A head of 50 MB made the process 100 MB larger; half a head held its connection for ever.
"""

import time
from collections.abc import Iterable
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from pucci.web.crowd import ANSWER, MOST_TOLD, TOLD_S, Crowd

# Apache takes 100 lines of 8 KB, browsers send less than 4 in all.
_MOST_BYTES: Final = 65_536


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, which lets only so many in, and closes on a head that is too long."""

    cycle: Any
    transport: Any
    client: Any
    loop: Any
    _head_bytes = 0

    def __init__(self, *args: Any, crowd: Crowd, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._crowd = crowd
        self._place = ""
        self._is_in = self._is_told = False

    def connection_made(self, transport: Any) -> None:
        """Count it in, or say that there are too many."""
        super().connection_made(transport)
        self._place = str(self.client[0]) if self.client else ""
        self._is_in = self._crowd.enter(self._place)
        if self._is_in:
            return
        if self._crowd.told >= MOST_TOLD:
            transport.abort()
            return
        self._crowd.told += 1
        self._is_told = True
        self.loop.call_later(TOLD_S, self._tell)

    def _tell(self) -> None:
        """Say that there are too many; by now the request is here, which unread would become a reset."""
        if not self.transport.is_closing():
            self.transport.write(ANSWER)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it out."""
        if self._is_in:
            self._crowd.leave(self._place)
        self._crowd.told -= self._is_told
        self._is_in = self._is_told = False
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes before a head is complete; a new cycle means that one is."""
        if not self._is_in:
            return
        before: Any = self.cycle
        super().data_received(data)
        if self.cycle is not before or (before is not None and before.more_body):
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > _MOST_BYTES:
            self.transport.close()


class Idlers:
    """Closes connections whose next request does not come."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._since: dict[tuple[Any, Any], float] = {}

    def look(self, connections: Iterable[Any]) -> None:
        """Close those that have waited for a whole head longer than the limit."""
        now = time.monotonic()
        waiting = [
            (one, one.cycle) for one in connections if one.cycle is None or one.cycle.response_complete
        ]
        self._since = {key: self._since.get(key, now) for key in waiting}
        for (connection, _), since in self._since.items():
            if now - since > self._timeout_s:
                connection.transport.close()
