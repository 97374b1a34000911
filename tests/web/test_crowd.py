"""A crowd: who is too many is told so, in words and with a time to come again; the others stay."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.asgi import make
from pucci.web.crowd import MOST_TOLD, Crowd, place_of
from pucci.web.turns import Turns
from pucci.web.wire import Receive, Scope, Send, respond
from tests.web.running import Running, serving

MOST = 20


@pytest.fixture
def running(tmp_path: Path, services: Services) -> Iterator[Running]:
    server = ServerSettings(port=0, max_connections=MOST, body_timeout_s=30.0)
    crowded = replace(services, settings=replace(services.settings, server=server))
    with serving(lambda stopping: make(crowded, stopping=stopping), server) as found:
        yield found


def all_of(sock: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(ConnectionResetError):
        while chunk := sock.recv(65536):
            got += chunk
    return got


def test_who_is_one_too_many_is_told_so_and_when_to_come_again(running: Running):
    with ExitStack() as stack:
        inside = [stack.enter_context(closing(running.connect())) for _ in range(MOST)]
        time.sleep(0.2)
        for _ in range(3):
            with closing(running.connect()) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                answer = all_of(sock)
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nRetry-After: 10\r\n" in answer
            assert answer.endswith(b"\r\n\r\nToo many are here at once. Try again in a moment.\n")
        inside[0].sendall(b"GET /contact HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert all_of(inside[0]).startswith(b"HTTP/1.1 200 ")
    time.sleep(0.3)
    assert running.browser().get("/contact").status == 200


def test_a_thousand_at_the_door_leave_nothing_behind(running: Running):
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(closing(running.connect()))
        time.sleep(0.2)
        crowd = [stack.enter_context(closing(running.connect())) for _ in range(400)]
        told = sum(all_of(sock).startswith(b"HTTP/1.1 503 ") for sock in crowd)
        assert told + 1 >= MOST_TOLD
    deadline = time.monotonic() + 5
    while running.server.server_state.connections and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not running.server.server_state.connections
    assert running.browser().get("/contact").status == 200


def test_one_address_does_not_take_all_the_room():
    crowd = Crowd(10, 3)
    assert [crowd.enter("192.0.2.1") for _ in range(4)] == [True, True, True, False]
    assert crowd.enter("192.0.2.2")
    crowd.leave("192.0.2.1")
    assert crowd.enter("192.0.2.1")


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "::ffff:127.0.0.1", "::1", ""),
        *("192.0.2.9", "172.18.3.4", "2001:db8:7::1"),
    ],
)
def test_this_machine_and_trusted_proxies_stand_for_many(address: str):
    crowd = Crowd(10, 3, ["192.0.2.9", "172.18.0.0/16", "2001:db8:7::/64", "/run/proxy.sock"])
    assert [crowd.enter(address) for _ in range(11)] == [True] * 10 + [False]


def test_strangers_leave_some_places_to_this_machine_and_to_proxies():
    crowd = Crowd(512, 128, ["192.0.2.9"])
    inside = [address for n in range(600) if crowd.enter(address := f"198.51.{n // 100}.{n % 100}")]
    assert len(inside) == 512 - 32
    assert [crowd.enter(("127.0.0.1", "192.0.2.9")[n % 2]) for n in range(33)] == [True] * 32 + [False]
    crowd.leave("127.0.0.1")
    assert not crowd.enter("198.51.100.1")
    crowd.leave(inside[0])
    assert crowd.enter("198.51.100.1")


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3::4", "2001:db8:1::/48"),
        ("2001:db8:1:ffff::4", "2001:db8:1::/48"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
    ],
)
def test_a_line_is_one_place_whatever_its_addresses(address: str, place: str):
    assert place_of(address) == place


def test_pages_wait_for_their_turn_and_when_the_wait_is_long_the_newest_are_sent_away():
    async def story() -> list[int]:
        held, statuses, busy = asyncio.Event(), list[int](), list[int]()

        async def slow(scope: Scope, receive: Receive, send: Send) -> None:
            busy.append(1)
            assert len(busy) <= 2
            await held.wait()
            busy.pop()
            await respond(send, 200, [])

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(int(str(message["status"])))
                if message["status"] == 503:
                    assert (b"retry-after", b"10") in message["headers"]  # type: ignore[operator]

        turns = Turns(slow, at_once=2, refusal=lambda _status: ([], b"Not now"), patience_s=0.2, held_s=0.01)
        tasks = [asyncio.create_task(turns({}, None, send)) for _ in range(5)]  # type: ignore[arg-type]
        await asyncio.sleep(0.3)
        await turns({}, None, send)  # type: ignore[arg-type]
        tasks[4].cancel()  # whoever goes meanwhile is forgotten
        tasks[3].cancel()
        tasks[2].cancel()
        await asyncio.sleep(0)
        tasks += [asyncio.create_task(turns({}, None, send))]  # type: ignore[arg-type]
        await asyncio.sleep(0)
        held.set()
        await asyncio.gather(*tasks, return_exceptions=True)
        return statuses

    assert asyncio.run(story()) == [503, 200, 200, 200]


def test_a_flood_from_one_place_keeps_no_other_waiting():
    async def story() -> tuple[list[str], list[int]]:
        gate, order, statuses = asyncio.Semaphore(0), list[str](), list[int]()

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            order.append(scope["client"][0])
            await gate.acquire()
            await respond(send, 200, [])

        async def send(message: dict[str, object]) -> None:
            if message["type"] == "http.response.start":
                statuses.append(int(str(message["status"])))

        turns = Turns(app, at_once=1, refusal=lambda _status: ([], b"Not now"), patience_s=0.1, held_s=0.01)

        async def ask(address: str) -> None:
            await turns({"client": (address, 1)}, None, send)  # type: ignore[arg-type]

        tasks = [asyncio.create_task(ask("192.0.2.1")) for _ in range(6)]
        await asyncio.sleep(0.2)
        await ask("192.0.2.1")  # its place waits too long already
        tasks += [asyncio.create_task(ask(one)) for one in ("192.0.2.2", "192.0.2.3", "192.0.2.2")]
        await asyncio.sleep(0)
        for _ in tasks:
            gate.release()
        await asyncio.gather(*tasks)
        return order, statuses

    order, statuses = asyncio.run(story())
    assert [address[-1] for address in order] == list("112312111")
    assert statuses == [503, *[200] * 9]
