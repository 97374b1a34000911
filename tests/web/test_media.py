import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import BytesIO

import pytest
from PIL import Image

from pucci.accounts import Role
from pucci.album import Tally
from pucci.photo import Frame, Photo
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.asgi import make
from tests.fakes import SUNDAY
from tests.people import ALICE, BOB, CHARLIE
from tests.web.house import add_photo, csrf_of, move_in
from tests.web.running import Browser, Running, serving


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
    assert browser.sign_in(BOB).status == 303
    return browser


def test_a_photo_comes_as_it_was_stored_and_may_stay_in_the_browser(
    services: Services, photo: Photo, bob: Browser
):
    answer = bob.get(f"/media/photo/{photo.id}.jpg")
    assert answer.status == 200
    assert answer.body == services.album.path(photo).read_bytes()
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["vary"] == "Cookie"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert int(answer.headers["content-length"]) == len(answer.body)


def test_a_refused_frame_is_for_the_owner_alone_and_kept_nowhere(
    services: Services, running: Running, bob: Browser
):
    data = b"\xff\xd8 <script>"
    tally = Tally(1, {"cut short": 1}, (Frame(data, SUNDAY), "cut short"))
    services.album.slots.missed("sofa", SUNDAY, reason="damaged: cut short", tally=tally)
    path = f"/media/refused/{services.album.refusals.newest('sofa')[0].id}.jpg"
    assert bob.get(path).status == 403
    assert running.browser().get(path).status == 403
    alice = running.browser()
    alice.sign_in(ALICE)
    answer = alice.get(path)
    assert (answer.status, answer.body) == (200, data)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["cache-control"] == "no-store, private"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert alice.get("/media/refused/99.jpg").status == 404


def test_a_thumb_is_at_most_160_pixels_wide(photo: Photo, bob: Browser):
    answer = bob.get(f"/media/thumb/{photo.id}.jpg")
    with Image.open(BytesIO(answer.body)) as picture:
        assert picture.size == (160, 120)
    assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize("kind", ["photo", "thumb"])
def test_what_the_browser_has_is_not_sent_again(photo: Photo, bob: Browser, kind: str):
    path = f"/media/{kind}/{photo.id}.jpg"
    version = bob.get(path).headers["etag"]
    for known in (version, f'"other", W/{version}', "*"):
        again = bob.get(path, **{"If-None-Match": known})
        assert (again.status, again.body) == (304, b"")
        assert again.headers["etag"] == version
    assert bob.get(path, **{"If-None-Match": '"other"'}).status == 200


def test_head_says_how_long_the_photo_is_and_sends_none_of_it(photo: Photo, bob: Browser):
    answer = bob.ask("HEAD", f"/media/photo/{photo.id}.jpg")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) == photo.size


@pytest.mark.parametrize("kind", ["photo", "thumb"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_login_not_a_byte_of_the_picture_leaves(
    services: Services, running: Running, photo: Photo, kind: str, method: str
):
    path = f"/media/{kind}/{photo.id}.jpg"
    for headers in ({}, {"If-None-Match": "*"}, {"Cookie": "pucci=abc"}, {"Range": "bytes=0-9"}):
        answer = running.browser().ask(method, path, headers=headers)
        assert answer.status == 403
        assert b"\xff\xd8" not in answer.body
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers
    assert running.browser().ask(method, f"/media/{kind}/999.jpg").status == 403  # nor whether it exists


def test_a_guest_does_not_see_the_album(services: Services, running: Running, photo: Photo):
    move_in(services, CHARLIE, Role.GUEST)
    browser = running.browser()
    browser.sign_in(CHARLIE)
    assert browser.get(f"/media/photo/{photo.id}.jpg").status == 403


def test_sign_out_ends_it_for_a_copy_of_the_cookie_too(running: Running, photo: Photo, bob: Browser):
    copy = Browser(running.port, bob.cookie)
    assert copy.get(f"/media/photo/{photo.id}.jpg").status == 200
    assert bob.post("/logout", csrf_token=csrf_of(bob.get("/cam").text)).status == 303
    assert copy.get(f"/media/photo/{photo.id}.jpg").status == 403


def test_somebody_disabled_sees_nothing_more_at_once(services: Services, photo: Photo, bob: Browser):
    services.accounts.users.disable(services.accounts.users.find(BOB.email))
    assert bob.get(f"/media/photo/{photo.id}.jpg").status == 403


NOT_THERE = [
    "/media/photo/999.jpg",
    "/media/thumb/999.jpg",
    "/media/photo/abc.jpg",
    "/media/photo/-1.jpg",
    "/media/photo/1.png",
    "/media/photo/1.jpg/",
    "/media/photo/%31.jpg%00",
    "/media/photo/%D9%A3.jpg",
    "/media/photo/999999999999999999.jpg",
    "/media/photo/99999999999999999999999.jpg",
    "/media/../secret.key",
    "/media/photo/../../secret.key",
    "/media/photo/%2e%2e%2fsecret.key",
    "/media/film/1.jpg",
    "/media/",
]


def test_ids_are_numbers_and_nothing_else_is_there(photo: Photo, bob: Browser):
    for path in NOT_THERE:
        answer = bob.get(path)
        assert (path, answer.status) in ((path, 400), (path, 404))
        assert b"\xff\xd8" not in answer.body


def test_a_photo_whose_file_has_gone_is_not_found(services: Services, photo: Photo, bob: Browser):
    services.album.path(photo).unlink()
    assert bob.get(f"/media/photo/{photo.id}.jpg").status == 404
    assert bob.get(f"/media/thumb/{photo.id}.jpg").status == 404


def test_only_get_and_head_work(photo: Photo, bob: Browser):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = bob.ask(method, f"/media/photo/{photo.id}.jpg", b"x")
        assert answer.status == 405
        assert answer.headers["allow"] == "GET, HEAD"


# -- behind TLS ------------------------------------------------------------------------------------

HSTS = "strict-transport-security"


def had(services: Services, photo: Photo, server: ServerSettings, **headers: str) -> list[str | None]:
    """Return the HSTS of each kind of answer; of a photo three times, by three ways."""
    ours = replace(services, settings=replace(services.settings, server=server))
    with serving(lambda stopping: make(ours, stopping=stopping), server) as running:
        browser = running.browser()
        browser.sign_in(BOB)
        addresses = [f"/media/photo/{photo.id}.jpg"] * 3 + [f"/media/thumb/{photo.id}.jpg"]
        addresses += ["/media/live/sofa.json", "/media/film/9.mp4", "/media/nothing", "/media/refused/9.jpg"]
        answers = [browser.get(address, **headers) for address in addresses]
        assert [answer.status for answer in answers] == [200] * 5 + [404, 404, 403]
        return [answer.headers.get(HSTS) for answer in answers]


def test_behind_tls_every_answer_says_that_it_is_so(services: Services, photo: Photo):
    address = ServerSettings(port=0, address="https://pucci.example")
    assert set(had(services, photo, address)) == {"max-age=31536000"}
    proxy = ServerSettings(port=0, trusted_proxies=("127.0.0.1",))
    by_tls = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    assert set(had(services, photo, proxy, **by_tls)) == {"max-age=31536000"}


def test_without_tls_no_answer_says_it(services: Services, photo: Photo):
    assert set(had(services, photo, ServerSettings(port=0))) == {None}
    assert set(had(services, photo, ServerSettings(port=0), **{"X-Forwarded-Proto": "https"})) == {None}
