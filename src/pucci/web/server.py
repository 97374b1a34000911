"""The server under `pucci serve`: one uvicorn, set up so that it stays up and stops when told."""

import asyncio
import contextlib
import ctypes
import errno
import functools
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Final

import uvicorn

from pucci.errors import DatabaseDamaged, SettingsError
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.watchdog import Watchdog
from pucci.web import asgi
from pucci.web.crowd import Crowd
from pucci.web.heads import Idlers, Protocol
from pucci.web.readers import Readers
from pucci.web.wire import App

_BACKLOG: Final = 512
_M_ARENA_MAX: Final = -8  # malloc.h
# Whole seconds that answers under way have to come to their end. The camera needs some of the five too.
_GRACE_S: Final = 1


def listen(settings: ServerSettings) -> socket.socket:
    """Return a listening socket; port 0 takes a free one.

    The socket is ours because it must say IPPROTO_TCP: asyncio turns Nagle's algorithm off only for
    such, and with it on every photo waits 40 ms for the browser's next word.

    Raises:
        SettingsError: the address is not this machine's, or another program listens there.
    """
    try:
        found = socket.getaddrinfo(
            settings.host,
            settings.port,
            type=socket.SOCK_STREAM,
            proto=socket.IPPROTO_TCP,
            flags=socket.AI_PASSIVE,
        )
        family, kind, proto, _, where = found[0]
        sock = socket.socket(family, kind, proto)
    except OSError as error:
        raise SettingsError(_cannot(settings, error)) from error
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(where)
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise SettingsError(_cannot(settings, error)) from error
    return sock


def _cannot(settings: ServerSettings, error: OSError) -> str:
    place = f"{settings.host}, port {settings.port}"
    if error.errno == errno.EADDRINUSE:
        return f"Another program listens on {place}. Stop it, or choose another port with --port."
    if error.errno == errno.EACCES:
        return f"This account may not listen on {place}. Choose a port above 1023 with --port."
    return f"Pucci cannot listen on {place}: {error.strerror or error}. Choose another address with --host."


def run(
    services: Services,
    sock: socket.socket,
    *,
    ready: Callable[[], None] = lambda: None,
    turning: Callable[[], bool] = lambda: True,
) -> None:
    """Serve site and media on a listening socket until SIGTERM or Ctrl-C; `ready` is called once, before.

    Returns within two seconds of being told to stop, whoever still reads or writes. While `turning` says
    no, a service manager's watchdog is not fed.

    Raises:
        DatabaseDamaged: a query met damage; whoever starts Pucci again heals it.
    """
    stopping = asyncio.Event()
    app = asgi.make(services, stopping=stopping)
    _run(app, services, sock, stopping=stopping, ready=ready, watchdog=Watchdog(turning))


def run_media(
    services: Services,
    sock: socket.socket,
    *,
    ready: Callable[[], None] = lambda: None,
    turning: Callable[[], bool] = lambda: True,
) -> None:
    """Serve media, and what the site's process may ask, on a listening socket; else as `run`."""
    stopping = asyncio.Event()
    app = asgi.make_media(services, stopping=stopping)
    _run(app, services, sock, stopping=stopping, ready=ready, watchdog=Watchdog(turning))


def _run(
    app: App,
    services: Services,
    sock: socket.socket,
    *,
    stopping: asyncio.Event,
    ready: Callable[[], None],
    watchdog: Watchdog,
) -> None:
    server = make(app, services.settings.server, stopping=stopping, ready=ready, watchdog=watchdog)
    server.broken = lambda: services.db.is_damaged
    asyncio.run(server.serve(sockets=[sock]))
    if services.db.is_damaged:
        raise DatabaseDamaged("a query met it")


def share_heap() -> None:
    """Let threads share one heap; call it before the first. A second one costs 1.5 MB at rest."""
    with contextlib.suppress(OSError, AttributeError):  # musl has no such thing, and no need
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def make(
    app: App,
    settings: ServerSettings,
    *,
    stopping: asyncio.Event,
    ready: Callable[[], None] = lambda: None,
    watchdog: Watchdog | None = None,
) -> "Server":
    """Return a server for any ASGI app; `stopping` is set when it is told to stop."""
    proxies = list(settings.trusted_proxies)
    ask = app.ask if isinstance(app, asgi.Roof) else None
    crowd = Crowd(settings.max_connections, settings.max_connections_each, proxies)
    config = uvicorn.Config(
        app,  # type: ignore[arg-type]
        http=functools.partial(Protocol, crowd=crowd, ask=ask),  # type: ignore[arg-type]
        loop="asyncio",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        log_level="error",  # its warnings are of what strangers send
        server_header=False,
        # Off unless configured: uvicorn would believe whoever comes from loopback.
        proxy_headers=bool(proxies),
        forwarded_allow_ips=proxies,
        timeout_graceful_shutdown=_GRACE_S,
        backlog=_BACKLOG,
    )
    return Server(
        config,
        stopping=stopping,
        ready=ready,
        watchdog=watchdog or Watchdog(environ={}),
        head_timeout_s=settings.body_timeout_s,
    )


class Server(uvicorn.Server):
    """uvicorn, which here tells the app when it stops, and returns instead of killing itself."""

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        stopping: asyncio.Event,
        ready: Callable[[], None],
        watchdog: Watchdog,
        head_timeout_s: float,
    ) -> None:
        super().__init__(config)
        self._stopping = stopping
        self._ready = ready
        self._watchdog = watchdog
        self._idlers = Idlers(head_timeout_s)
        self.readers = Readers(head_timeout_s)
        self.broken: Callable[[], bool] = lambda: False

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self._ready()
        self._watchdog.ready()

    async def on_tick(self, counter: int) -> bool:
        """Look after connections and watchdog once a second; uvicorn ticks ten times."""
        if self.broken():  # the next start heals it
            self.should_exit = True
        if counter % 10 == 0:
            self._watchdog.look(time.monotonic())
            self._idlers.look(self.server_state.connections)
            self.readers.look(self.server_state.connections)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell streams to end, then wait for what is under way, then cut it."""
        self._stopping.set()
        self._watchdog.stopping()
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:  # type: ignore[override]
        """Stop on SIGTERM and SIGINT. uvicorn would raise them again, and the camera never be closed."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {sig: signal.signal(sig, self.handle_exit) for sig in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)
