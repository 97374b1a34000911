"""Request bodies are taken whole before a thread is used: ten slow ones must not stop the site."""

import asyncio
import contextlib
from collections.abc import Callable

from pucci.web.wire import LATER, App, Headers, Receive, Scope, Send, header, respond

# What all requests together may hold in memory, in largest bodies: 8 MB on a Pi of 512.
_AT_ONCE = 8
# Bodies up to this need no room, and every form is one: half-sent large ones keep nobody from signing in.
_FORM = 16_384
_DRAIN_S = 1.0

Refusal = Callable[[int], tuple[Headers, bytes]]


class Refused(Exception):
    """A body that is not taken; `status` says why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Bodies:
    """Stands before an ASGI app, and hands it each request with its body already there.

    Too large is answered 413, too slow 408, too many at once 503, and the connection is closed. The
    words come from `refusal`, which returns headers and body for a status.
    """

    def __init__(self, app: App, *, max_bytes: int, timeout_s: float, refusal: Refusal) -> None:
        self._app = app
        self._max_bytes = max_bytes
        self._timeout_s = timeout_s
        self._refusal = refusal
        self._room = max_bytes * _AT_ONCE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the body, then let the app answer."""
        try:
            size = self._announced(scope)
        except Refused as refused:
            await _drain(receive)
            await self._refuse(refused.status, send)
            return
        drawn = _drawn(size)
        self._room -= drawn
        try:
            body = await self._take(receive, size) if size else b""
            if body is None:
                return  # whoever asked has gone
            await self._app(_with_length(scope, body), _handing_over(body, receive), send)
        except Refused as refused:
            await self._refuse(refused.status, send)
        finally:
            self._room += drawn

    def _announced(self, scope: Scope) -> int:
        """Return the room a body needs: its length, or the most it may have where it does not say."""
        length = header(scope, b"content-length")
        chunked = bool(header(scope, b"transfer-encoding"))
        if length and not length.isdecimal():
            raise Refused(400)
        size = self._max_bytes if chunked else int(length or 0)
        if size > self._max_bytes:
            raise Refused(413)
        if _drawn(size) > self._room:
            raise Refused(503)
        return size

    async def _take(self, receive: Receive, size: int) -> bytes | None:
        body = bytearray()
        try:
            async with asyncio.timeout(self._timeout_s):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    body += message.get("body", b"")
                    if len(body) > size:
                        raise Refused(413)
                    if not message.get("more_body", False):
                        return bytes(body)
        except TimeoutError:
            raise Refused(408) from None

    async def _refuse(self, status: int, send: Send) -> None:
        headers, body = self._refusal(status)
        later = [LATER] if status == 503 else []
        await respond(send, status, [*headers, *later, (b"connection", b"close")], body)


def _drawn(size: int) -> int:
    """Return how much of the common room a body takes."""
    return size if size > _FORM else 0


async def _drain(receive: Receive) -> None:
    """Swallow what is on its way for a moment: closed at once, the browser would never see the answer."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DRAIN_S):
            while (await receive()).get("more_body", False):
                pass


def _with_length(scope: Scope, body: bytes) -> Scope:
    """Say how long the body is: one that came in chunks did not, and WSGI would take it for empty."""
    if not body:
        return scope
    dropped = (b"content-length", b"transfer-encoding")
    kept = [line for line in scope["headers"] if line[0] not in dropped]
    return {**scope, "headers": [*kept, (b"content-length", str(len(body)).encode())]}


def _handing_over(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that gives the whole body first, then whatever else comes."""
    given = False

    async def take() -> dict[str, object]:
        nonlocal given
        if given:
            return dict(await receive())
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return take
