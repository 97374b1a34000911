"""Clients that ask for much and read nothing: they are cut, and all others go on."""

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.asgi import make
from pucci.web.wire import Receive, Scope, Send, respond
from tests.web.running import LIMIT_S, Process, Running, serving

HERO = b"GET /static/img/hero.jpg HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def running(tmp_path: Path, services: Services) -> Iterator[Running]:
    server = ServerSettings(port=0, threads=2, body_timeout_s=1.0)
    ours = replace(services, settings=replace(services.settings, server=server))
    with serving(lambda stopping: make(ours, stopping=stopping), server) as found:
        yield found


def deaf(port: int) -> socket.socket:
    """Return a connection whose reader's end holds next to nothing."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.settimeout(LIMIT_S)
    sock.connect(("127.0.0.1", port))
    return sock


def wait_for(what: Callable[[], object], limit_s: float = LIMIT_S) -> bool:
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return False


def test_who_reads_no_answer_does_not_keep_the_pages_from_others(running: Running):
    def stuck() -> int:
        return sum(one.flow.write_paused for one in list(running.server.server_state.connections))  # type: ignore[union-attr]

    with ExitStack() as stack:
        for number in range(2):
            sock = stack.enter_context(closing(deaf(running.port)))
            for _ in range(60):
                if not wait_for(lambda number=number: stuck() > number, 0.1):
                    sock.sendall(HERO * 4)
        assert stuck() == 2
        assert wait_for(lambda: not running.server.server_state.connections, 6)
        assert running.browser().get("/contact").status == 200


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, [], b"x" * 8_000_000)


def test_who_reads_slowly_is_not_cut():
    with (
        serving(lambda _: large, ServerSettings(port=0, body_timeout_s=0.5)) as running,
        closing(deaf(running.port)) as sock,
    ):
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        for _ in range(40):  # 4 s, and nobody may stand still for longer than one
            assert sock.recv(2048)
            time.sleep(0.1)
        (connection,) = running.server.server_state.connections
        assert connection.flow.write_paused  # type: ignore[union-attr]


HELD = """
import asyncio, sys
sys.modules[sys.argv[1]] = None
from pucci.settings import ServerSettings
from pucci.web.server import listen, make

async def app(scope, receive, send):
    await asyncio.sleep(60)

settings = ServerSettings(port=0)
with listen(settings) as sock:
    server = make(app, settings, stopping=asyncio.Event())
    print(f"http://localhost:{sock.getsockname()[1]}", flush=True)
    asyncio.run(server.serve(sockets=[sock]))
"""


@pytest.mark.parametrize("absent", ["no_such_module", "httptools"])
def test_who_asks_without_waiting_for_answers_is_cut(absent: str):
    process = Process("-c", HELD, absent)
    try:
        with socket.create_connection(("127.0.0.1", process.port), timeout=3) as sock:
            try:
                sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 8000)
                assert sock.recv(1) == b""
            except ConnectionError:
                pass
        with socket.create_connection(("127.0.0.1", process.port), timeout=1) as sock:
            sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 5)
            with pytest.raises(TimeoutError):  # a few may wait
                sock.recv(1)
        with socket.create_connection(("127.0.0.1", process.port), timeout=3) as sock:
            try:
                for _ in range(4):  # few, but long: eight on each of many connections would fill a Pi
                    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 15_000 + b"\r\n\r\n")
                assert sock.recv(1) == b""
            except ConnectionError:
                pass
    finally:
        process.close()
