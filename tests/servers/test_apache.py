"""Apache with mod_wsgi, set up by `pucci deploy apache --apply` itself, in a room."""

import http.client
import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser as Chromium

from pucci import jpeg
from tests.browser.test_visit import visit
from tests.people import ALICE, BOB
from tests.servers.household import Household, raw, stream
from tests.servers.room import Room, account
from tests.web.house import csrf_of
from tests.web.running import Answer, Browser

pytestmark = pytest.mark.servers

APACHE = ("sh", "-c", ". /etc/apache2/envvars; exec apache2 -D FOREGROUND")
ONCE = [
    "content-security-policy",
    "x-content-type-options",
    "referrer-policy",
    "cache-control",
    "cross-origin-resource-policy",
]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Household]:
    """Apache and `pucci camera` over one data folder."""
    room = Room()
    household = Household(
        room, tmp_path_factory.mktemp("apache"), account(), server='names = ["pucci.local"]'
    )
    room.write("/etc/apache2/ports.conf", "")
    household.installed = room.pucci("deploy", "apache", "--apply")  # type: ignore[attr-defined]
    household.pucci_camera()
    household.program(*APACHE, port=household.http)
    yield household
    household.close()
    room.close()


def get(port: int, path: str, **headers: str) -> tuple[int, list[tuple[str, str]], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    found = response.status, [(name.lower(), value) for name, value in response.getheaders()], response.read()
    connection.close()
    return found


def signed_in(home: Household) -> Browser:
    bob = Browser(home.http)
    assert bob.sign_in(BOB).status == 303
    return bob


def newest_photo(bob: Browser) -> str:
    found = re.search(r'src="(/media/photos?/\d+[^"]*)"', bob.get("/cam").text)
    assert found
    return found[1]


def test_it_is_installed_proved_and_warned_of(home: Household):
    assert "apache is set up" in home.installed  # type: ignore[attr-defined]
    assert "Plain HTTP" in home.installed  # type: ignore[attr-defined]
    assert "Syntax OK" in home.room.run("apache2ctl", "configtest")
    assert "Nothing would change" in home.room.pucci("deploy", "apache", "--diff")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_bob_visits_as_he_would_with_pucci_serve(chromium: Chromium, home: Household, script: bool):
    visit(chromium, f"http://127.0.0.1:{home.http}", script=script, at=r"\d\d:\d\d")


def test_live_pictures_come_through_as_they_are_taken(home: Household):
    bob = signed_in(home)
    begun = time.monotonic()
    pictures = stream(home.http, bob.cookie, 10)
    assert time.monotonic() - begun < 10
    assert all(jpeg.judge(picture).is_whole for picture in pictures)
    assert len(set(pictures)) > 5


def test_headers_come_once_and_pages_alone_are_packed(home: Household):
    bob = signed_in(home)
    packed = {"Cookie": bob.cookie, "Accept-Encoding": "gzip"}
    for path in ("/", "/kept", "/cam", newest_photo(bob), "/media/live/sofa.json"):
        status, headers, _ = get(home.http, path, **packed)
        names = [name for name, _ in headers]
        assert status == 200, path
        assert {name: names.count(name) for name in ONCE} == dict.fromkeys(ONCE, 1), path
        encoding = dict(headers).get("content-encoding")
        assert encoding == (None if path.startswith("/media/") else "gzip"), path
        assert not dict(headers)["server"].startswith("uvicorn")


def test_the_camera_takes_a_photo_for_the_site_and_nothing_leads_to_its_control(home: Household):
    alice = Browser(home.http)
    alice.sign_in(ALICE)
    before = newest_photo(alice)
    answer = alice.post("/cam/sofa/photo", csrf_token=csrf_of(alice.get("/cam").text))
    assert answer.status == 303, answer.text
    assert newest_photo(alice) != before
    for path in ("/control/sofa/photo", "/media/../control/sofa/photo", "/media/%2e%2e/control/sofa/photo"):
        head = f"POST {path} HTTP/1.1\r\nHost: pucci.local\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        first = raw(home.http, head.encode()).split(b"\r\n")[0]
        assert first.split()[1] in (b"400", b"404", b"405"), (path, first)


def test_a_token_opens_the_api_and_no_log_has_it(home: Household):
    bob = signed_in(home)
    photo = newest_photo(bob)
    secret = "pucci-test-secret-1234567890"
    for path in (f"{photo}?token={secret}", f"/s/{secret}", f"/setup/{secret}", f"/login?next=/x?{secret}"):
        get(home.http, path, Referer=f"http://127.0.0.1/s/{secret}")
    assert get(home.http, "/api/health", Authorization="Bearer nonsense")[0] == 401
    logs = home.room.run("sh", "-c", "cat /var/log/apache2/*")
    assert "/login" in logs
    assert "a link that is a key" in logs
    assert secret not in logs


def test_too_large_and_too_slow_requests_end(home: Household):
    big = b"POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n"
    assert b" 413 " in raw(home.http, big).split(b"\r\n")[0]
    long = b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 9000 + b"\r\n\r\n"
    assert b" 400 " in raw(home.http, long).split(b"\r\n")[0]
    begun = time.monotonic()
    raw(home.http, b"GET / HTTP/1.1\r\nHost: x\r\n", limit_s=40)
    assert time.monotonic() - begun < 25


def test_without_the_camera_pages_stay_and_it_comes_back_at_once(home: Household):
    bob = signed_in(home)
    photo = newest_photo(bob)
    home.stop_camera()
    assert bob.get("/cam").status == 200
    gone: Answer = bob.get(photo)
    assert gone.status == 503
    assert "camera is not running" in gone.text
    home.pucci_camera()
    assert bob.get(photo).status == 200


def test_all_of_it_goes_again(home: Household):
    listing = ("find", "/etc", "-newer", "/etc/passwd")
    assert "pucci.conf" in home.room.run(*listing)
    home.room.write("/etc/apache2/sites-available/pucci.conf", "# mine\n")
    said = home.room.pucci("deploy", "apache", "--remove", code=9)
    assert "changed by hand" in said
    assert "-# mine" in said
    home.room.run("rm", "/etc/apache2/sites-available/pucci.conf")
    home.room.pucci("deploy", "apache", "--apply")
    assert "as it was before" in home.room.pucci("deploy", "apache", "--remove")
    left = home.room.run("sh", "-c", "ls /etc/apache2/sites-enabled /etc/apache2/sites-available")
    assert "000-default.conf" in left
    assert "pucci.conf" not in left
    assert "pucci.wsgi" not in home.room.run("ls", "/etc/apache2")
    assert "Syntax OK" in home.room.run("apache2ctl", "configtest")
