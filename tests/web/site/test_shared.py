import re
from dataclasses import dataclass
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pucci.photo import Photo
from pucci.services import Services
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.asking import ask
from tests.web.house import add_photo, csrf_of, sign_in
from tests.web.site.test_people import send

ON_BOTH = True


@dataclass
class Here:
    """Bob's browser, a stranger's, and photos of yesterday and today."""

    bob: FlaskClient
    stranger: FlaskClient
    services: Services
    photos: list[Photo]

    def share(self, client: FlaskClient | None = None, path: str = "/shares", **form: str) -> str:
        page = send(client or self.bob, path, **form)
        found = re.search(r"http://localhost(/s/[\w-]{43})", page.text)
        assert found, page.text
        return found[1]

    def media(self, path: str) -> int:
        cookies = [self.stranger.get_cookie(name) for name in ("pucci", "pucci_share")]
        line = "; ".join(f"{one.key}={one.value}" for one in cookies if one)
        return ask(self.services, path, cookie=line).status


@pytest.fixture
def here(app: Flask, services: Services) -> Here:
    bob = app.test_client()
    sign_in(bob, BOB)
    times = [SUNDAY - timedelta(days=1), SUNDAY - timedelta(minutes=10), SUNDAY - timedelta(minutes=5)]
    photos = [add_photo(services, moment, number) for number, moment in enumerate(times)]
    return Here(bob, app.test_client(), services, photos)


def test_a_photo_is_shown_to_whoever_holds_the_link_and_nothing_else(here: Here):
    first, second, _ = here.photos
    link = here.share(photo=str(first.id))
    assert here.media(f"/media/photo/{first.id}.jpg") == 403
    page = here.stranger.get(link)
    assert page.status_code == 200
    assert f"/media/photo/{first.id}.jpg" in page.text
    assert page.headers["X-Robots-Tag"].startswith("noindex")
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert here.media(f"/media/photo/{first.id}.jpg") == 200
    assert here.media(f"/media/thumb/{first.id}.jpg") == 200
    for path in (f"/media/photo/{second.id}.jpg", "/media/photo/99.jpg", "/media/live/sofa.json"):
        assert here.media(path) == 403
    for path in ("/cam", "/shares", "/people", "/me"):
        assert here.stranger.get(path).status_code == 302


def test_what_a_link_shows_is_kept_by_no_cache(here: Here):
    first = here.photos[0]
    here.stranger.get(here.share(photo=str(first.id)))
    cookie = here.stranger.get_cookie("pucci_share")
    assert cookie is not None
    answer = ask(here.services, f"/media/photo/{first.id}.jpg", cookie=f"pucci_share={cookie.value}")
    assert answer.headers["cache-control"] == "no-store, private"


def test_a_day_is_its_photos_and_no_other_days(here: Here):
    yesterday, today, _ = here.photos
    page = here.stranger.get(here.share(day="2026-11-22", camera="sofa"))
    assert page.text.count("/media/thumb/") == 2
    assert here.media(f"/media/photo/{today.id}.jpg") == 200
    assert here.media(f"/media/photo/{yesterday.id}.jpg") == 403


def test_the_kept_album_is_what_is_kept_now_and_nothing_else(here: Here):
    kept, _, late = here.photos
    here.services.album.kept.keep(kept.id, 2)
    assert "Share the kept photos" in here.bob.get("/shares?kept=1").text
    link = here.share(kept="1")
    assert here.media(f"/media/photo/{kept.id}.jpg") == 403
    page = here.stranger.get(link).text
    assert page.count("/media/thumb/") == 1
    assert "21 Nov, 21:35" in page
    assert [here.media(f"/media/photo/{photo.id}.jpg") for photo in here.photos] == [200, 403, 403]
    here.services.album.kept.keep(late.id, 1)
    here.services.album.kept.unkeep(kept.id, 2)
    assert [here.media(f"/media/thumb/{photo.id}.jpg") for photo in here.photos] == [403, 403, 200]
    assert "The kept photos" in here.bob.get("/shares").text
    for path in ("/media/live/sofa.json", "/media/refused/1.jpg"):
        assert here.media(path) == 403


def test_a_long_kept_album_is_shown_in_pages_and_counted_once(here: Here):
    photos = [add_photo(here.services, SUNDAY + timedelta(minutes=5 * n), n) for n in range(63)]
    for photo in photos:
        here.services.album.kept.keep(photo.id, 1)
    link = here.share(kept="1")
    first = here.stranger.get(link).text
    assert first.count("/media/thumb/") == 60
    older = re.search(r'href="(\?after=[\d-]+)"', first)
    assert older
    assert here.stranger.get(link + older[1]).text.count("/media/thumb/") == 3
    assert here.services.accounts.shares.all()[0].views == 1


def test_live_is_the_owners_to_share_and_one_cameras(here: Here, app: Flask):
    assert send(here.bob, "/shares/live", camera="sofa").status_code == 403
    alice = app.test_client()
    sign_in(alice, ALICE)
    link = here.share(alice, "/shares/live", camera="sofa")
    assert here.media("/media/live/sofa.json") == 403
    assert "/media/live/sofa.mjpeg" in here.stranger.get(link).text
    assert here.media("/media/live/sofa.json") == 200
    assert here.media("/media/live/kitchen.json") == 403
    assert here.media(f"/media/photo/{here.photos[0].id}.jpg") == 403


def test_a_link_taken_back_is_over_at_once(here: Here):
    first = here.photos[0]
    link = here.share(photo=str(first.id))
    here.stranger.get(link)
    page = here.bob.get("/shares").text
    assert "Opened 1 time." in page
    path = re.search(r"/shares/\d+/revoke", page)
    assert path
    send(here.bob, path[0])
    assert here.stranger.get(link).status_code == 410
    assert here.media(f"/media/photo/{first.id}.jpg") == 403


@pytest.mark.parametrize(("life", "days"), [("day", 1), ("week", 7), ("month", 30)])
def test_a_link_ends_when_its_time_is_over(here: Here, clock: FakeClock, life: str, days: int):
    link = here.share(photo=str(here.photos[0].id), life=life)
    clock.advance(days=days, seconds=-1)
    assert here.stranger.get(link).status_code == 200
    clock.advance(1)
    assert here.stranger.get(link).status_code == 410
    assert here.media(f"/media/photo/{here.photos[0].id}.jpg") == 403


def test_a_photo_deleted_is_gone_from_its_link(here: Here):
    first = here.photos[0]
    link = here.share(photo=str(first.id))
    here.services.album.delete([first])
    assert here.stranger.get(link).status_code == 410


def test_a_pin_is_asked_for_before_anything_is_shown(here: Here, clock: FakeClock):
    first = here.photos[0]
    link = here.share(photo=str(first.id), pin="4711")
    page = here.stranger.get(link)
    assert "And the PIN" in page.text
    assert "/media/" not in page.text
    assert here.media(f"/media/photo/{first.id}.jpg") == 403

    def enter(pin: str):
        return here.stranger.post(link, data={"csrf_token": csrf_of(page.text), "pin": pin})

    assert [enter(pin).status_code for pin in ("0000", "", "x", "471", "47110", "4711")] == [403] * 5 + [429]
    assert here.media(f"/media/photo/{first.id}.jpg") == 403
    clock.advance(1)
    assert enter("4711").status_code == 303
    assert f"/media/photo/{first.id}.jpg" in here.stranger.get(link).text
    assert here.media(f"/media/photo/{first.id}.jpg") == 200


def test_a_browser_holds_several_links(here: Here):
    links = [here.share(photo=str(photo.id)) for photo in here.photos]
    for link in links:
        here.stranger.get(link)
    assert [here.media(f"/media/photo/{photo.id}.jpg") for photo in here.photos] == [200] * 3


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"photo": "99"},
        {"photo": "-1"},
        {"photo": "9" * 30},
        {"photo": "²"},
        {"day": "yesterday", "camera": "sofa"},
        {"day": "0001-01-01", "camera": "nowhere"},
        {"day": "9999-12-31", "camera": "sofa"},
        {"day": "2026-11-22", "camera": "../etc"},
        {"photo": "1", "life": "for ever"},
        {"photo": "1", "pin": "12"},
        {"photo": "1", "pin": "abcd"},
    ],
)
def test_what_cannot_be_shared_is_refused(here: Here, form: dict[str, str]):
    assert send(here.bob, "/shares", **form).status_code == 400
    assert here.services.accounts.shares.all() == []


@pytest.mark.parametrize("token", ["x", "a" * 43, "..", "%00", "<script>"])
def test_a_link_made_up_shows_nothing(here: Here, token: str):
    assert here.stranger.get(f"/s/{token}").status_code in (404, 410)


def test_a_share_cookie_made_up_or_of_another_box_opens_nothing(here: Here):
    first = here.photos[0]
    here.share(photo=str(first.id))
    (share,) = here.services.accounts.shares.all()
    session = here.bob.get_cookie("pucci")
    assert session is not None
    for value in (share.key, "", session.value, f'{{"keys":["{share.key}"]}}'):
        here.stranger.set_cookie("pucci_share", value)
        assert here.media(f"/media/photo/{first.id}.jpg") == 403
