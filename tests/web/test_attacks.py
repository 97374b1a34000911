"""The table of attacks: each is a request, as somebody who means harm sends it, to the real server."""

import asyncio
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest

from pucci.accounts.shares import Kind
from pucci.photo import Photo
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web import cookie
from pucci.web.asgi import make
from pucci.web.site import create_app
from tests.fakes import SUNDAY, FakeClock
from tests.people import BOB, Person
from tests.web.house import add_photo, csrf_of, move_in
from tests.web.running import Browser, Running, serving

# Paths that lead out, in every way a server was ever fooled.
WAYS_OUT = [
    *(
        "../../../../etc/passwd",
        "..%2f..%2f..%2fetc%2fpasswd",
        "%2e%2e/%2e%2e/etc/passwd",
        "....//etc/passwd",
    ),
    *("..%252f..%252fetc%252fpasswd", "/etc/passwd", "%2fetc%2fpasswd", "..\\..\\secret.key", "..%5c..%5cx"),
    *("%00", "a%00.jpg", "%c0%ae%c0%ae/secret.key", "%e0%80%ae/x", "%ff%fe", "%ed%a0%80", "%f8%a1%a1%a1%a1"),
    *("secret.key", "../secret.key", "pucci.db", "../pucci.db", ";ls", "$(id)", "'%20or%201=1--"),
    "{{7*191}}",
]
PLACES = [
    *("/static/{}", "/cam/{}", "/cam/{}/refused", "/setup/{}", "/invite/{}", "/s/{}", "/people/{}", "/{}"),
    *("/media/{}", "/media/photo/{}.jpg", "/media/thumb/{}.jpg", "/media/live/{}.jpg", "/media/live/{}.json"),
    *("/api/cameras/{}/newest", "/api/photos/{}", "/cam?live={}", "/shares?photo={}", "/shares?day={}"),
    *("/people/journal?before={}", "/login?next={}", "/me?done={}", "/cam/sofa?taken={}"),
]
# What must never be in an answer: system files, keys, the database, a traceback, a template worked out.
TELLTALE = (b"root:x:", b"SQLite format 3", b"Traceback", b"uid=0")


@pytest.fixture
def photo(services: Services) -> Photo:
    return add_photo(services, SUNDAY - timedelta(minutes=5))


@pytest.fixture
def running(services: Services) -> Iterator[Running]:
    def app(stopping: asyncio.Event):
        return make(services, stopping=stopping)

    with serving(app, ServerSettings(port=0)) as found:
        yield found


@pytest.fixture
def bob(running: Running) -> Browser:
    browser = running.browser()
    browser.sign_in(BOB)
    return browser


def raw(running: Running, data: bytes, limit_s: float = 10.0) -> bytes:
    """Send bytes as they are, and return the answer's."""
    with running.connect() as line:
        line.settimeout(limit_s)
        answer = b""
        try:
            line.sendall(data)
            while part := line.recv(65_536):
                answer += part
        except (TimeoutError, ConnectionError):
            pass
        return answer


@pytest.mark.parametrize("place", PLACES)
def test_no_path_leads_out(running: Running, services: Services, photo: Photo, bob: Browser, place: str):
    for way in WAYS_OUT:
        target = place.format(way).replace(" ", "%20").encode("latin-1")
        lines = (b"GET " + target + b" HTTP/1.1", b"Host: localhost", b"Cookie: " + bob.cookie.encode())
        answer = raw(running, b"\r\n".join((*lines, b"Connection: close", b"", b"")))
        status = int(answer.split(b" ", 2)[1])
        assert status < 500, (target, answer[:200])
        assert not any(word in answer for word in TELLTALE), target
        assert services.secret_key not in answer
        assert b"1337" not in answer.split(b"\r\n\r\n", 1)[1] or b"{{7*191}}" not in target or status != 200


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Host", "evil.example/x"),
        ("Host", ""),
        ("Host", "localhost\x00.evil.example"),
        ("Host", "evil example"),
    ],
)
def test_a_host_that_is_none_is_refused(running: Running, header: str, value: str):
    answer = raw(running, f"GET / HTTP/1.1\r\n{header}: {value}\r\nConnection: close\r\n\r\n".encode())
    assert answer.split(b" ", 2)[1] == b"400"


def test_a_head_without_end_is_cut_off(running: Running):
    answer = raw(running, b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 500_000 + b"\r\n\r\n")
    assert not answer.startswith(b"HTTP/1.1 200")


def test_a_body_too_large_is_refused(running: Running):
    head = b"POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n"
    assert raw(running, head + b"a" * 100_000).split(b" ", 2)[1] == b"413"


@pytest.mark.parametrize(
    "path", ["/cam/x.css", "/cam/sofa.css", "/cam/sofa/x.jpg", "/me.css", "/people/1.png"]
)
def test_a_private_page_is_not_had_by_the_name_of_a_public_file(bob: Browser, photo: Photo, path: str):
    answer = bob.get(path)
    assert answer.status == 404
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_a_method_is_not_overridden(bob: Browser, name: str):
    assert bob.get("/logout?_method=POST", **{name: "POST"}).status == 405
    assert bob.get("/cam").status == 200


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Forwarded-Host"])
def test_headers_of_proxies_nobody_named_are_not_believed(running: Running, services: Services, name: str):
    browser = running.browser()
    token = csrf_of(browser.get("/login").text)
    body = f"csrf_token={token}&email={BOB.email}&password=no".encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded", name: "203.0.113.9"}
    page = browser.ask("POST", "/login", body, kind)
    assert b"203.0.113.9" not in page.body
    assert services.accounts.journal.page()[0].address == "127.0.0.1"


def test_other_peoples_ids_change_nothing(bob: Browser, services: Services, photo: Photo):
    alice = services.accounts.users.find("Alice")
    session = services.accounts.sessions.start(alice, address="", device="")
    token = csrf_of(bob.get("/me").text)
    number = services.accounts.sessions.id_of(session)
    for path in (
        *(f"/me/sessions/{number}/end", "/me/passkeys/1/remove", f"/people/{alice.id}/disable"),
        *(f"/people/{alice.id}/role", f"/people/{alice.id}/link", "/tokens", "/cam/sofa/off"),
    ):
        bob.post(path, csrf_token=token, role="family", user_id=str(alice.id), name="x", scope="take")
    assert services.accounts.sessions.user_of(session) == alice
    assert services.accounts.links.pending() == []
    assert services.accounts.tokens.all() == []
    assert services.privacy["sofa"].off() is None


def test_a_form_with_more_fields_than_ours_gives_no_role(running: Running, services: Services):
    from pucci.accounts import Role

    link = services.accounts.links.invite("Mia", Role.FAMILY, timedelta(days=1))
    browser = running.browser()
    form = {"csrf_token": csrf_of(browser.get(f"/invite/{link}").text), "email": "mia@example.org"}
    browser.post(f"/invite/{link}", **form, password="mia likes dogs", role="owner", username="Alice", id="1")
    assert services.accounts.users.find("Mia").role is Role.FAMILY


def boxed(services: Services, salt: str, content: dict[str, object]) -> str:
    value = cookie.box(services.secret_key, salt=salt).dumps(content)
    return value if isinstance(value, str) else value.decode()


def test_a_box_of_ours_is_taken_for_no_other(running: Running, services: Services, photo: Photo):
    """What we signed for one use is tried for every other."""
    token = services.accounts.sessions.start(services.accounts.users.find("Bob"), address="", device="")
    services.accounts.shares.photo(photo.id, "sofa", life=timedelta(days=1))
    (share,) = services.accounts.shares.all()
    assert share.kind is Kind.PHOTO
    content = {
        cookie.TOKEN: token,
        "keys": [share.key],
        "user": 1,
        "at": SUNDAY.timestamp(),
        "id": "x",
        "for": [],
    }
    right = {"pucci": "pucci.session", "pucci_share": "pucci.share"}
    for name in ("pucci", "pucci_share"):
        for salt in ("pucci.session", "pucci.share", "pucci.known", "pucci.half"):
            browser = Browser(running.port, cookie=f"{name}={boxed(services, salt, content)}")
            status = browser.get(f"/media/photo/{photo.id}.jpg").status
            assert (status == 200) == (right[name] == salt), (name, salt)


def test_a_session_that_ended_by_time_is_over_for_pages_and_pictures(
    bob: Browser, photo: Photo, clock: FakeClock
):
    clock.advance(days=90)
    assert bob.get("/cam").status == 302
    assert bob.get(f"/media/photo/{photo.id}.jpg").status == 403


@pytest.mark.slow
def test_the_time_does_not_tell_who_has_an_account(services: Services):
    """200 pairs of tries at the door, known beside unknown, each from a network of its own, the throttle out
    of the way: five tries an account. Where time told nothing, either is the slower one as often as not;
    30 pairs off the middle are more than four standard deviations from that.
    """
    from pucci.accounts import Role

    client = create_app(services).test_client()
    token = csrf_of(client.get("/login").text)
    for number in range(40):
        person = Person(f"Dog {number}", f"dog{number}@example.org", BOB.password, "family")
        move_in(services, person, Role.FAMILY)

    def seconds(email: str, number: int) -> float:
        form = {"csrf_token": token, "email": email, "password": "a guess"}
        begun = time.perf_counter()
        answer = client.post(
            "/login", data=form, environ_base={"REMOTE_ADDR": f"10.{number % 250}.{number // 250}.1"}
        )
        taken = time.perf_counter() - begun
        assert answer.status_code == 401
        return taken

    slower = 0
    for number in range(200):
        known, unknown = f"dog{number % 40}@example.org", f"cat{number % 40}@example.org"
        if number % 2:
            slower += seconds(known, 2 * number) > seconds(unknown, 2 * number + 1)
        else:
            slower += seconds(unknown, 2 * number) < seconds(known, 2 * number + 1)
    print("SLOWER", slower)
    assert abs(slower - 100) < 30, slower
