"""Answers of bytes: their headers, and the short ones in words."""

from dataclasses import dataclass
from typing import Final

from pucci.photo import Photo
from pucci.web.wire import Message, Send, respond

FAMILY: Final = "This is for the family. Sign in first."
SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
)
# A photo never changes, and its id is never given again: the browser need not ask twice. Only its own
# cache may keep it, and only for this cookie.
KEPT: Final = (
    (b"cache-control", b"private, max-age=31536000, immutable"),
    (b"vary", b"Cookie"),
)

# Once a browser came by TLS, it comes by nothing else for a year.
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
JPEG: Final = (b"content-type", b"image/jpeg")


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and bytes of an answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""


def matches(known: str, version: str) -> bool:
    """Whether If-None-Match names this version."""
    return known == "*" or version in (part.strip().removeprefix("W/") for part in known.split(","))


def version_of(kind: str, photo: Photo) -> str:
    """Return the ETag of a photo or its thumb."""
    return f'"{kind}-{photo.id}-{photo.size}"'


def kept_headers(kind: str, photo: Photo) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers of a photo, or its thumb, for somebody's own browser to keep."""
    return (*KEPT, *SAFE, (b"etag", version_of(kind, photo).encode()))


def with_hsts(send: Send) -> Send:
    """Return a `send` whose answers say HSTS."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], HSTS]}
        await send(message)

    if hasattr(send, "__self__"):  # line.py asks it for the line
        sent.__self__ = send.__self__  # type: ignore[attr-defined]
    return sent


async def send_reply(send: Send, reply: Reply) -> None:
    """Send a whole answer."""
    await respond(send, reply.status, reply.headers, reply.body)


def words(status: int, text: str, *more: tuple[bytes, bytes]) -> Reply:
    """Return a sentence as an answer."""
    headers = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))
    return Reply(status, (*headers, *SAFE, *more), f"{text}\n".encode())
