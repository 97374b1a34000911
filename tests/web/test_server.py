"""The traps of the design, each against the real server."""

import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.errors import SettingsError
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.asgi import make
from pucci.web.server import listen
from pucci.web.wire import Receive, Scope, Send, header, respond
from tests.fakes import SUNDAY
from tests.people import BOB
from tests.web.house import add_photo
from tests.web.running import LIMIT_S, Browser, Process, Running, pucci_serve, serving

LARGE = 18_000


@pytest.fixture
def running(services: Services) -> Iterator[Running]:
    with serving(lambda stopping: make(services, stopping=stopping), services.settings.server) as found:
        yield found


@pytest.fixture
def services(tmp_path: Path, services: Services) -> Services:
    server = ServerSettings(port=0, threads=2, body_timeout_s=1.0, max_body_bytes=LARGE)
    return replace(services, settings=replace(services.settings, server=server))


def read_all(sock: socket.socket) -> bytes:
    got = b""
    while chunk := sock.recv(65536):
        got += chunk
    return got


# -- bodies ----------------------------------------------------------------------------------------


def test_ten_slow_posts_do_not_stop_the_site_and_are_sent_away(running: Running):
    slow = [running.connect() for _ in range(10)]
    for sock in slow:
        sock.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nemail=")
    time.sleep(0.2)
    begun = time.monotonic()
    assert running.browser().get("/login").status == 200
    assert time.monotonic() - begun < 0.8
    for sock in slow:
        answer = read_all(sock)
        assert answer.startswith(b"HTTP/1.1 408")
        assert b"That took too long" in answer
        assert b"content-security-policy" in answer
        sock.close()


@pytest.mark.parametrize("way", ["announced", "chunked"])
def test_a_body_that_is_too_large_is_refused_with_a_page(running: Running, way: str):
    body, headers = b"x" * 20_000, {"Content-Type": "application/x-www-form-urlencoded"}
    if way == "chunked":
        headers["Transfer-Encoding"] = "chunked"
        body = b"4e20\r\n" + body + b"\r\n0\r\n\r\n"
    answer = running.browser().ask("POST", "/login", body, headers)
    assert answer.status == 413
    assert "That is too large" in answer.text
    assert answer.headers["connection"] == "close"


def test_a_body_in_chunks_arrives_whole(running: Running):
    browser = running.browser()
    form = b"email=bob%40example.org&password=x"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Transfer-Encoding": "chunked"}
    chunks = b"".join(b"1\r\n" + bytes([letter]) + b"\r\n" for letter in form) + b"0\r\n\r\n"
    browser.get("/login")
    answer = browser.ask("POST", "/login", chunks, headers)
    assert answer.status == 400  # the form came, and its proof against forgery was missing
    assert "Load it again" in answer.text


def test_many_large_bodies_at_once_do_not_fill_the_memory(running: Running):
    busy = [running.connect() for _ in range(8)]
    for sock in busy:
        sock.sendall(b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nemail=" % LARGE)
    time.sleep(0.2)
    assert running.browser().ask("POST", "/login", b"x" * LARGE).status == 503
    assert running.browser().ask("POST", "/login", b"x" * 100).status == 400  # a form needs no room
    assert running.browser().get("/login").status == 200
    for sock in busy:
        sock.close()
    time.sleep(0.2)  # those who have gone take no room any more
    assert running.browser().ask("POST", "/login", b"x" * LARGE).status == 400


def test_what_is_no_http_does_no_harm(running: Running):
    for line in (
        b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n",
        b"GET /login?\xff\xfe=\xe9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /%ff%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    ):
        with running.connect() as sock:
            sock.sendall(line)
            sock.shutdown(socket.SHUT_WR)
            assert b" 500 " not in read_all(sock).split(b"\r\n")[0]
    assert running.browser().get("/").status == 200


# -- heads -----------------------------------------------------------------------------------------


def test_a_head_without_end_is_cut_off(running: Running):
    with running.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX: ")
        with pytest.raises(OSError):  # noqa: PT012 - which of the many fails is the kernel's affair
            for _ in range(100):
                sock.sendall(b"y" * 65_536)
                time.sleep(0.01)
    assert running.browser().get("/").status == 200


def test_a_long_head_and_a_long_body_are_fine(running: Running):
    headers = {f"X-{number}": "y" * 4000 for number in range(4)}
    assert running.browser().get("/", **headers).status == 200
    assert running.browser().ask("POST", "/login", b"x" * 5000, headers).status == 400


@pytest.mark.parametrize(
    "begun", [b"", b"GET / HTTP/1.1\r\nHost:", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET /"]
)
def test_who_does_not_go_on_is_sent_away(running: Running, begun: bytes):
    with running.connect() as sock:
        sock.sendall(begun)
        started = time.monotonic()
        read_all(sock)
        assert 0.9 < time.monotonic() - started < 4


# -- whom the server believes ----------------------------------------------------------------------


async def who(scope: Scope, receive: Receive, send: Send) -> None:
    told = f"{scope['client'][0]} {scope['scheme']} {header(scope, b'x-forwarded-for')}"
    await respond(send, 200, [], told.encode())


@pytest.mark.parametrize(
    ("proxies", "told"),
    [((), "127.0.0.1 http"), (("10.9.8.7",), "127.0.0.1 http"), (("127.0.0.1",), "5.6.7.8 https")],
)
def test_forwarded_addresses_are_believed_of_trusted_proxies_alone(proxies: tuple[str, ...], told: str):
    with serving(lambda _: who, ServerSettings(port=0, trusted_proxies=proxies)) as running:
        forged = {"X-Forwarded-For": "5.6.7.8", "X-Forwarded-Proto": "https"}
        assert running.browser().get("/", **forged).text == f"{told} 5.6.7.8"


def test_the_cookie_is_for_tls_alone_where_a_trusted_proxy_speaks_tls(services: Services):
    server = ServerSettings(port=0, trusted_proxies=("127.0.0.1",))
    with serving(lambda stopping: make(services, stopping=stopping), server) as running:
        plain = running.browser().get("/login").headers
        behind = running.browser().get("/login", **{"X-Forwarded-Proto": "https"}).headers
    assert "Secure" not in plain["set-cookie"]
    assert "strict-transport-security" not in plain
    assert "Secure" in behind["set-cookie"]
    assert behind["strict-transport-security"] == "max-age=31536000"


# -- the socket ------------------------------------------------------------------------------------


def test_nagle_is_off_on_every_connection(running: Running):
    with running.connect() as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        sock.recv(1)
        (protocol,) = running.server.server_state.connections
        ours = protocol.transport.get_extra_info("socket")  # type: ignore[union-attr]
        assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_fifty_photos_on_one_connection_take_no_second(services: Services, running: Running):
    photo = add_photo(services, SUNDAY)
    browser = running.browser()
    browser.sign_in(BOB)
    request = (
        f"GET /media/photo/{photo.id}.jpg HTTP/1.1\r\nHost: x\r\nCookie: {browser.cookie}\r\n\r\n".encode()
    )
    with running.connect() as sock:
        begun, got = time.monotonic(), 0
        for _ in range(50):
            sock.sendall(request)
            answer = b""
            while len(answer) < photo.size:
                answer += sock.recv(65536)
            got += answer.startswith(b"HTTP/1.1 200")
        assert got == 50
        assert time.monotonic() - begun < 1.5  # with Nagle on, 40 ms each: 2.0


def test_a_taken_port_is_said_in_a_sentence_and_a_left_one_is_free_at_once(running: Running):
    taken = ServerSettings(port=running.port)
    with pytest.raises(SettingsError, match=r"Another program listens on 127\.0\.0\.1, port \d+\. Stop it"):
        listen(taken)
    running.server.should_exit = True
    Browser(running.port)
    deadline = time.monotonic() + LIMIT_S
    while running.server.server_state.connections or running.server.servers[0].is_serving():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    listen(taken).close()


def test_an_address_that_is_not_ours_is_said_in_a_sentence():
    for host in ("192.0.2.1", "no such host"):
        with pytest.raises(SettingsError, match=f"cannot listen on {host}, port 0"):
            listen(ServerSettings(host=host, port=0))


def test_the_server_does_not_say_what_it_is(running: Running):
    assert "server" not in running.browser().get("/").headers


# -- the end ---------------------------------------------------------------------------------------

STREAMS = """
import asyncio, sys
from pucci.settings import ServerSettings
from pucci.web.server import listen, make

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"begun", "more_body": True})
    while scope["path"] != "/heeds" or not stopping.is_set():
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})
        await asyncio.sleep(0.05)
    await send({"type": "http.response.body", "body": b"the end"})

stopping = asyncio.Event()
settings = ServerSettings(port=0)
with listen(settings) as sock:
    server = make(app, settings, stopping=stopping)
    print(f"http://localhost:{sock.getsockname()[1]}")
    asyncio.run(server.serve(sockets=[sock]))
print("put away")
"""


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_streams_and_slow_readers_within_five_seconds(sig: int):
    process = Process("-c", STREAMS)
    socks = [socket.create_connection(("127.0.0.1", process.port), timeout=LIMIT_S) for _ in range(4)]
    heeding, deaf, slow, half = socks
    heeding.sendall(b"GET /heeds HTTP/1.1\r\nHost: x\r\n\r\n")
    deaf.sendall(b"GET /deaf HTTP/1.1\r\nHost: x\r\n\r\n")
    slow.sendall(b"GET /deaf HTTP/1.1\r\nHost: x\r\n\r\n")
    half.sendall(b"GET /hal")
    for sock in (heeding, deaf, slow):
        assert sock.recv(12) == b"HTTP/1.1 200"
    begun = time.monotonic()
    process.child.send_signal(sig)
    told = read_all(heeding)
    code = process.wait()
    assert time.monotonic() - begun < 5
    assert code == 0
    assert told.endswith(b"the end\r\n0\r\n\r\n")
    assert "put away" in process.lines  # what comes after the server is not skipped
    for sock in socks:
        sock.close()


def test_pucci_serve_says_its_address_shows_the_first_photo_and_stops_when_told(tmp_path: Path):
    with pucci_serve(tmp_path, PUCCI_CAMERAS_SOFA_DRIVER="synthetic") as process:
        assert process.browser().get("/").status == 200
        link = next(line for line in process.lines if "/setup/" in line).strip()
        assert f":{process.port}/setup/" in link
        begun = time.monotonic()
        assert process.stop() == 0
        assert time.monotonic() - begun < 5


def test_a_forged_form_is_no_line_in_the_owners_log(tmp_path: Path):
    with pucci_serve(tmp_path, PUCCI_CAMERAS_SOFA_DRIVER="synthetic") as process:
        assert process.browser().post("/login", email=BOB.email, password="x").status == 400
        assert process.stop() == 0
        assert not any("CSRF" in line for line in process.lines), process.lines


def test_pucci_serve_says_where_it_listens_beside_the_address_it_has(tmp_path: Path):
    environ = {"CAMERAS_SOFA_DRIVER": "synthetic", "SERVER_ADDRESS": "https://pucci.example"}
    with pucci_serve(tmp_path, **{f"PUCCI_{name}": text for name, text in environ.items()}) as process:
        assert "Pucci is at https://pucci.example" in process.lines
        assert f"It listens on http://localhost:{process.port}" in process.lines
        assert process.browser().get("/").status == 200


def test_pucci_serve_says_that_names_do_nothing_without_an_address(tmp_path: Path):
    environ = {"CAMERAS_SOFA_DRIVER": "synthetic", "SERVER_NAMES": "pucci.local"}
    with pucci_serve(tmp_path, **{f"PUCCI_{name}": text for name, text in environ.items()}) as process:
        process.browser().get("/")
        until = time.monotonic() + 5
        while not any("server.names does nothing until" in line for line in process.lines):
            assert time.monotonic() < until, process.lines
            time.sleep(0.02)
        assert not any("It listens on" in line for line in process.lines)
