"""Pages are made in turn: a flood makes them wait, and once the wait is long the newest are sent away.

A turn ends when the page is made. The event loop sends it afterwards: who reads slowly holds no turn and no
thread.
"""

import asyncio
import time
from collections import deque
from dataclasses import dataclass
from typing import Final

from pucci.web.bodies import Refusal
from pucci.web.crowd import place_of
from pucci.web.line import has_gone
from pucci.web.wire import LATER, App, Message, Receive, Scope, Send, respond

# So long the first in the queue may have waited before nobody more joins it.
PATIENCE_S: Final = 3.0
# Sent away at once, a program would be back at once: 5,700 refusals a second left 22 pages of 900.
_HELD_S: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    """Who waits: since when, and what is set when it is their turn."""

    since: float
    turn: asyncio.Future[None]


class Turns:
    """Stands before an app that makes pages in so many threads, and lets as many in at once.

    Places (`place_of`) are let in by rounds, one request of each, so that a flood from one keeps no other
    waiting. While the first in a place's queue has waited longer than the patience, others of that place are
    answered 503 with a page and a time to come again.
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
        self._free = at_once
        self._queues: dict[str, deque[_Waiting]] = {}
        self._refusal = refusal
        self._patience_s = patience_s
        self._held_s = held_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for a turn, let the app make its answer, then send that; nothing is made for who has gone."""
        place, now = place_of(str((scope.get("client") or ("",))[0])), time.monotonic()
        queue = self._queues.get(place)
        if queue and now - queue[0].since > self._patience_s:
            await asyncio.sleep(self._held_s)
            headers, body = self._refusal(503)
            await respond(send, 503, [*headers, LATER], body)
            return
        await self._enter(place, now)
        try:
            made = [] if has_gone(send) else await self._make(scope, receive)
        finally:
            self._leave()
        for message in made:
            await send(message)

    async def _enter(self, place: str, now: float) -> None:
        if self._free:
            self._free -= 1
            return
        one = _Waiting(now, asyncio.get_running_loop().create_future())
        self._queues.setdefault(place, deque()).append(one)
        try:
            await one.turn
        except asyncio.CancelledError:
            if one.turn.done() and not one.turn.cancelled():
                self._leave()
            else:
                self._forget(place, one)
            raise

    def _leave(self) -> None:
        """Give the turn to the first of the place that had one the longest time ago."""
        while self._queues:
            place = next(iter(self._queues))
            queue = self._queues.pop(place)
            one = queue.popleft()
            if queue:
                self._queues[place] = queue
            if not one.turn.done():
                one.turn.set_result(None)
                return
        self._free += 1

    def _forget(self, place: str, one: "_Waiting") -> None:
        queue = self._queues.get(place, deque())
        if one in queue:
            queue.remove(one)
        if not queue:
            self._queues.pop(place, None)

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
