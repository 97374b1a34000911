"""A photo's page, by Bob of the family and by Alice, who owns the dog."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pucci.photo import Photo
from pucci.services import Services
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.house import add_photo, csrf_of, sign_in
from tests.web.site.test_people import send


@pytest.fixture
def photos(services: Services) -> list[Photo]:
    """Seven photos, the first two of them yesterday's."""
    midnight = SUNDAY.replace(hour=0, minute=0)
    return [add_photo(services, midnight + timedelta(minutes=5 * n), n) for n in range(-2, 5)]


@pytest.fixture
def bob(client: FlaskClient) -> FlaskClient:
    sign_in(client, BOB)
    return client


def act(client: FlaskClient, photo: Photo, deed: str, **headers: str):
    token = csrf_of(client.get("/me").text)
    return client.post(f"/photo/{photo.id}/{deed}", data={"csrf_token": token}, headers=headers)


def test_it_says_when_where_and_which_of_the_day(bob: FlaskClient, photos: list[Photo]):
    page = bob.get(f"/photo/{photos[3].id}").text
    assert "<h1>00:05</h1>" in page
    assert "Sunday 22 November 2026, camera “sofa”" in page
    assert "2 of 5" in page
    assert f'href="/photo/{photos[2].id}" rel="prev" aria-label="Before: 00:00"' in page
    assert f'href="/photo/{photos[4].id}" rel="next" aria-label="After: 00:10"' in page
    assert page.count("/media/thumb/") == 5
    assert 'download="sofa-2026-11-22-0005.jpg"' in page


def test_before_midnight_comes_yesterday_and_at_the_ends_nothing(bob: FlaskClient, photos: list[Photo]):
    assert (
        f'href="/photo/{photos[1].id}" rel="prev" aria-label="Before: 23:55"'
        in bob.get(f"/photo/{photos[2].id}").text
    )
    assert 'rel="prev"' not in bob.get(f"/photo/{photos[0].id}").text
    assert 'rel="next"' not in bob.get(f"/photo/{photos[-1].id}").text


def test_another_cameras_photo_is_never_beside_it(bob: FlaskClient, services: Services, photos: list[Photo]):
    other = add_photo(services, photos[3].taken_at + timedelta(minutes=1), camera="garden")
    assert f"/photo/{other.id}" not in bob.get(f"/photo/{photos[3].id}").text


def test_two_photos_of_one_moment_are_beside_each_other(bob: FlaskClient, services: Services):
    one, two = (add_photo(services, SUNDAY, number, due=False) for number in range(2))
    assert f'href="/photo/{two.id}" rel="next"' in bob.get(f"/photo/{one.id}").text
    assert f'href="/photo/{one.id}" rel="prev"' in bob.get(f"/photo/{two.id}").text


def test_a_star_without_script(bob: FlaskClient, photos: list[Photo], services: Services):
    answer = act(bob, photos[3], "keep")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/photo/{photos[3].id}")
    page = bob.get(f"/photo/{photos[3].id}").text
    assert 'aria-pressed="true"' in page
    assert "Kept by you. It stays when older photos go." in page
    act(bob, photos[3], "unkeep")
    assert 'aria-pressed="false"' in bob.get(f"/photo/{photos[3].id}").text
    assert services.album.kept.page(None, 9) == []


def test_the_star_says_to_a_program_who_keeps_the_photo(
    bob: FlaskClient, photos: list[Photo], services: Services
):
    services.album.kept.keep(photos[3].id, 1)
    json = {"Accept": "application/json"}
    said = "Kept by you and Alice. It stays when older photos go."
    assert act(bob, photos[3], "keep", **json).json == {"mine": True, "kept": True, "said": said}
    said = "Kept by Alice. It stays when older photos go."
    assert act(bob, photos[3], "unkeep", **json).json == {"mine": False, "kept": True, "said": said}


NOT_KEPT = "Not kept. It is older than those that stay, and goes within the hour."


def test_taking_the_star_off_an_old_photo_says_that_it_goes_and_when(
    bob: FlaskClient, photos: list[Photo], services: Services, clock: FakeClock
):
    json = {"Accept": "application/json"}
    old, newest = photos[3], photos[-1]
    act(bob, old, "keep")
    assert act(bob, old, "unkeep", **json).json == {"mine": False, "kept": False, "said": "Not kept."}
    act(bob, old, "keep")
    clock.advance(hours=10)  # it is the morning, and all films of the day before are made
    assert act(bob, old, "unkeep", **json).json == {"mine": False, "kept": False, "said": NOT_KEPT}
    assert NOT_KEPT in bob.get(f"/photo/{old.id}").text
    act(bob, old, "keep")
    assert NOT_KEPT not in bob.get(f"/photo/{old.id}").text
    act(bob, newest, "keep")
    assert act(bob, newest, "unkeep", **json).json == {"mine": False, "kept": False, "said": "Not kept."}
    act(bob, old, "unkeep")
    services.album.purge(timedelta(hours=24))
    assert services.album.photo(old.id) is None
    assert services.album.photo(newest.id) is not None


def test_a_public_photo_is_not_said_to_go_when_the_last_star_is_taken_off(
    bob: FlaskClient, photos: list[Photo], services: Services, clock: FakeClock
):
    act(bob, photos[3], "keep")
    services.album.public.show(photos[3].id)
    clock.advance(days=2)
    said = act(bob, photos[3], "unkeep", Accept="application/json").json
    assert said == {
        "mine": False,
        "kept": True,
        "said": "It stays while it is on the public page.",
    }


def test_a_star_may_lead_back_to_its_page_and_nowhere_else(bob: FlaskClient, photos: list[Photo]):
    path = f"/photo/{photos[3].id}/keep"
    assert send(bob, path, next="/cam/sofa").headers["Location"] == "/cam/sofa"
    assert send(bob, path, next="//evil.example").headers["Location"] == "/cam"


def test_family_deletes_nothing(bob: FlaskClient, photos: list[Photo], services: Services):
    assert "/delete" not in bob.get(f"/photo/{photos[3].id}").text
    assert act(bob, photos[3], "delete").status_code == 403
    assert services.album.photo(photos[3].id)


def test_the_owner_deletes_a_photo_whoever_keeps_it_and_it_is_noted(
    app: Flask, photos: list[Photo], services: Services
):
    services.album.kept.keep(photos[3].id, 2)
    alice = app.test_client()
    sign_in(alice, ALICE)
    answer = act(alice, photos[3], "delete")
    assert answer.headers["Location"] == f"/photo/{photos[4].id}?gone=1"
    assert "The photo is deleted" in alice.get(answer.headers["Location"]).text
    assert services.album.photo(photos[3].id) is None
    assert not services.album.path(photos[3]).exists()
    line = services.accounts.journal.page()[0]
    assert (line.who, line.what) == ("Alice", "deleted")
    assert line.whom == "the photo of Sunday 22 November, 00:05, camera sofa"


def test_the_last_photo_deleted_leads_to_the_cam(app: Flask, services: Services):
    alice, photo = app.test_client(), add_photo(services, SUNDAY)
    sign_in(alice, ALICE)
    assert act(alice, photo, "delete").headers["Location"] == "/cam/sofa"


def test_deleting_asks_again_who_it_is(app: Flask, photos: list[Photo], clock: FakeClock):
    alice = app.test_client()
    sign_in(alice, ALICE)
    clock.advance(minutes=16)
    assert "Is that still you" in act(alice, photos[3], "delete").text


@pytest.mark.parametrize("photo_id", ["99", str(2**63), "9" * 30])
def test_a_photo_that_is_not_there_is_not_found(bob: FlaskClient, photos: list[Photo], photo_id: str):
    assert bob.get(f"/photo/{photo_id}").status_code == 404
    assert send(bob, f"/photo/{photo_id}/keep").status_code == 404
    assert send(bob, f"/photo/{photo_id}/unkeep").status_code == 404
