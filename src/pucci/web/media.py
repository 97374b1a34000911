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
from pucci.album import Place
from pucci.album.sheets import Kind, is_span, plan
from pucci.album.thumbs import shrink
from pucci.capture import Hub
from pucci.clock import zone
from pucci.errors import AlbumError, NoSuchPhoto, PucciError
from pucci.photo import Photo
from pucci.services import Services
from pucci.web import films
from pucci.web.hosts import is_ours
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
    words,
)
from pucci.web.visitors import Key, Visitors
from pucci.web.wire import LATER, Receive, Scope, Send, header, respond
from pucci.web.zipped import NOTHING_CHOSEN, Zip, named

log = logging.getLogger(__name__)

# Ids are digits and nothing else, and no more of them than SQLite's largest row id has.
_PATH: Final = re.compile(r"/media/(photo|thumb|refused)/([0-9]{1,18})\.jpg")
_SHEET: Final = re.compile(
    r"/media/sheet/(hour|day|phone)/([a-z][a-z0-9-]{0,31})/([0-9]{1,10})-([0-9]{1,10})-([0-9a-f]{8})\.jpg"
)
_PUBLIC: Final = re.compile(r"/media/public/([0-9]{1,18})\.jpg")
_FILM: Final = re.compile(r"/media/film/([0-9]{1,18})\.(mp4|jpg)")
_ZIP: Final = "/media/kept.zip"
# Kept photos whose rows are read at once for a ZIP.
_PAGE: Final = 100
_LIVE: Final = re.compile(r"/media/live/([a-z][a-z0-9-]{0,31})\.(mjpeg|jpg|json)")
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
        if not is_ours(header(scope, b"host"), self._services.settings.server):
            reply = words(400, "This is not the name of this site.")
            await respond(send, reply.status, reply.headers, reply.body)
            return
        found = _PATH.fullmatch(scope["path"])
        is_photo = found is not None and found[1] == "photo" and scope["method"] == "GET"
        at_hand = self._recent.reply(scope, int(found[2])) if found and is_photo else None
        if at_hand is not None:
            await send_reply(send, at_hand)
            return
        live = _LIVE.fullmatch(scope["path"])
        if live is not None and scope["method"] in {"GET", "HEAD"}:
            await self._answer_live(scope, receive, send, live[1], live[2])
            return
        if scope["path"] == _ZIP and scope["method"] == "GET":
            await self._answer_zip(scope, send)
            return
        public = _PUBLIC.fullmatch(scope["path"])
        if public is not None and scope["method"] in {"GET", "HEAD"}:
            reply = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._public, int(public[1]), header(scope, b"if-none-match")
            )
            body = b"" if scope["method"] == "HEAD" else reply.body
            await respond(send, reply.status, reply.headers, body, length=len(reply.body))
            return
        film = _FILM.fullmatch(scope["path"])
        if film is not None and scope["method"] in {"GET", "HEAD"}:
            await films.answer(
                scope,
                send,
                self._services.album.films,
                int(film[1]),
                film[2],
                key=self._key(scope),
                visitors=self._visitors,
                threads=self._threads,
            )
            return
        sheet = _SHEET.fullmatch(scope["path"])
        if scope["method"] not in {"GET", "HEAD"}:
            reply = words(405, "Only GET and HEAD work here.", (b"allow", b"GET, HEAD"))
        elif sheet is not None:
            known = header(scope, b"if-none-match")
            reply = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._sheet, sheet.groups(), self._key(scope), known
            )
        elif found is None:
            reply = words(404, "There is nothing here.")
        else:
            reply = await asyncio.get_running_loop().run_in_executor(
                self._threads,
                self._picture,
                found[1],
                int(found[2]),
                self._key(scope),
                header(scope, b"if-none-match"),
                self._recent.seen(scope),
            )
        head = scope["method"] == "HEAD"
        body = b"" if head else reply.body
        await respond(send, reply.status, reply.headers, body, length=len(reply.body))

    async def _answer_live(self, scope: Scope, receive: Receive, send: Send, name: str, kind: str) -> None:
        loop = asyncio.get_running_loop()
        brought = self._key(scope, camera=name)
        key = await loop.run_in_executor(self._threads, self._visitors.opener, brought)
        hub = self._services.hubs.get(name)
        if key is None:
            reply = words(403, FAMILY)
        elif hub is None:
            reply = words(404, "There is no such camera.")
        elif kind == "json":
            reply = self._state(hub, _seat(scope), key)
        else:
            reply = await self._picture_now(hub, key if kind == "mjpeg" else None)
            if reply.status == 200 and kind == "mjpeg" and scope["method"] == "GET":
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
        body = b"" if scope["method"] == "HEAD" else reply.body
        await respond(send, reply.status, reply.headers, body, length=len(reply.body))

    async def _answer_zip(self, scope: Scope, send: Send) -> None:
        """Send kept photos as a ZIP: those the query names, or all. A slow line costs no thread."""
        run, key = (
            functools.partial(asyncio.get_running_loop().run_in_executor, self._threads),
            self._key(scope),
        )
        if not await run(self._visitors.is_family, key):
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
        while photos and not self._stopping.is_set():
            for photo in photos:
                with contextlib.suppress(FileNotFoundError):
                    part = packed.add(photo, await run(self._bytes, photo))
                    await send({"type": "http.response.body", "body": part, "more_body": True})
            place = Place.after(photos[-1])
            still = ids is None and await run(self._visitors.is_family, key)
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

    def _picture(self, kind: str, photo_id: int, key: Key, known: str, seen: Seen) -> Reply:
        """Return a picture's answer. Whether it exists is only said to those who may see it."""
        try:
            if kind == "refused":  # damaged, or a stranger's: the owner alone looks at it
                return self._refused(photo_id) if self._visitors.is_owner(key) else words(403, FAMILY)
            if seen.is_known or self._visitors.is_family(key):
                photo = self._with_its_neighbours(photo_id, seen)
                return self._answer(photo, kind, known) if photo else words(404, GONE)
            photo = self._services.album.photo(photo_id) if key.shares or key.token else None
            if photo is None or not self._visitors.may_see(key, photo):
                return words(403, FAMILY)
            return _not_kept(self._answer(photo, kind, known))
        except (NoSuchPhoto, FileNotFoundError):
            return words(404, "This photo has gone.")
        except (PucciError, OSError) as error:
            log.error("%s %d cannot be sent: %s", kind, photo_id, error)  # noqa: TRY400 - one sentence
            return words(500, "Something broke. It is noted, and not your fault.")

    def _with_its_neighbours(self, photo_id: int, seen: Seen) -> Photo | None:
        """Return a photo for one of the family, who will ask for those around it next: all are remembered."""
        photos = self._services.album.index.numbered(photo_id - _BEFORE, photo_id + _AFTER)
        self._recent.put(seen, photos)
        return next((photo for photo in photos if photo.id == photo_id), None)

    def _sheet(self, asked: tuple[str, ...], key: Key, known: str) -> Reply:
        """Return a contact sheet's answer. Its address names the photos on it, so it is kept for ever."""
        kind, camera, start, end, version = asked
        try:
            if not self._visitors.is_family(key):
                return words(403, FAMILY)
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
        except FileNotFoundError:
            return words(404, "A photo has gone.")
        except (PucciError, OSError) as error:
            log.error("%s %s cannot be sent: %s", kind, start, error)  # noqa: TRY400 - one sentence
            return words(500, "Something broke. It is noted, and not your fault.")

    def _public(self, photo_id: int, known: str) -> Reply:
        """Return a photo that is on the public page, without what does not belong to the picture."""
        album = self._services.album
        try:
            photo = album.photo(photo_id) if album.public.is_shown(photo_id) else None
            if photo is None:
                return words(404, "There is nothing here.")
            version = f'"public-{photo.id}-{photo.size}"'
            headers = (*_SHOWN, *SAFE[:2], SAFE[3], (b"etag", version.encode()))
            if matches(known, version):
                return Reply(304, headers)
            return Reply(200, (*headers, (b"content-type", b"image/jpeg")), jpeg.bare(self._bytes(photo)))
        except FileNotFoundError:
            return words(404, "There is nothing here.")
        except (PucciError, OSError, ValueError) as error:
            log.error("public %d cannot be sent: %s", photo_id, error)  # noqa: TRY400 - one sentence
            return words(500, "Something broke. It is noted, and not your fault.")

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
