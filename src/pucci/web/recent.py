"""A photo asked for again by somebody known: answered from memory, with no query and no thread."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pucci.photo import Photo
from pucci.services import Services
from pucci.web.atonce import Ready, ready
from pucci.web.hosts import is_ours
from pucci.web.memory import Memory, read_at_once
from pucci.web.replies import HSTS, JPEG, Reply, kept_headers, matches, version_of
from pucci.web.served import PHOTO
from pucci.web.wire import Headers, Scope, header

# Who sends more cookies is asked each time: their text is what the memory of them takes.
_COOKIES: Final = 4096
# What a request may have that makes more of it than a look and an answer.
_MORE: Final = frozenset(
    {b"if-none-match", b"content-length", b"transfer-encoding", b"expect", b"upgrade", b"authorization"}
)
_TARGET: Final = re.compile(PHOTO.pattern.pattern.encode())


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known when a request comes: the database's version, its cookies, whether they were let in."""

    version: int | None
    cookies: str
    is_known: bool


class Recent:
    """Who was let in, and which photos were read, since the last commit and for some seconds at most."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._memory = Memory(services.db.version, services.clock.monotonic)
        self._has_tls = services.settings.server.has_tls
        self._version: int | None = None
        self._is_looked_up = False

    def seen(self, scope: Scope) -> Seen:
        """Return what is known of a request's sender; `put` must be given it with what is read after this."""
        version, cookies = self._memory.now(), header(scope, b"cookie")
        return Seen(version, cookies, is_known=bool(self._memory.get(cookies)))

    def put(self, seen: Seen, photos: Iterable[Photo]) -> None:
        """Remember that the sender is of the family, and some photos; any thread may."""
        if len(seen.cookies) > _COOKIES:
            return
        self._memory.put(seen.version, seen.cookies, answer=True)
        for photo in photos:
            self._memory.put(seen.version, photo.id, photo)

    def reply(self, scope: Scope, photo_id: int) -> Reply | None:
        """Return a photo's answer to a GET where the machine has all of it in memory, else None."""
        if self._memory.now() is None:
            return None
        photo: Photo | None = self._memory.get(photo_id)
        if photo is None or not self._memory.get(header(scope, b"cookie")):
            return None
        if matches(header(scope, b"if-none-match"), version_of("photo", photo)):
            return Reply(304, kept_headers("photo", photo))
        body = read_at_once(self._services.album.path(photo))
        if body is None or len(body) != photo.size:
            return None
        return Reply(200, (*kept_headers("photo", photo), JPEG), body)

    def at_once(self, target: bytes, headers: Headers) -> Ready | None:
        """Return a photo's answer to a GET before it is made a request of ASGI; None where that is needed.

        For the event loop alone.
        """
        if not target.startswith(b"/media/photo/"):
            return None
        if not self._is_looked_up:  # once for all requests that one turn of the loop finds
            self._version, self._is_looked_up = self._memory.now(), True
            asyncio.get_running_loop().call_soon(self._turn)
        answer: Ready | None = self._memory.get(target) or self._made(target)
        return answer if answer is not None and self._is_let_in(headers) else None

    def _turn(self) -> None:
        self._is_looked_up = False

    def _made(self, target: bytes) -> Ready | None:
        found = _TARGET.fullmatch(target)
        photo: Photo | None = self._memory.get(int(found[1])) if found else None
        if photo is None:
            return None
        headers = (*kept_headers("photo", photo), JPEG, *([HSTS] if self._has_tls else []))
        answer = ready(headers, str(self._services.album.path(photo)), photo.size)
        self._memory.put(self._version, target, answer)
        return answer

    def _is_let_in(self, headers: Headers) -> bool:
        """Whether they are of a plain request by somebody known, to this site."""
        host = cookies = None
        for name, value in headers:
            if name in _MORE or (name == b"x-forwarded-proto" and not self._has_tls):
                return False  # or what it came by must be looked at first
            if name == b"host":
                host = value
            elif name == b"cookie":
                if cookies is not None:
                    return False
                cookies = value
        if host is None or cookies is None or not self._memory.get(cookies.decode("latin-1")):
            return False
        return is_ours(host.decode("latin-1"), self._services.settings.server)
