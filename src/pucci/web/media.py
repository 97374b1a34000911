"""The media app: photos and thumbs, as bytes, to whoever the rule lets see them. Bare ASGI, no Flask."""

import asyncio
import contextlib
import functools
import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Final
from urllib.parse import parse_qs

from pucci import jpeg
from pucci.accounts import Role
from pucci.album import Place
from pucci.album.sheets import Kind, is_span, plan
from pucci.album.thumbs import shrink
from pucci.capture import Hub
from pucci.clock import zone
from pucci.errors import AlbumError, NoSuchPhoto, PucciError
from pucci.photo import Photo
from pucci.services import Services
from pucci.web import films, served
from pucci.web.hosts import is_ours
from pucci.web.line import has_gone
from pucci.web.live import Live, first_picture, is_fresh
from pucci.web.recent import Recent, Seen
from pucci.web.replies import (
    FAMILY,
    JPEG,
    KEPT,
    SAFE,
    Reply,
    kept_headers,
    matches,
    send_reply,
    version_of,
    with_hsts,
    words,
)
from pucci.web.served import Also, Asked, Served
from pucci.web.visitors import Key, Visitors
from pucci.web.wire import LATER, Receive, Scope, Send, header, respond
from pucci.web.zipped import NOTHING_CHOSEN, Zip, named

log = logging.getLogger(__name__)

# Kept photos whose rows are read at once for a ZIP.
_PAGE: Final = 100
# Widths a live frame is scaled to, and how well.
_WIDTHS: Final = (160, 320, 480, 640, 960, 1280)
_LIVE_QUALITY: Final = 75
# A frame older than this is the last whole one, held.
_HOLDING_S: Final = 1.0
# Threads that read rows and files. They wait for the card more than they work.
_THREADS: Final = 4
# Rows that are read with a photo's own: whoever looks through a day asks for them next.
_BEFORE, _AFTER = 16, 48
GONE: Final = "There is no such photo, or it has gone."


# What is public may be kept by anybody for five minutes: so long after it is taken down it may be seen.
_SHOWN: Final = (
    (b"cache-control", b"public, max-age=300"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)


class Media:
    """Everything below /media/. `stopping` is set when the server ends; streams must end then, too."""

    def __init__(self, services: Services, *, stopping: asyncio.Event) -> None:
        self._services = services
        self._stopping = stopping
        self._visitors = Visitors(services)
        self._recent = Recent(services)
        # What may be asked of a photo before it is a request here.
        self.at_once = self._recent.at_once
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="media")
        self._live = Live(
            services.settings.live,
            stopping=stopping,
            allowed=self._visitors.may_watch,
            resize=shrink_live,
            is_guest=lambda key: not key.session,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope.get("scheme") == "https" or self._services.settings.server.has_tls:
            send = with_hsts(send)
        if not is_ours(header(scope, b"host"), self._services.settings.server):
            reply = words(400, "This is not the name of this site.")
            await respond(send, reply.status, reply.headers, reply.body)
            return
        asked, method = served.asked_for(scope["path"]), scope["method"]
        at_hand = None
        if asked is not None and asked.served is served.PHOTO and method == "GET":
            at_hand = self._recent.reply(scope, int(asked.parts[0]))
        if at_hand is not None:
            await send_reply(send, at_hand)
        elif method not in {"GET", "HEAD"}:
            await send_reply(send, words(405, "Only GET and HEAD work here.", (b"allow", b"GET, HEAD")))
        elif asked is None or (asked.served is served.ZIP and method == "HEAD"):
            await self._reply(scope, send, words(404, "There is nothing here."))
        elif asked.served is served.ZIP:
            await self._answer_zip(scope, send)
        elif asked.served.kind == "live":
            await self._answer_live(scope, receive, send, asked)
        elif asked.served.kind == "film":
            allowed = functools.partial(self._visitors.has, self._key(scope), asked.served.rule)
            album, is_video = self._services.album, asked.served is served.FILM
            await films.answer(
                *(scope, send, album.films, int(asked.parts[0])),
                is_video=is_video,
                allowed=allowed,
                threads=self._threads,
            )
        else:
            known, run = header(scope, b"if-none-match"), asyncio.get_running_loop().run_in_executor
            seen = self._recent.seen(scope)
            reply = await run(self._threads, self._picture, asked, self._key(scope), known, seen)
            await self._reply(scope, send, reply)

    async def _reply(self, scope: Scope, send: Send, reply: Reply) -> None:
        """Send a whole answer, or its head alone to who asks for that."""
        body = b"" if scope["method"] == "HEAD" else reply.body
        await respond(send, reply.status, reply.headers, body, length=len(reply.body))

    async def _answer_live(self, scope: Scope, receive: Receive, send: Send, asked: Asked) -> None:
        loop, name, what = asyncio.get_running_loop(), asked.parts[0], asked.served
        brought = self._key(scope, camera=name)
        key = await loop.run_in_executor(self._threads, self._visitors.opener, brought)
        hub = self._services.hubs.get(name)
        if key is None:
            reply = words(403, FAMILY)
        elif hub is None:
            reply = words(404, "There is no such camera.")
        elif what is served.STATE:
            reply = self._state(hub, _seat(scope), key)
        else:
            reply = await self._picture_now(hub, key if what is served.STREAM else None)
            if reply.status == 200 and what is served.STREAM and scope["method"] == "GET":
                query = parse_qs(scope["query_string"].decode("latin-1"))
                fps, width = _number(query, "fps", 60), int(_number(query, "width", 8192))
                await self._live.stream(
                    hub,
                    receive,
                    send,
                    token=key,
                    fps=fps,
                    width=nearest_width(width),
                    seat=_seat(scope),
                )
                return
        await self._reply(scope, send, reply)

    async def _answer_zip(self, scope: Scope, send: Send) -> None:
        """Send kept photos as a ZIP: those the query names, or all. A slow line costs no thread."""
        run, key = (
            functools.partial(asyncio.get_running_loop().run_in_executor, self._threads),
            self._key(scope),
        )
        if not await run(self._visitors.has, key, served.ZIP.rule):
            await send_reply(send, words(403, FAMILY))
            return
        ids, zone_name = (
            named(scope["query_string"].decode("latin-1")),
            self._services.settings.clock.timezone,
        )
        photos = await run(self._kept, ids, None)
        if not photos:
            # Nothing was ticked: a browser goes back to where it can be.
            status, *more = (404,) if ids is None else (303, (b"location", NOTHING_CHOSEN))
            await send_reply(send, words(status, "There are no photos to send. Choose some first.", *more))
            return
        packed = Zip(zone(zone_name))
        headers = (
            *((b"content-type", b"application/zip"), (b"cache-control", b"no-store, private")),
            (b"content-disposition", b'attachment; filename="kept.zip"'),
        )
        await send({"type": "http.response.start", "status": 200, "headers": [*headers, *SAFE]})
        while photos and not self._stopping.is_set() and not has_gone(send):
            for photo in photos:
                if has_gone(send):
                    return
                with contextlib.suppress(FileNotFoundError):
                    part = packed.add(photo, await run(self._bytes, photo))
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            place = Place.after(photos[-1])
            still = ids is None and await run(self._visitors.has, key, served.ZIP.rule)
            photos = await run(self._kept, None, place) if still else []
        await send({"type": "http.response.body", "body": packed.end()})

    def _kept(self, ids: list[int] | None, after: Place | None) -> list[Photo]:
        kept = self._services.album.kept
        return kept.page(after, _PAGE) if ids is None else kept.these(ids)

    def _key(self, scope: Scope, camera: str = "") -> Key:
        query = scope["query_string"].decode("latin-1")
        return self._visitors.key(header(scope, b"cookie"), header(scope, b"authorization"), query, camera)

    async def _picture_now(self, hub: Hub, key: Key | None) -> Reply:
        """Return the newest whole frame, or in words why there is none, or no seat for a stream."""
        if key is not None and (why := self._live.no_seat(key)):
            return words(503, why, LATER)
        settings = self._services.settings
        limit_s = settings.cameras[hub.name].timeout_s + settings.cameras[hub.name].delay_s + 5
        now = await first_picture(hub, max_age_s=settings.live.max_age_s, limit_s=limit_s)
        if now.sight is None or not is_fresh(now, settings.live.max_age_s):
            return words(503, f"There is no picture now: {now.fault or 'camera silent'}.")
        if key is not None and (why := self._live.no_seat(key)):  # taken while the camera opened
            return words(503, why, LATER)
        taken = f"{now.sight.frame.taken_at.timestamp():.6f}".encode()
        headers = ((b"content-type", b"image/jpeg"), (b"cache-control", b"no-store, private"), *SAFE)
        return Reply(200, (*headers, (b"x-timestamp", taken)), now.picture)

    def _state(self, hub: Hub, seat: str, key: Key) -> Reply:
        """Return how the camera is, without opening it, and how the stream does that this seat watches."""
        now, off = hub.now, self._services.privacy[hub.name].off()
        age_s = time.monotonic() - now.at if now.sight is not None else None
        sent_s = self._live.sent_s(hub.name, seat, key)
        told = {
            "state": live_state(hub, age_s=age_s, is_off=off is not None),
            "reason": off.reason if off else now.fault,
            "until": off.until.isoformat() if off and off.until else None,
            # All who see one size share a seat at the hub; somebody who waits for the first picture has one.
            "watchers": max(hub.watchers, self._live.watching(hub.name)),
            "fps": round(now.rate, 1),
            "age_s": None if age_s is None else round(age_s, 2),
            "taken_at": now.sight.frame.taken_at.isoformat() if now.sight else None,
            "full": bool(self._live.no_seat(key)),
            "sent_s": None if sent_s is None else round(sent_s, 2),
        }
        headers = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"), *SAFE)
        return Reply(200, headers, json.dumps(told).encode())

    def _picture(self, asked: Asked, key: Key, known: str, seen: Seen) -> Reply:
        """Return a picture's answer. Whether it exists is only said to those who may see it."""
        what, is_known = asked.served, seen.is_known and asked.served.rule is Role.FAMILY
        try:
            if not is_known and not self._visitors.has(key, what.rule):
                return self._by_link(asked, key, known) if what.also is Also.PHOTO else words(403, FAMILY)
            if what is served.SHEET:
                return self._sheet(asked.parts, known)
            photo_id = int(asked.parts[0])
            if what is served.REFUSED:  # damaged, or a stranger's: the owner alone looks at it
                return self._refused(photo_id)
            if what is served.PUBLIC:
                return self._public(photo_id, known)
            photo = self._of_family(what, photo_id, seen)
            return self._answer(photo, what.kind, known) if photo else words(404, GONE)
        except (NoSuchPhoto, FileNotFoundError):
            return words(404, GONE)
        except (PucciError, OSError, ValueError) as error:
            log.error("%s %s cannot be sent: %s", what.kind, asked.parts[0], error)  # noqa: TRY400 - one sentence
            return words(500, "Something broke. It is noted, and not your fault.")

    def _by_link(self, asked: Asked, key: Key, known: str) -> Reply:
        """Return a photo's answer for a share link or a token: of what that is for, and nothing else."""
        photo = self._services.album.photo(int(asked.parts[0])) if key.shares or key.token else None
        if photo is None or not self._visitors.may_see(key, photo):
            return words(403, FAMILY)
        return _not_kept(self._answer(photo, asked.served.kind, known))

    def _of_family(self, what: Served, photo_id: int, seen: Seen) -> Photo | None:
        """Return a photo for one of the family, and remember both.

        Who looks at photos will ask for those around it next: they are remembered, too. Of a thumb's no
        answer is made from memory.
        """
        before, after = (_BEFORE, _AFTER) if what is served.PHOTO else (0, 0)
        photos = self._services.album.index.numbered(photo_id - before, photo_id + after)
        self._recent.put(seen, photos)
        return next((photo for photo in photos if photo.id == photo_id), None)

    def _sheet(self, parts: tuple[str, ...], known: str) -> Reply:
        """Return a contact sheet's answer. Its address names the photos on it, so it is kept for ever."""
        kind, camera, start, end, version = parts
        span = datetime.fromtimestamp(int(start), UTC), datetime.fromtimestamp(int(end), UTC)
        if not is_span(*span):
            return words(404, "There is nothing here.")
        photos = self._services.album.between(camera, *span)[::-1]
        sheet = plan(Kind(kind), camera, *span, photos)
        if not photos or sheet.version != version:
            return words(404, "These photos have changed. Load the page again.")
        headers = (*KEPT, *SAFE, (b"etag", f'"{version}"'.encode()))
        if matches(known, f'"{version}"'):
            return Reply(304, headers)
        body = self._services.album.sheets.get(sheet)
        return Reply(200, (*headers, (b"content-type", b"image/jpeg")), body)

    def _public(self, photo_id: int, known: str) -> Reply:
        """Return a photo that is on the public page, without what does not belong to the picture."""
        album = self._services.album
        photo = album.photo(photo_id) if album.public.is_shown(photo_id) else None
        if photo is None:
            return words(404, "There is nothing here.")
        version = f'"public-{photo.id}-{photo.size}"'
        headers = (*_SHOWN, *SAFE[:2], SAFE[3], (b"etag", version.encode()))
        if matches(known, version):
            return Reply(304, headers)
        return Reply(200, (*headers, (b"content-type", b"image/jpeg")), jpeg.bare(self._bytes(photo)))

    def _refused(self, refusal_id: int) -> Reply:
        """Return a refused frame's bytes as the camera sent them."""
        found = self._services.album.refusals.frame(refusal_id)
        if found is None:
            return words(404, "There is no such frame, or it has gone.")
        headers = ((b"content-type", b"image/jpeg"), (b"cache-control", b"no-store, private"), *SAFE)
        return Reply(200, headers, found[1])

    def _answer(self, photo: Photo, kind: str, known: str) -> Reply:
        if matches(known, version_of(kind, photo)):
            return Reply(304, kept_headers(kind, photo))
        body = self._services.album.thumb(photo) if kind == "thumb" else self._bytes(photo)
        if kind == "photo" and len(body) != photo.size:
            raise AlbumError(f"{photo.file} is not as it was stored. Run `pucci check-album`.")
        return Reply(200, (*kept_headers(kind, photo), JPEG), body)

    def _bytes(self, photo: Photo) -> bytes:
        return self._services.album.path(photo).read_bytes()

    def close(self) -> None:
        """Let the threads go."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def live_state(hub: Hub, *, age_s: float | None, is_off: bool) -> str:
    """Return one of off, fault, closed, opening, holding, live."""
    if is_off:
        return "off"
    if hub.now.fault:
        return "fault"
    if not hub.is_open:
        return "closed"
    if age_s is None:
        return "opening"
    return "holding" if age_s > _HOLDING_S else "live"


def _seat(scope: Scope) -> str:
    """Return the word by which a watcher knows its stream again; "" where none was said."""
    return parse_qs(scope["query_string"].decode("latin-1")).get("seat", [""])[0][:32]


def _number(query: dict[str, list[str]], name: str, most: float) -> float:
    """Return a number from the query; 0, which means no wish, where there is none that makes sense."""
    text = query.get(name, [""])[0]
    return min(float(text), most) if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text) else 0.0


def nearest_width(width: int) -> int:
    """Return the width that is made for this wish, so that many wishes share a few; 0 is the camera's own."""
    return min(_WIDTHS, key=lambda made: abs(made - width)) if width else 0


def shrink_live(picture: bytes, width: int) -> bytes:
    """Return a live frame at most that wide."""
    return shrink(picture, width, quality=_LIVE_QUALITY)


def _not_kept(reply: Reply) -> Reply:
    """What a link or a token shows must be gone when they are: no cache keeps it."""
    others = tuple(line for line in reply.headers if line[0] not in (b"cache-control", b"etag", b"vary"))
    return Reply(reply.status, ((b"cache-control", b"no-store, private"), *others), reply.body)
