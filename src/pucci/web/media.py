"""The media app: photos and thumbs, as bytes, to whoever the rule lets see them. Bare ASGI, no Flask."""

import asyncio
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from pucci.accounts import Role
from pucci.errors import NoSuchPhoto, PucciError
from pucci.photo import Photo
from pucci.services import Services
from pucci.web import cookie
from pucci.web.access import Answer, may
from pucci.web.wire import Receive, Scope, Send, header, respond

log = logging.getLogger(__name__)

_RULE: Final = Role.FAMILY
# Ids are digits and nothing else, and no more of them than SQLite's largest row id has.
_PATH: Final = re.compile(r"/media/(photo|thumb)/([0-9]{1,18})\.jpg")
# Threads that read rows and files. They wait for the card more than they work.
_THREADS: Final = 4

_SAFE: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"same-origin"),
)
# A photo never changes, and its id is never given again: the browser need not ask twice. Only its own
# cache may keep it, and only for this cookie.
_KEPT: Final = (
    (b"cache-control", b"private, max-age=31536000, immutable"),
    (b"vary", b"Cookie"),
)


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers and bytes of an answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes = b""


class Media:
    """Everything below /media/. `stopping` is set when the server ends; streams must end then, too."""

    def __init__(self, services: Services, *, stopping: asyncio.Event) -> None:
        self._services = services
        self._stopping = stopping
        self._box = cookie.box(services.secret_key)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="media")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer one request."""
        found = _PATH.fullmatch(scope["path"])
        if scope["method"] not in {"GET", "HEAD"}:
            reply = _words(405, "Only GET and HEAD work here.", (b"allow", b"GET, HEAD"))
        elif found is None:
            reply = _words(404, "There is nothing here.")
        else:
            reply = await asyncio.get_running_loop().run_in_executor(
                self._threads,
                self._picture,
                found[1],
                int(found[2]),
                header(scope, b"cookie"),
                header(scope, b"if-none-match"),
            )
        head = scope["method"] == "HEAD"
        body = b"" if head else reply.body
        await respond(send, reply.status, reply.headers, body, length=len(reply.body))

    def _picture(self, kind: str, photo_id: int, cookies: str, known: str) -> Reply:
        """Return a picture's answer. Whether it exists is only said to those who may see it."""
        try:
            token = cookie.token_in(self._box, cookies)
            user = self._services.accounts.sessions.user_of(token) if token else None
            if may(user.role if user else None, _RULE) is not Answer.YES:
                return _words(403, "This is for the family. Sign in first.")
            photo = self._services.album.photo(photo_id)
            if photo is None:
                return _words(404, "There is no such photo, or it has gone.")
            return self._answer(photo, kind, known)
        except (NoSuchPhoto, FileNotFoundError):
            return _words(404, "This photo has gone.")
        except (PucciError, OSError) as error:
            log.error("%s %d cannot be sent: %s", kind, photo_id, error)  # noqa: TRY400 - one sentence
            return _words(500, "Something broke. It is noted, and not your fault.")

    def _answer(self, photo: Photo, kind: str, known: str) -> Reply:
        version = f'"{kind}-{photo.id}-{photo.size}"'
        headers = (*_KEPT, *_SAFE, (b"etag", version.encode()))
        if _matches(known, version):
            return Reply(304, headers)
        take: Callable[[Photo], bytes] = self._services.album.thumb if kind == "thumb" else self._bytes
        return Reply(200, (*headers, (b"content-type", b"image/jpeg")), take(photo))

    def _bytes(self, photo: Photo) -> bytes:
        return self._services.album.path(photo).read_bytes()

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _matches(known: str, version: str) -> bool:
    return known == "*" or version in (part.strip().removeprefix("W/") for part in known.split(","))


def _words(status: int, text: str, *more: tuple[bytes, bytes]) -> Reply:
    headers = ((b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"))
    return Reply(status, (*headers, *_SAFE, *more), f"{text}\n".encode())
