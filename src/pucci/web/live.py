"""Live: the newest whole frame to everybody who watches, and nobody waits for anybody.

A stream is written straight into the connection's transport: one `write` of bytes that all watchers share,
no chunks, no task woken for each frame. A watcher that has not taken the last frame yet misses this one. What
is asked is not how full a buffer of ours is, but what the kernel knows (TCP_INFO, tcp(7)): bytes it could not
send yet, and how far the other end's window has closed, which is what lies there unread. So a thin line or
a slow reader sees the present, late by a frame or two.
"""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Callable, Hashable
from typing import Any, Final

from pucci.capture import Hub, Now
from pucci.settings import LiveSettings
from pucci.web.line import tcp_info, transport_of
from pucci.web.wire import Receive, Send

log = logging.getLogger(__name__)

# A peer's window that has closed by this much holds a frame that was not read.
_UNREAD: Final = 32_768
# Seconds after which a window that stays smaller is taken for the usual one.
_USUAL_S: Final = 1.0
# Seconds between two looks at who still may watch, who is stalled, and who could take a frame by now.
_PATROL_S: Final = 2.0
_AGAIN_S: Final = 0.05
# Who could not be asked for so long whether they still may watch (a busy database) may not.
_UNSURE_S: Final = 5.0
# Streams of one key: its phone, its tablet, and what a browser that lost a line has not given up yet.
_MOST_EACH: Final = 4
_NEVER_PAUSED: Final = 1 << 30  # more than one frame never lies there
_EDGE: Final = b"--frame\r\n"
_HEAD: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"content-type: multipart/x-mixed-replace; boundary=frame\r\n"
    b"cache-control: no-store, private\r\n"
    b"x-content-type-options: nosniff\r\n"
    b"referrer-policy: same-origin\r\n"
    b"cross-origin-resource-policy: same-origin\r\n"
    b"content-security-policy: default-src 'none'; sandbox\r\n"
    b"connection: close\r\n"
    b"\r\n" + _EDGE
)

Resize = Callable[[bytes, int], bytes]


def part_of(now: Now, picture: bytes) -> bytes:
    """Return one part of the stream. It ends with the next part's edge: browsers show a part only then."""
    taken_at = now.sight.frame.taken_at.timestamp() if now.sight else 0.0
    head = (
        f"content-type: image/jpeg\r\ncontent-length: {len(picture)}\r\nx-timestamp: {taken_at:.6f}\r\n\r\n"
    )
    return b"".join((head.encode(), picture, b"\r\n", _EDGE))


class Watcher:
    """One connection that watches."""

    __slots__ = (
        *("_acked", "_next_at", "_shortest_s", "_since", "_socket", "_transport", "_widest"),
        *("behind", "moved_at", "seat", "sent_at", "sure_at", "token"),
    )

    def __init__(self, transport: asyncio.Transport, *, token: Hashable, fps: float, seat: str = "") -> None:
        self._transport = transport
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._shortest_s = 0.9 / fps if fps else 0.0
        self._next_at = 0.0
        self._widest = 0
        self._acked = -1
        self._since = 0.0  # when the window began to be smaller than it was
        self.token = token
        self.seat = seat  # a word of the watcher's own, by which they ask how their stream does
        self.sent_at = time.monotonic()
        self.behind = False  # a frame was withheld that should follow as soon as the line is free
        self.moved_at = time.monotonic()
        self.sure_at = time.monotonic()  # when it was last known that they may watch

    def begin(self) -> None:
        """Send the answer's head. Flow control would count a slow watcher as stuck: `stall_s` is its rule."""
        self._transport.set_write_buffer_limits(high=_NEVER_PAUSED)
        self._transport.write(_HEAD)

    def offer(self, part: bytes, moment: float) -> None:
        """Take a frame if the line is free and it is time for one; else be behind, or leave it."""
        if moment < self._next_at or self._transport.is_closing():
            return
        self.behind = not self.is_free(moment)
        if not self.behind:
            self._next_at = moment + self._shortest_s
            self.sent_at = moment
            self._transport.write(part)

    def is_free(self, moment: float) -> bool:
        """Whether all that was sent has arrived and been read, as far as can be known; note any progress."""
        unacked, acked, unsent, window = tcp_info(self._socket)
        if acked != self._acked or not (unacked or unsent or self._transport.get_write_buffer_size()):
            self._acked, self.moved_at = acked, moment
        if window >= self._widest - _UNREAD:
            self._widest, self._since = max(self._widest, window), moment
        elif moment - self._since > _USUAL_S:
            self._widest = window
        else:
            return False
        return not unsent and not self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Close the connection at once; what it had not taken is thrown away, its socket freed."""
        self._transport.abort()


class Feed:
    """One camera's stream in one size, for all who watch it so. It looks at the hub while it has watchers."""

    def __init__(self, hub: Hub, *, width: int, resize: Resize) -> None:
        self._hub = hub
        self._width = width
        self._resize = resize
        self._loop = asyncio.get_running_loop()
        self._part = b""
        self._number = 0
        self._scaling = False
        self.watchers: set[Watcher] = set()
        self._seat = hub.watch(self._tell)

    def join(self, watcher: Watcher) -> None:
        """Add a watcher; it gets the newest frame at once, if there is one."""
        self.watchers.add(watcher)
        watcher.begin()
        if self._part and self._hub.now.sight is not None:
            watcher.offer(self._part, time.monotonic())

    def leave(self, watcher: Watcher) -> None:
        """Take a watcher away; the last one's going lets the camera go."""
        self.watchers.discard(watcher)
        if not self.watchers:
            self._seat.close()

    def catch_up(self) -> None:
        """Give the newest frame to those who were behind and are free now."""
        moment = time.monotonic()
        for watcher in self.watchers:
            if watcher.behind:
                watcher.offer(self._part, moment)

    def _tell(self) -> None:  # in the camera's thread
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._changed)

    def _changed(self) -> None:
        now = self._hub.now
        if now.sight is None or not now.picture:
            self._part = b""  # a camera that is gone or off shows nothing; the last frame stays on the page
            return
        if now.number == self._number:
            return
        self._number = now.number
        if not self._width or self._width >= now.sight.verdict.width:
            self._send(part_of(now, now.picture))
        elif not self._scaling:
            self._scaling = True
            self._loop.create_task(self._scale(now))

    async def _scale(self, now: Now) -> None:
        try:
            picture = await self._loop.run_in_executor(None, self._resize, now.picture, self._width)
            self._send(part_of(now, picture))
        finally:
            self._scaling = False

    def _send(self, part: bytes) -> None:
        self._part = part
        moment = time.monotonic()
        for watcher in self.watchers:
            watcher.offer(part, moment)


class Live:
    """All feeds, and the patrol that looks after their watchers."""

    def __init__(
        self,
        settings: LiveSettings,
        *,
        stopping: asyncio.Event,
        allowed: Callable[[Any], bool],
        resize: Resize,
        is_guest: Callable[[Any], bool] = lambda _token: False,
    ) -> None:
        """Prepare. `allowed` says, in a thread, whether a token may still watch; guests get half."""
        self._settings = settings
        self._stopping = stopping
        self._allowed = allowed
        self._resize = resize
        self._is_guest = is_guest
        self._feeds: dict[tuple[str, int], Feed] = {}
        self._patrol: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None

    @property
    def count(self) -> int:
        """How many watch, over all cameras."""
        return sum(len(feed.watchers) for feed in self._feeds.values())

    def watching(self, camera: str) -> int:
        """Return how many watch one camera, in whatever size."""
        return sum(len(feed.watchers) for (name, _), feed in self._feeds.items() if name == camera)

    def sent_s(self, camera: str, seat: str, token: Hashable) -> float | None:
        """Return how long ago a watcher's stream took its last frame; None where there is no such stream.

        Browsers do not tell a page that the stream in its picture has ended, nor that it stands still.
        """
        for (name, _), feed in self._feeds.items():
            for watcher in feed.watchers if name == camera and seat else ():
                if watcher.seat == seat and watcher.token == token:
                    return time.monotonic() - watcher.sent_at
        return None

    def no_seat(self, token: Hashable) -> str:
        """Return in words why a token may not watch once more; "" where it may."""
        most, everybody = self._settings.max_watchers, self._everybody()
        if len(everybody) >= most:
            return "So many watch already that nobody more can. Try again in a while."
        if sum(watcher.token == token for watcher in everybody) >= _MOST_EACH:
            return f"You watch in {_MOST_EACH} places already. Close one of them, then try again."
        guests = sum(self._is_guest(watcher.token) for watcher in everybody)
        if self._is_guest(token) and guests >= max(1, most // 2):
            return "So many guests watch already that no other guest can. Try again in a while."
        return ""

    async def stream(
        self,
        hub: Hub,
        receive: Receive,
        send: Send,
        *,
        token: Hashable,
        fps: float,
        width: int,
        seat: str = "",
    ) -> None:
        """Stream a camera until the watcher leaves, is sent away, or the server stops."""
        watcher = Watcher(transport_of(send), token=token, fps=fps, seat=seat)
        key = (hub.name, width)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed(hub, width=width, resize=self._resize)
        if self._patrol is None or self._patrol.done():
            self._patrol = asyncio.create_task(self._walk())
        feed.join(watcher)
        try:
            while (await receive())["type"] != "http.disconnect":
                pass
        finally:
            watcher.close()
            feed.leave(watcher)
            if not feed.watchers and self._feeds.get(key) is feed:
                del self._feeds[key]

    async def _walk(self) -> None:
        """Until nobody watches: help those behind, drop the stalled, send away who may not watch any more."""
        rounds = 0
        while self._feeds:
            await asyncio.sleep(_AGAIN_S)
            if self._stopping.is_set():
                for watcher in self._everybody():
                    watcher.close()
                return
            rounds += 1
            try:
                for feed in self._feeds.values():
                    feed.catch_up()
                if rounds % round(_PATROL_S / _AGAIN_S) == 0:
                    self._look_after(self._everybody())
            except Exception:
                log.exception("live: a look after those who watch failed; the next follows.")
        self._patrol = None

    def _everybody(self) -> list[Watcher]:
        return [watcher for feed in self._feeds.values() for watcher in feed.watchers]

    def _look_after(self, watchers: list[Watcher]) -> None:
        moment = time.monotonic()
        for watcher in watchers:
            stalled = not watcher.is_free(moment) and moment - watcher.moved_at > self._settings.stall_s
            if stalled or moment - watcher.sure_at > _UNSURE_S:
                watcher.close()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask({watcher.token for watcher in watchers}))

    async def _ask(self, tokens: set[Hashable]) -> None:
        """Ask of each token whether it may still watch; who cannot be asked about stays unsure."""
        loop = asyncio.get_running_loop()
        asked = time.monotonic()
        answers = await asyncio.gather(
            *(loop.run_in_executor(None, self._allowed, token) for token in tokens), return_exceptions=True
        )
        for token, answer in zip(tokens, answers, strict=True):
            if isinstance(answer, BaseException):
                log.error("live: whether somebody still may watch cannot be asked: %s", answer)
                continue
            for watcher in self._everybody():
                if watcher.token == token and answer:
                    watcher.sure_at = max(watcher.sure_at, asked)
                elif watcher.token == token:
                    watcher.close()


async def first_picture(hub: Hub, *, max_age_s: float, limit_s: float) -> Now:
    """Return what there is to see once a frame at most `max_age_s` old is there, or a fault.

    Opens the camera if need be. After `limit_s` seconds returns whatever there is.
    """
    loop, changed = asyncio.get_running_loop(), asyncio.Event()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(changed.set)

    seat = hub.watch(tell)
    try:
        async with asyncio.timeout(limit_s):
            while not (is_fresh(hub.now, max_age_s) or hub.now.fault):
                await changed.wait()
                changed.clear()
    except TimeoutError:
        pass
    finally:
        seat.close()
    return hub.now


def is_fresh(now: Now, max_age_s: float) -> bool:
    """Whether there is a picture, and not an old one."""
    return bool(now.picture) and time.monotonic() - now.at <= max_age_s
