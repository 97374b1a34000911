"""What is done with a camera from its page."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pucci import services as parts_list
from pucci.album import Tally
from pucci.services import Services
from pucci.settings import CameraSettings
from pucci.web.site import create_app
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.house import add_photo, csrf_of, house_settings, move_in, sign_in

STEP = timedelta(minutes=5)


@pytest.fixture
def alice(client: FlaskClient) -> FlaskClient:
    sign_in(client, ALICE)
    return client


@pytest.fixture
def bob(client: FlaskClient) -> FlaskClient:
    sign_in(client, BOB)
    return client


def press(client: FlaskClient, path: str, **form: str) -> TestResponse:
    token = csrf_of(client.get("/cam").text)
    return client.post(path, data={"csrf_token": token, **form})


def test_the_page_names_the_stream_for_those_without_script(services: Services, bob: FlaskClient):
    add_photo(services, SUNDAY)
    page = bob.get("/cam").text
    assert 'data-stream="/media/live/sofa.mjpeg"' in page
    assert 'href="/cam/sofa?live=1"' in page
    assert "<script type=" in page
    live = bob.get("/cam/sofa?live=1").text
    assert '<img src="/media/live/sofa.mjpeg" width="320" height="240"' in live
    assert '<img src="/media/live/sofa.mjpeg?fps=1"' in bob.get("/cam/sofa?live=1&fps=1").text
    assert bob.get("/cam/sofa?live=1&fps=%22%3E").text.count("?fps=1") == live.count("?fps=1")


def test_live_is_there_before_the_first_photo(bob: FlaskClient):
    assert '<img src="/media/live/sofa.mjpeg" width="640" height="480"' in bob.get("/cam/sofa?live=1").text


def test_a_photo_taken_now_is_in_the_album_and_shown(services: Services, bob: FlaskClient):
    answer = press(bob, "/cam/sofa/photo")
    newest = services.album.newest("sofa")
    assert newest
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/cam/sofa?taken={newest.id}")
    page = bob.get(answer.headers["Location"]).text
    assert "There it is." in page
    assert f'src="/media/photo/{newest.id}.jpg"' in page
    assert "There it is." not in bob.get("/cam/sofa?taken=0").text
    assert press(bob, "/cam/attic/photo").status_code == 404


@pytest.mark.parametrize(
    ("device", "said"),
    [
        ("unplugged", "The camera sofa is unplugged. Plug it in; it goes on by itself."),
        ("truncate 40", "Damaged: cut short. Try again in a minute."),
    ],
)
def test_a_photo_that_fails_says_why(tmp_path: Path, clock: FakeClock, device: str, said: str):
    camera = CameraSettings(driver="synthetic", skip=0, device=device)
    services = parts_list.build(house_settings(tmp_path, cameras={"sofa": camera}), clock=clock)
    move_in(services, BOB)
    client = create_app(services).test_client()
    sign_in(client, BOB)
    answer = press(client, "/cam/sofa/photo")
    assert answer.status_code == 503
    assert f"<strong>No photo was taken.</strong> {said}" in answer.text
    assert 'role="alert"' in answer.text
    services.close()


@pytest.mark.parametrize(
    ("choice", "until", "said"),
    [
        ("hour", SUNDAY + timedelta(hours=1), "until 22:35"),
        ("morning", datetime(2026, 11, 23, 8, tzinfo=UTC), "until Monday 23 November, 08:00"),
        ("told", None, ""),
    ],
)
def test_the_owner_turns_it_off(
    services: Services, alice: FlaskClient, choice: str, until: datetime | None, said: str
):
    add_photo(services, SUNDAY)
    press(alice, "/cam/sofa/off", until=choice)
    off = services.privacy["sofa"].off()
    assert off
    assert (off.by, off.until) == ("Alice", until)
    page = alice.get("/cam").text
    assert f"The camera is off{' ' + said if said else ''}</h1>" in page
    assert "Alice turned it off. Nothing is seen or stored until" in page
    assert "/media/sheet/" in page
    assert "fetchpriority" not in page
    assert '<img src="/media/live/' not in alice.get("/cam/sofa?live=1").text
    press(alice, "/cam/sofa/on")
    assert services.privacy["sofa"].off() is None


def test_everybody_sees_that_it_is_off_and_only_the_owner_can_turn_it(services: Services, bob: FlaskClient):
    add_photo(services, SUNDAY)
    assert "Turn the camera off" not in bob.get("/cam").text
    token = csrf_of(bob.get("/cam").text)
    assert bob.post("/cam/sofa/off", data={"csrf_token": token, "until": "told"}).status_code == 403
    services.privacy["sofa"].turn_off(by="Alice <b>", until=None)
    page = bob.get("/cam").text
    assert "The camera is off</h1>" in page
    assert "Alice &lt;b&gt; turned it off. Nothing is seen or stored until it is turned on again." in page
    assert "Turn it on" not in page
    assert bob.post("/cam/sofa/on", data={"csrf_token": token}).status_code == 403


def test_a_choice_that_is_none_turns_nothing_off(services: Services, alice: FlaskClient):
    assert press(alice, "/cam/sofa/off", until="never").status_code == 400
    assert press(alice, "/cam/attic/off", until="told").status_code == 404
    assert services.privacy["sofa"].off() is None


def test_quiet_hours_say_that_they_are(tmp_path: Path, clock: FakeClock):
    camera = CameraSettings(driver="synthetic", quiet_hours=("21:00-06:30",))
    services = parts_list.build(house_settings(tmp_path, cameras={"sofa": camera}), clock=clock)
    move_in(services, ALICE)
    client = create_app(services).test_client()
    sign_in(client, ALICE)
    page = client.get("/cam").text
    assert "The camera is off until Monday 23 November, 06:30</h1>" in page
    assert "These are its quiet hours." in page
    assert "Turn it on" not in page
    services.close()


def test_slots_while_it_was_off_are_off_and_not_missed(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    for back in range(5, 1, -1):
        services.album.slots.missed("sofa", SUNDAY - back * STEP, reason="off, by Alice", tally=Tally(0))
    add_photo(services, SUNDAY - STEP, 1)
    services.album.slots.missed(
        "sofa", SUNDAY, reason="damaged: cut short", tally=Tally(9, {"cut short": 7, "data lost": 2})
    )
    clock.advance(minutes=6)
    page = bob.get("/cam").text
    assert "1 of 2 slots, 9 frames refused" in page
    assert 'aria-label="1 slot filled, 1 missed, 4 off"' in page
    assert '<path class="pause"' in page
    assert "<dt>21:10</dt><dd>off until 21:30, by Alice</dd>" in page


def test_just_after_it_was_off_nothing_is_wrong(services: Services, bob: FlaskClient, clock: FakeClock):
    add_photo(services, SUNDAY - 3 * STEP)
    for back in (2, 1, 0):
        services.album.slots.missed("sofa", SUNDAY - back * STEP, reason="off, by Alice", tally=Tally(0))
    clock.advance(minutes=6)
    page = bob.get("/cam").text
    assert "The camera was off until now.</strong> This is the last photo, 21:20." in page
    assert 'note bad"><svg' not in page.split("<template")[0]
