"""Request heads: not without end in length or in time, which httptools would allow.

A head of 50 MB made the process 100 MB larger; half a head held its connection for ever.
"""

import time
from collections.abc import Iterable
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

# Apache takes 100 lines of 8 KB, browsers send less than 4 in all.
_MOST_BYTES: Final = 65_536


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, which closes the connection on a head that is too long."""

    cycle: Any
    transport: Any
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        """Count what comes before a head is complete; a new cycle means that one is."""
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
