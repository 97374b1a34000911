"""ASGI's types, and the short answers that need no page."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Final

from pucci.web.crowd import RETRY_S

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = Iterable[tuple[bytes, bytes]]

# For who comes when there is too much to do.
LATER: Final = (b"retry-after", str(RETRY_S).encode())


def header(scope: Scope, name: bytes) -> str:
    """Return a request's header by its small-letter name, the values of several joined; "" where none is."""
    joint = b"; " if name == b"cookie" else b", "
    return joint.join(value for key, value in scope["headers"] if key == name).decode("latin-1")


async def respond(
    send: Send, status: int, headers: Headers, body: bytes = b"", *, length: int | None = None
) -> None:
    """Send a whole answer at once. `length` is what Content-Length says where the body is left out (HEAD)."""
    size = len(body) if length is None else length
    lines = [*headers, (b"content-length", str(size).encode())]
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})
