"""nginx and Caddy before `pucci serve`, set up by `pucci deploy`, in a room."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium

from pucci import jpeg
from tests.browser.test_visit import visit
from tests.people import BOB
from tests.servers.household import Household, stream
from tests.servers.room import Room, account
from tests.servers.test_apache import ONCE, get, newest_photo, signed_in

pytestmark = pytest.mark.servers

COMMANDS = {
    "nginx": ("nginx", "-g", "daemon off;"),
    "caddy": ("caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"),
}


@pytest.fixture(scope="module", params=list(COMMANDS))
def home(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    room, name = Room(), request.param
    household = Household(
        room, tmp_path_factory.mktemp(name), account(), server='trusted_proxies = ["127.0.0.1"]'
    )
    room.pucci("deploy", name, "--apply")
    household.pucci("serve")
    household.program(*COMMANDS[name], port=household.http, HOME="/var/lib/pucci", CADDY_ADMIN="127.0.0.1:0")
    household.name = name  # type: ignore[attr-defined]
    yield household
    household.close()
    room.pucci("deploy", name, "--remove")
    room.close()


def test_bob_visits(chromium: Chromium, home: Household):
    visit(chromium, f"http://127.0.0.1:{home.http}", script=True, at=r"\d\d:\d\d")


def test_live_comes_through_and_headers_come_once(home: Household):
    bob = signed_in(home)
    begun = time.monotonic()
    pictures = stream(home.http, bob.cookie, 10)
    assert time.monotonic() - begun < 10
    assert all(jpeg.judge(picture).is_whole for picture in pictures)
    for path in ("/", "/cam", newest_photo(bob)):
        status, headers, _ = get(home.http, path, **{"Cookie": bob.cookie, "Accept-Encoding": "gzip"})
        names = [name for name, _ in headers]
        assert status == 200, path
        assert {name: names.count(name) for name in ONCE} == dict.fromkeys(ONCE, 1), path
        assert dict(headers).get("content-encoding") == (None if "/media/" in path else "gzip"), path


def test_who_comes_is_known_and_cannot_be_pretended(home: Household):
    """The journal of sign-ins has the visitor's own address, not one from a header."""
    from tests.web.house import csrf_of
    from tests.web.running import Browser

    bob = Browser(home.http)
    token = csrf_of(bob.get("/login", **{"X-Forwarded-For": "203.0.113.9"}).text)
    form = f"csrf_token={token}&email={BOB.email}&password={BOB.password.replace(' ', '+')}"
    kind = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": "203.0.113.9"}
    assert bob.ask("POST", "/login", form.encode(), kind).status == 303
    read = "import sqlite3; print([r for t in ('journal', 'session') for r in sqlite3.connect("
    read += "'/var/lib/pucci/pucci.db').execute(f'select * from {t}')])"
    rows = home.room.run("python3", "-c", read)
    assert "203.0.113.9" not in rows
    assert re.search(r"127\.0\.0\.(1|0)", rows)


def test_no_log_has_a_token(home: Household):
    secret = "pucci-test-secret-1234567890"
    for path in (f"/media/photo/1?token={secret}", f"/s/{secret}", f"/setup/{secret}"):
        get(home.http, path, Referer=f"http://127.0.0.1/s/{secret}")
    if home.name == "nginx":  # type: ignore[attr-defined]
        logs = home.room.run("sh", "-c", "cat /var/log/nginx/*")
        assert "a link that is a key" in logs
        assert secret not in logs
