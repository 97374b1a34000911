"""The kept photos' page, and what is done with many of them."""

import io
import re
import zipfile
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

ON_BOTH = True


STEP = timedelta(minutes=5)


@pytest.fixture
def bob(client: FlaskClient) -> FlaskClient:
    sign_in(client, BOB)
    return client


@pytest.fixture
def photos(services: Services) -> list[Photo]:
    """Three photos of October and two of November, kept by Bob; one that is not."""
    times = [SUNDAY - timedelta(days=30) + STEP * n for n in range(3)] + [
        SUNDAY,
        SUNDAY + STEP,
        SUNDAY + 2 * STEP,
    ]
    found = [add_photo(services, at, number) for number, at in enumerate(times)]
    for photo in found[:5]:
        services.album.kept.keep(photo.id, 2)
    return found


def post(client: FlaskClient, path: str, *chosen: int):
    form = {"csrf_token": csrf_of(client.get("/me").text), "chosen": [str(one) for one in chosen]}
    return client.post(path, data=form)


def unzipped(services: Services, client: FlaskClient, query: str = "") -> dict[str, bytes]:
    cookie = client.get_cookie("pucci")
    answer = ask(services, "/media/kept.zip", query=query, cookie=f"pucci={cookie.value}" if cookie else "")
    assert answer.status == 200, answer.body
    with zipfile.ZipFile(io.BytesIO(answer.body)) as packed:
        assert packed.testzip() is None
        return {name: packed.read(name) for name in packed.namelist()}


def test_the_kept_photos_stand_by_month_newest_first(bob: FlaskClient, photos: list[Photo]):
    page = bob.get("/kept").text
    assert re.findall(r"<h2>(.+?)</h2>", page) == ["November 2026", "October 2026"]
    assert re.findall(r'href="/photo/(\d+)"', page) == [str(photo.id) for photo in photos[4::-1]]
    assert "22 Nov, 21:35" in page
    assert "Older" not in page


def test_nothing_kept_yet_says_how_something_is(bob: FlaskClient):
    assert "Tap the star on a photo" in bob.get("/kept").text


def test_many_are_shown_page_by_page_and_each_once(bob: FlaskClient, services: Services):
    for number in range(130):
        services.album.kept.keep(add_photo(services, SUNDAY + STEP * number, number % 9).id, 1)
    path, seen, pages = "/kept", list[str](), 0
    while path:
        page = bob.get(path).text
        seen += re.findall(r'href="/photo/(\d+)"', page)
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path, pages = older[1].replace("&amp;", "&") if older else "", pages + 1
    assert pages == 3
    assert len(seen) == len(set(seen)) == 130


def test_a_place_made_up_shows_the_first_page(bob: FlaskClient, photos: list[Photo]):
    assert bob.get("/kept?after=x").text.count("/media/thumb/") == 5


def test_choosing_needs_no_script(bob: FlaskClient, photos: list[Photo]):
    page = bob.get("/kept?select=1").text
    assert page.count('type="checkbox"') == 5
    assert "Take my star off" in page
    assert "/kept/delete" not in page  # Bob owns no dog


def test_stars_are_taken_off_many_but_only_ones_own(
    bob: FlaskClient, services: Services, photos: list[Photo]
):
    services.album.kept.keep(photos[0].id, 1)
    assert post(bob, "/kept/unkeep", *(photo.id for photo in photos[:3]), 99).status_code == 303
    assert [photo.id for photo in services.album.kept.page(None, 9)] == [photos[n].id for n in (4, 3, 0)]
    answer = post(bob, "/kept/unkeep", photos[3].id, photos[0].id)
    assert "Your star is off 1 photo." in bob.get(answer.headers["Location"]).text
    assert "None of them has your star." in bob.get("/kept?off=0").text


@pytest.mark.parametrize("path", ["/kept/unkeep", "/kept/delete"])
def test_with_nothing_chosen_nothing_is_done_and_the_page_says_so(
    app: Flask, services: Services, photos: list[Photo], path: str
):
    alice = app.test_client()
    sign_in(alice, ALICE)
    answer = post(alice, path, 0)
    assert answer.headers["Location"] == "/kept?select=1&none=1"
    page = alice.get(answer.headers["Location"]).text
    assert "Choose some photos first." in re.sub("data-none=.+?>", "", page)
    assert len(services.album.kept.page(None, 9)) == 5


def test_a_forgotten_tick_shares_nothing(bob: FlaskClient, photos: list[Photo]):
    assert bob.get("/shares?chosen=0").headers["Location"] == "/kept?select=1&none=1"
    assert bob.get("/shares").status_code == 200


def test_stars_taken_off_old_photos_say_how_many_go_within_the_hour(
    bob: FlaskClient, services: Services, photos: list[Photo], clock: FakeClock
):
    services.album.kept.keep(photos[0].id, 1)
    answer = post(bob, "/kept/unkeep", *(photo.id for photo in photos[:4]))
    page = bob.get(answer.headers["Location"]).text
    assert "2 photos are not kept any more." in page
    assert "They are older than those that stay, and go within the hour." in page
    assert services.album.purge(timedelta(hours=24)) == 2
    assert post(bob, "/kept/unkeep", photos[0].id, photos[4].id).headers["Location"] == "/kept?off=1"


def test_owners_delete_many_of_the_kept_and_no_others(app: Flask, services: Services, photos: list[Photo]):
    alice = app.test_client()
    sign_in(alice, ALICE)
    assert "/kept/delete" in alice.get("/kept?select=1").text
    answer = post(alice, "/kept/delete", photos[0].id, photos[1].id, photos[5].id, 99)
    assert answer.headers["Location"] == "/kept?gone=2"
    assert "2 photos are deleted" in alice.get("/kept?gone=2").text
    assert [bool(services.album.photo(photo.id)) for photo in photos] == [
        False,
        False,
        True,
        True,
        True,
        True,
    ]
    assert [line.what for line in services.accounts.journal.page()[:2]] == ["deleted", "deleted"]


def test_family_deletes_none(bob: FlaskClient, services: Services, photos: list[Photo]):
    assert post(bob, "/kept/delete", photos[0].id).status_code == 403
    assert services.album.photo(photos[0].id)


def test_deleting_asks_again_and_forgets_nothing_that_was_chosen(
    app: Flask, clock: FakeClock, photos: list[Photo]
):
    alice = app.test_client()
    sign_in(alice, ALICE)
    clock.advance(minutes=16)
    page = post(alice, "/kept/delete", photos[0].id, photos[1].id).text
    assert "Is that still you" in page
    assert page.count('name="chosen"') == 2


def test_all_that_is_kept_comes_as_a_zip_with_names_that_say_when(
    bob: FlaskClient, services: Services, photos: list[Photo]
):
    found = unzipped(services, bob)
    assert sorted(found) == sorted(f"sofa-{p.taken_at:%Y-%m-%d-%H%M}-{p.id}.jpg" for p in photos[:5])
    for photo in photos[:5]:
        name = f"sofa-{photo.taken_at:%Y-%m-%d-%H%M}-{photo.id}.jpg"
        assert found[name] == services.album.path(photo).read_bytes()


def test_the_chosen_ones_come_as_a_zip_and_none_that_is_not_kept(
    bob: FlaskClient, services: Services, photos: list[Photo]
):
    found = unzipped(services, bob, f"chosen=0&chosen={photos[1].id}&chosen={photos[5].id}&chosen=x&chosen=²")
    assert len(found) == 1


def test_a_long_zip_is_whole(bob: FlaskClient, services: Services):
    for number in range(230):
        services.album.kept.keep(add_photo(services, SUNDAY + STEP * number, number % 5).id, 1)
    assert len(unzipped(services, bob)) == 230


def test_a_photo_whose_file_went_is_left_out(bob: FlaskClient, services: Services, photos: list[Photo]):
    services.album.path(photos[0]).unlink()
    assert len(unzipped(services, bob)) == 4


def test_nobody_else_gets_a_zip_and_none_is_made_of_nothing(
    services: Services, bob: FlaskClient, photos: list[Photo]
):
    cookie = bob.get_cookie("pucci")
    assert cookie
    assert ask(services, "/media/kept.zip").status == 403
    nothing = ask(services, "/media/kept.zip", query="chosen=0", cookie=f"pucci={cookie.value}")
    assert (nothing.status, nothing.headers["location"]) == (303, "/kept?select=1&none=1")
    services.album.delete(photos, kept_too=True)
    assert ask(services, "/media/kept.zip", cookie=f"pucci={cookie.value}").status == 404


def test_some_photos_are_shared_and_no_others(
    bob: FlaskClient, app: Flask, services: Services, photos: list[Photo]
):
    query = f"chosen=0&chosen={photos[0].id}&chosen={photos[3].id}"
    page = bob.get(f"/shares?{query}").text
    assert "Share 2 photos" in page
    form = {"csrf_token": csrf_of(page), "chosen": [str(photos[0].id), str(photos[3].id)]}
    made = re.search(r"http://localhost(/s/[\w-]{43})", bob.post("/shares", data=form).text)
    assert made
    stranger = app.test_client()
    assert stranger.get(made[1]).text.count("/media/thumb/") == 2
    cookie = stranger.get_cookie("pucci_share")
    assert cookie
    line = f"pucci_share={cookie.value}"
    statuses = [ask(services, f"/media/photo/{photo.id}.jpg", cookie=line).status for photo in photos]
    assert statuses == [200, 403, 403, 200, 403, 403]
    assert ask(services, "/media/kept.zip", cookie=line).status == 403
    assert "2 photos" in bob.get("/shares").text
    services.album.delete([photos[0]], kept_too=True)
    assert stranger.get(made[1]).text.count("/media/thumb/") == 1
