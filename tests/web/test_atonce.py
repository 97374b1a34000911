"""A photo's answer sent by the kernel: the same as any, and in its turn."""

import http.client
import os
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import timedelta

import pytest

from pucci.accounts import Role
from pucci.photo import Frame, Photo, State, Verdict
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.asgi import make
from pucci.web.crowd import MOST_DOUBLED
from tests.fakes import SUNDAY
from tests.people import BOB
from tests.web.house import add_photo
from tests.web.running import LIMIT_S, Browser, Running, serving

IDLE_S = 1.0


@pytest.fixture
def running(services: Services) -> Iterator[Running]:
    server = ServerSettings(port=0, threads=2, body_timeout_s=IDLE_S)
    ours = replace(services, settings=replace(services.settings, server=server))
    with serving(lambda stopping: make(ours, stopping=stopping), server) as found:
        yield found


@pytest.fixture
def photo(services: Services) -> Photo:
    return add_photo(services, SUNDAY - timedelta(minutes=5))


@pytest.fixture
def bob(running: Running) -> Browser:
    browser = running.browser()
    browser.sign_in(BOB)
    return browser


def path(photo: Photo) -> str:
    return f"/media/photo/{photo.id}.jpg"


def asked(photo: Photo, bob: Browser, *more: str) -> bytes:
    lines = (f"GET {path(photo)} HTTP/1.1", "Host: localhost", f"Cookie: {bob.cookie}", *more)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def told(sock: socket.socket) -> tuple[int, dict[str, str], bytes]:
    response = http.client.HTTPResponse(sock)
    response.begin()
    headers = {name.lower(): value for name, value in response.getheaders()}
    return response.status, headers, response.read()


def bodies(sock: socket.socket, count: int) -> Iterator[bytes]:
    """Read answers that come one upon another, each a moment later."""
    with sock.makefile("rb") as file:
        for _ in range(count):
            head = b"".join(iter(file.readline, b"\r\n"))
            size = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            time.sleep(0.1)
            yield file.read(size)


def large_jpeg(services: Services) -> bytes:
    """Return a JPEG of 4 MB, more than a line holds: a small one with long comments."""
    small = services.album.path(add_photo(services, SUNDAY - timedelta(minutes=6))).read_bytes()
    return small[:2] + (b"\xff\xfe\xff\xff" + b"x" * 65_533) * 60 + small[2:]


def is_at_once(running: Running, services: Services, count: int) -> bool:
    """Whether the open connections were sent so many answers so; they are counted once they are gone."""
    end = time.monotonic() + 1
    while time.monotonic() < end:
        connections = list(running.server.server_state.connections)
        if sum(one.at_once for one in connections) == count * can(services):  # type: ignore[union-attr]
            return True
        time.sleep(0.01)
    return False


def can(services: Services) -> bool:
    """Whether it is done at all: PostgreSQL does not say that nothing was committed."""
    return services.db.is_sqlite


def test_it_is_the_same_answer(services: Services, running: Running, photo: Photo, bob: Browser):
    first = bob.get(path(photo))
    with closing(running.connect()) as sock:
        for number in range(3):
            sock.sendall(asked(photo, bob))
            status, headers, body = told(sock)
            assert (status, body) == (200, first.body)
            assert {**headers, "date": ""} == {**first.headers, "date": ""}
            assert is_at_once(running, services, number + 1)


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (("If-None-Match: *",), 304),
        (("Content-Length: 3", "", "abc"), 200),
        (("Connection: close",), 200),
        (("Cookie: other=1",), 200),
        (("Expect: 100-continue", "Content-Length: 0"), 200),
    ],
)
def test_what_asks_for_more_is_answered_as_ever(
    services: Services, running: Running, photo: Photo, bob: Browser, more: tuple[str, ...], status: int
):
    bob.get(path(photo))
    body = more[-1].encode() if "" in more else b""
    head = asked(photo, bob, *[line for line in more if ":" in line])
    with closing(running.connect()) as sock:
        sock.sendall(head + body)
        assert told(sock)[0] == status
        assert is_at_once(running, services, 0)


def test_only_who_is_let_in_is_sent_it(services: Services, running: Running, photo: Photo, bob: Browser):
    bob.get(path(photo))
    with closing(running.connect()) as sock:
        sock.sendall(asked(photo, replace(bob, cookie="pucci=x")))
        assert told(sock)[0] == 403
        sock.sendall(asked(photo, bob))
        assert told(sock)[0] == 200
        person = services.accounts.users.find(BOB.email)
        assert person is not None
        services.accounts.users.set_role(person, Role.GUEST)
        sock.sendall(asked(photo, bob))
        assert told(sock)[0] == 403


def test_another_name_of_the_site_is_refused(services: Services, photo: Photo):
    server = ServerSettings(port=0, address="http://pucci.example.org")
    ours = replace(services, settings=replace(services.settings, server=server))
    with serving(lambda stopping: make(ours, stopping=stopping), server) as running:
        bob = running.browser()
        bob.sign_in(BOB)
        bob.get(path(photo))
        with closing(running.connect()) as sock:
            sock.sendall(asked(photo, bob))
            assert told(sock)[0] == 200
            sock.sendall(asked(photo, bob).replace(b"localhost", b"evil.example"))
            assert told(sock)[0] == 400


def test_a_photo_whose_file_has_gone_has_gone(
    services: Services, running: Running, photo: Photo, bob: Browser
):
    bob.get(path(photo))
    services.album.path(photo).unlink()
    with closing(running.connect()) as sock:
        sock.sendall(asked(photo, bob))
        assert told(sock)[0] == 404


def test_a_file_that_was_cut_is_no_photo(services: Services, running: Running, photo: Photo, bob: Browser):
    whole = bob.get(path(photo)).body
    file = services.album.path(photo)
    os.truncate(file, len(whole) // 2)
    with closing(running.connect()) as sock:
        sock.sendall(asked(photo, bob))
        assert told(sock)[0] == 500
        file.write_bytes(whole)
        sock.sendall(asked(photo, bob))
        assert told(sock)[2] == whole
        os.truncate(file, len(whole) // 2)  # after it was seen in memory, for whole
        sock.sendall(asked(photo, bob))
        with pytest.raises((http.client.IncompleteRead, ConnectionError)):
            told(sock)


def test_its_neighbours_are_known_with_it(services: Services, running: Running, photo: Photo, bob: Browser):
    others = [add_photo(services, SUNDAY - timedelta(minutes=4, seconds=back), back) for back in range(3)]
    bob.get(path(photo))
    with closing(running.connect()) as sock:
        for other in others:
            sock.sendall(asked(other, bob))
            assert told(sock)[2] == services.album.path(other).read_bytes()
        assert is_at_once(running, services, len(others))


def test_only_so_many_lines_take_a_second_descriptor(
    services: Services, running: Running, photo: Photo, bob: Browser
):
    whole = bob.get(path(photo)).body
    with ExitStack() as stack:
        socks = [stack.enter_context(closing(running.connect())) for _ in range(MOST_DOUBLED + 4)]
        for sock in socks:
            sock.sendall(asked(photo, bob))
            assert told(sock)[2] == whole
        assert is_at_once(running, services, MOST_DOUBLED)
    again = running.connect()
    with closing(again):
        assert is_at_once(running, services, 0)
        again.sendall(asked(photo, bob))
        assert told(again)[2] == whole
        assert is_at_once(running, services, 1)


def test_answers_keep_the_order_of_their_requests(running: Running, photo: Photo, bob: Browser):
    body = bob.get(path(photo)).body
    page = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with closing(running.connect()) as sock:
        sock.sendall(asked(photo, bob) + page + asked(photo, bob) + page + asked(photo, bob))
        assert [one == body for one in bodies(sock, 5)] == [True, False, True, False, True]


def test_a_line_that_takes_little_at_a_time_gets_all_of_it(
    services: Services, running: Running, bob: Browser
):
    data = large_jpeg(services)
    large = services.album.add(
        "sofa",
        Frame(data, SUNDAY - timedelta(minutes=4)),
        Verdict(State.WHOLE, width=64, height=48),
    )
    bob.get(path(large))
    with closing(socket.socket()) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.settimeout(LIMIT_S)
        sock.connect(("127.0.0.1", running.port))
        sock.sendall(asked(large, bob) * 2)
        assert all(one == data for one in bodies(sock, 2))
        assert is_at_once(running, services, 1)


def test_a_line_that_is_used_is_not_taken_for_an_idle_one(
    services: Services, running: Running, photo: Photo, bob: Browser
):
    bob.get(path(photo))
    end = time.monotonic() + 3.5 * IDLE_S
    with closing(running.connect()) as sock:
        while time.monotonic() < end:
            sock.sendall(asked(photo, bob))
            assert told(sock)[0] == 200
            time.sleep(0.2)


def test_many_heads_on_one_line_are_not_one_head_that_is_too_long(
    services: Services, running: Running, photo: Photo, bob: Browser
):
    bob.get(path(photo))
    long = "X-Long: " + "x" * 6000
    with closing(running.connect()) as sock:
        for _ in range(20):
            sock.sendall(asked(photo, bob, long))
            assert told(sock)[0] == 200
        assert is_at_once(running, services, 20)
