"""Pages are made in turn: a flood makes them wait, and once the wait is long the newest are sent away.

A turn ends when the page is made. The event loop sends it afterwards: who reads slowly holds no turn and no
thread.
"""

import asyncio
import time
from collections import deque
from typing import Final

from pucci.web.bodies import Refusal
from pucci.web.line import has_gone
from pucci.web.wire import LATER, App, Message, Receive, Scope, Send, respond

# So long the first in the queue may have waited before nobody more joins it.
PATIENCE_S: Final = 3.0
# Sent away at once, a program would be back at once: 5,700 refusals a second left 22 pages of 900.
_HELD_S: Final = 1.0


class Turns:
    """Stands before an app that makes pages in so many threads, and lets as many in at once.

    While the first in the queue has waited longer than the patience, others are answered 503 with a page
    and a time to come again.
    """

    def __init__(
        self,
        app: App,
        *,
        at_once: int,
        refusal: Refusal,
        patience_s: float = PATIENCE_S,
        held_s: float = _HELD_S,
    ) -> None:
        self._app = app
        self._turn = asyncio.Semaphore(at_once)
        self._waiting: deque[float] = deque()
        self._refusal = refusal
        self._patience_s = patience_s
        self._held_s = held_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for a turn, let the app make its answer, then send that; nothing is made for who has gone."""
        now = time.monotonic()
        if self._waiting and now - self._waiting[0] > self._patience_s:
            await asyncio.sleep(self._held_s)
            headers, body = self._refusal(503)
            await respond(send, 503, [*headers, LATER], body)
            return
        self._waiting.append(now)
        try:
            await self._turn.acquire()
        finally:
            self._waiting.remove(now)
        try:
            made = [] if has_gone(send) else await self._make(scope, receive)
        finally:
            self._turn.release()
        for message in made:
            await send(message)

    async def _make(self, scope: Scope, receive: Receive) -> list[Message]:
        """Return the app's answer: its start, and its whole body in one."""
        starts, parts = list[Message](), list[bytes]()

        async def keep(message: Message) -> None:
            if message["type"] == "http.response.start":
                starts.append(message)
            else:
                parts.append(message.get("body", b""))

        await self._app(scope, receive, keep)
        return [*starts, {"type": "http.response.body", "body": b"".join(parts)}] if starts else []
