"""Request heads: not without end in length or in time, which httptools would allow.

A head of 50 MB made the process 100 MB larger; half a head held its connection for ever. Heads sent one upon
another were 14,000 requests at once, 34 MB.
"""

import socket
import time
from collections.abc import Iterable
from typing import Any, Final

from uvicorn.protocols.http.auto import AutoHTTPProtocol

from pucci.web import atonce
from pucci.web.crowd import ANSWER, MOST_DOUBLED, MOST_TOLD, TOLD_S, Crowd

# Apache takes 100 lines of 8 KB, browsers send less than 4 in all.
_MOST_BYTES: Final = 65_536
# Requests that may wait for the answer to an earlier one. Browsers send none before they have that.
_MOST_WAITING: Final = 8
# And their bytes: eight long heads are half a megabyte. h11 keeps them as they are until it is their turn.
_MOST_AHEAD: Final = 16_384
# So much is parsed between two looks at how many requests it made.
_SLICE: Final = 8192


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """uvicorn's protocol, which lets only so many in, and closes on a head that is too long."""

    cycle: Any
    transport: Any
    client: Any
    loop: Any
    flow: Any
    parser: Any
    url: bytes
    headers: list[tuple[bytes, bytes]]
    server_state: Any
    # Requests that were answered without a cycle.
    at_once = 0
    pipeline: Any = ()
    _head_bytes = 0
    _ahead_bytes = 0

    def __init__(self, *args: Any, crowd: Crowd, ask: atonce.Ask | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._crowd = crowd
        self._ask = ask
        self._line: socket.socket | None = None
        self.address = ""
        self._is_in = self._is_told = False

    def connection_made(self, transport: Any) -> None:
        """Count it in, or say that there are too many."""
        super().connection_made(transport)
        self.address = str(self.client[0]) if self.client else ""
        self._is_in = self._crowd.enter(self.address)
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
            self._crowd.leave(self.address)
        self._crowd.told -= self._is_told
        self._is_in = self._is_told = False
        if self._line is not None:
            self._line.close()
            self._line = None
            self._crowd.doubled -= 1
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take it in slices, as long as what it asks for is not too much."""
        for start in range(0, len(data), _SLICE):
            if not self._is_in or self.transport.is_closing():
                return
            self._take(data[start : start + _SLICE])

    def _take(self, data: bytes) -> None:
        """Count what comes before a head is complete; a new cycle means that one is."""
        before, at_once = self.cycle, self.at_once
        super().data_received(data)
        self._ahead_bytes = self._ahead_bytes + len(data) if self.pipeline else 0
        if self._is_crowded():
            self.transport.abort()
            return
        if self.cycle is not before or self.at_once != at_once or (before is not None and before.more_body):
            self._head_bytes = 0
            return
        self._head_bytes += len(data)
        if self._head_bytes > _MOST_BYTES:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Answer at once where that can be (httptools calls this), or let uvicorn make a task for it."""
        if self._answer_at_once():
            self.at_once += 1
        else:
            super().on_headers_complete()  # type: ignore[misc]

    def on_message_complete(self) -> None:
        """Tell the request's cycle, if it has one."""
        if self.cycle is not None:
            super().on_message_complete()  # type: ignore[misc]

    def _answer_at_once(self) -> bool:
        """Answer a plain GET on a line where nothing else waits; return whether that was done."""
        parser, cycle = self.parser, self.cycle
        if (
            parser.get_method() != b"GET"
            or not parser.should_keep_alive()
            or parser.get_http_version() != "1.1"
            or self._ask is None
            or (cycle is not None and not cycle.response_complete)
            or self.transport.get_write_buffer_size()
            or self.transport.is_closing()
        ):
            return False
        answer = self._ask(self.url, self.headers)
        if answer is None:
            return False
        if self._line is None:
            if self._crowd.doubled >= MOST_DOUBLED:
                return False
            try:
                self._line = atonce.line_of(self.transport)
            except OSError:  # no descriptor is left
                return False
            self._crowd.doubled += 1
        return atonce.send(self.transport, self._line, answer, self.server_state.default_headers)

    def _is_crowded(self) -> bool:
        """Whether too many requests wait here: httptools makes each at once, h11 keeps their bytes."""
        conn: Any = getattr(self, "conn", None)
        if conn is None:
            return len(self.pipeline) > _MOST_WAITING or self._ahead_bytes > _MOST_AHEAD + _SLICE
        return bool(self.flow.read_paused) and len(conn.trailing_data[0]) > _MOST_AHEAD


class Idlers:
    """Closes connections whose next request does not come."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._since: dict[tuple[Any, Any, int], float] = {}

    def look(self, connections: Iterable[Any]) -> None:
        """Close those that have waited longer than the limit."""
        now = time.monotonic()
        waiting = [
            (one, one.cycle, one.at_once)
            for one in connections
            if one.cycle is None or one.cycle.response_complete
        ]
        self._since = {key: self._since.get(key, now) for key in waiting}
        for (connection, *_), since in self._since.items():
            if now - since > self._timeout_s:
                connection.transport.close()
