"""Who reads an answer slowly costs no thread, little memory, and is cut in the end; all others go on."""

import os
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from pucci import tables
from pucci.accounts.apitokens import Scope as Opens
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.asgi import make
from pucci.web.ranges import send_file
from pucci.web.readers import Readers
from pucci.web.wire import Receive, Scope, Send, respond
from tests.fakes import SUNDAY
from tests.people import BOB
from tests.web.house import add_photo
from tests.web.running import LIMIT_S, Running, serving

SLOW, PHOTOS = 30, 500


@pytest.fixture
def services(services: Services) -> Services:
    server = ServerSettings(port=0, threads=2, body_timeout_s=10.0)
    return replace(services, settings=replace(services.settings, server=server))


@pytest.fixture
def running(services: Services) -> Iterator[Running]:
    with serving(lambda stopping: make(services, stopping=stopping), services.settings.server) as found:
        yield found


def big_page(services: Services) -> bytes:
    """Return a request for an answer of 107 KB: what the API says of 500 photos."""
    first = add_photo(services, SUNDAY)
    with services.db.write() as connection:
        row = (
            connection.execute(sa.select(tables.photo).where(tables.photo.c.id == first.id)).mappings().one()
        )
        rows = [
            {**row, "id": first.id + n, "sequence": row["sequence"] + n, "file": f"sofa/{n}.jpg"}
            for n in range(1, PHOTOS)
        ]
        connection.execute(tables.photo.insert(), rows)
    token = services.accounts.tokens.make("home", frozenset(Opens))
    line = f"GET /api/cameras/sofa/photos?limit={PHOTOS} HTTP/1.1\r\n"
    return f"{line}Host: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def narrow(port: int, source: str = "127.0.0.1") -> socket.socket:
    """Return a connection as from afar: small packets, of which kernels buffer few, and a small window."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 1400)
    sock.settimeout(LIMIT_S)
    sock.bind((source, 0))
    sock.connect(("127.0.0.1", port))
    return sock


@contextmanager
def nibbling(socks: list[socket.socket]) -> Iterator[None]:
    """Take a byte of each a second, for a `with` block."""
    end = Event()

    def nibble() -> None:
        while not end.wait(1.0):
            for sock in socks:
                with suppress(OSError):
                    sock.recv(1, socket.MSG_DONTWAIT)

    thread = Thread(target=nibble)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join()


def waiting(running: Running) -> list[int]:
    """Return how much of each connection's answers its reader has not taken, where that is much."""
    connections: list[Any] = list(running.server.server_state.connections)
    return [one.transport.get_write_buffer_size() for one in connections if one.flow.write_paused]


def until(what: Callable[[], object], limit_s: float = LIMIT_S) -> bool:
    end = time.monotonic() + limit_s
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def test_thirty_who_take_a_byte_a_second_of_a_large_page_stop_no_page(services: Services, running: Running):
    request = big_page(services)
    with ExitStack() as stack:
        slow = [stack.enter_context(closing(narrow(running.port))) for _ in range(SLOW)]
        stack.enter_context(nibbling(slow))
        for sock in slow:
            sock.sendall(request * 4)
        assert until(lambda: len(waiting(running)) == SLOW)
        for _ in range(8):
            begun = time.monotonic()
            assert running.browser().get("/").status == 200
            assert time.monotonic() - begun < 1
            time.sleep(0.2)
        assert len(waiting(running)) == SLOW  # all are still at it: one answer of each waits, no more
        assert max(waiting(running)) < 2 * 110_000


def test_who_takes_a_byte_a_second_is_cut(services: Services):
    server = replace(services.settings.server, body_timeout_s=1.0)
    ours = replace(services, settings=replace(services.settings, server=server))
    with (
        serving(lambda stopping: make(ours, stopping=stopping), server) as running,
        ExitStack() as stack,
    ):
        slow = [stack.enter_context(closing(narrow(running.port))) for _ in range(5)]
        stack.enter_context(nibbling(slow))
        request = big_page(services)
        for sock in slow:
            sock.sendall(request)
        assert until(lambda: len(waiting(running)) == 5)
        assert until(lambda: not running.server.server_state.connections, 6)


def test_who_asks_for_the_head_or_leaves_early_takes_nothing_from_others(
    services: Services, running: Running
):
    request = big_page(services)
    with closing(narrow(running.port)) as gone:
        gone.sendall(request * 2)
        assert until(lambda: waiting(running))
    assert until(lambda: not waiting(running))
    with closing(running.connect()) as sock:
        sock.sendall(
            request.replace(b"GET", b"HEAD") + request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        )
        got = b""
        while chunk := sock.recv(65536):
            got += chunk
    (head, whole), body = got.split(b"\r\n\r\n", 2)[:2], got.split(b"\r\n\r\n", 2)[2]
    length = f"content-length: {len(body)}".encode()
    assert length in head
    assert length in whole
    assert len(body) > 65_536


def read_by_now() -> int:
    """Return how many bytes this process has read."""
    return int(Path("/proc/self/io").read_text().split()[1])


def test_who_leaves_a_zip_or_a_film_under_way_has_no_more_of_it_read(
    services: Services, running: Running, tmp_path: Path
):
    big, first = tmp_path / "big", add_photo(services, SUNDAY)
    big.write_bytes(b"x" * 2_000_000)
    with services.db.write() as connection:
        row = connection.execute(sa.select(tables.photo)).mappings().one()
        more = [
            {**row, "id": n, "sequence": n, "file": f"{row['file']}-{n}.jpg", "kept": True}
            for n in range(1000, 1200)
        ]
        connection.execute(tables.photo.insert(), more)
    for one in more:
        os.link(big, services.album.path(first).parent / Path(one["file"]).name)
    browser = running.browser()
    browser.sign_in(BOB)

    async def film(_scope: Scope, _receive: Receive, send: Send) -> None:
        async def allowed() -> bool:
            return True

        with ThreadPoolExecutor(1) as threads:
            await send_file(send, large, [], "", threads=threads, allowed=allowed)

    large = tmp_path / "large"
    large.touch()
    os.truncate(large, 400_000_000)
    with serving(lambda _: film, ServerSettings(port=0)) as cinema:
        for place, path in ((running, "/media/kept.zip"), (cinema, "/")):
            before = read_by_now()
            with closing(place.connect()) as sock:
                sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nCookie: {browser.cookie}\r\n\r\n".encode())
                assert sock.recv(12) == b"HTTP/1.1 200"
                assert len(sock.recv(1_000_000))
            assert until(lambda place=place: not place.server.server_state.tasks)
            assert read_by_now() - before < 100_000_000


def test_while_answers_hold_too_much_memory_the_slowest_of_the_place_that_holds_most_is_cut():
    async def large(scope: Scope, receive: Receive, send: Send) -> None:
        await respond(send, 200, [], b"x" * 300_000)

    with serving(lambda _: large, ServerSettings(port=0)) as running, ExitStack() as stack:
        running.server.readers = Readers(10.0, most_bytes=1_000_000)
        socks = []
        for source in ["127.0.0.9"] + ["127.0.0.1"] * 8:
            socks.append(stack.enter_context(closing(narrow(running.port, source))))
            socks[-1].sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            time.sleep(0.3)
        assert until(lambda: sum(waiting(running)) <= 1_000_000)
        connections: list[Any] = list(running.server.server_state.connections)
        left = {one.transport.get_extra_info("peername") for one in connections}
        assert {socks[0].getsockname(), socks[-1].getsockname()} < left
        assert socks[1].getsockname() not in left
