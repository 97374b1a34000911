import contextlib
import gzip
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pucci import services as parts_list
from pucci.album import Tally
from pucci.services import Services
from pucci.settings import CameraSettings, CaptureSettings, ClockSettings
from pucci.web.site import create_app
from tests.fakes import SUNDAY, FakeClock
from tests.people import BOB
from tests.web.house import add_photo, house_settings, miss_slots, move_in, sign_in

STEP = timedelta(minutes=5)


@pytest.fixture
def bob(client: FlaskClient) -> FlaskClient:
    sign_in(client, BOB)
    return client


def fill(services: Services, *kinds: str) -> None:
    """Fill or miss the slots up to 21:35, the last word being the newest; "" is filled."""
    for back, reason in zip(reversed(range(len(kinds))), kinds, strict=True):
        due = SUNDAY - back * STEP
        if reason:
            services.album.slots.missed("sofa", due, reason=reason, tally=Tally(tries=3))
        else:
            add_photo(services, due, back)


def test_the_newest_photo_is_shown_large_with_its_time(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    fill(services, "", "", "")
    newest = services.album.newest("sofa")
    assert newest
    clock.advance(minutes=2)
    page = bob.get("/cam").text
    assert f'<img src="/media/photo/{newest.id}.jpg" width="320" height="240"' in page
    assert 'alt="Newest photo, 21:35, camera sofa"' in page
    assert ">21:35</h1>" in page
    assert "2 minutes ago, camera “sofa”" in page
    assert "The camera is closed." in page
    assert "Next photo at 21:40." in page
    assert "<title>21:35: Pucci</title>" in page
    assert bob.get("/cam/sofa").text.count("<img") == page.count("<img")


def test_the_slots_of_today_are_counted_and_the_missed_ones_have_their_reason(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    fill(services, "", "camera unplugged", "camera unplugged", "", "damaged: cut short", "")
    clock.advance(minutes=2)
    page = bob.get("/cam").text
    assert "3 of 6 slots" in page
    assert 'aria-label="3 slots filled, 3 missed"' in page
    assert (
        "<dt>21:30</dt><dd>damaged: cut short</dd><dt>21:15</dt><dd>2 missed: camera unplugged</dd>" in page
    )
    assert page.count('<path class="ok"') == 3
    assert page.count('<path class="miss"') == 2


def test_the_last_hours_stand_newest_first_and_yesterdays_say_so(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    for back in (22 * 60 + 30, 40, 5, 0):
        add_photo(services, SUNDAY - timedelta(minutes=back), back)
    clock.advance(minutes=2)
    page = bob.get("/cam").text
    headings = re.findall("<h3>(.*?)</h3>", page)
    assert headings == ["21:00", "20:00", "Saturday 21 November, 23:00"]
    shown = re.findall(r'<a href="/photo/\d+" data-photo="[^"]+" aria-label="([\d:]+)"', page)
    assert shown == ["21:35", "21:30", "20:55", "23:05"]
    assert page.count('aria-current="true"') == 1


def named_in(page: str) -> list[int]:
    """Return the photos a page names by their own address, each once, in the page's order."""
    return list(dict.fromkeys(map(int, re.findall(r"/media/photo/(\d+)\.jpg", page))))


def test_every_photo_of_the_last_day_is_named_newest_first(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    photos = [add_photo(services, SUNDAY - back * STEP, back % 7) for back in reversed(range(288))]
    clock.advance(minutes=2)
    page = bob.get("/cam").text
    assert named_in(page) == [photo.id for photo in reversed(photos)]
    seen, closed = page.split("<details><summary><span>The hours before")
    assert (len(sheets_in(seen)), len(sheets_in(closed))) == (6, 19)  # the 25th is the hour that is not over
    assert page.count('<img src="/media/sheet/') == page.count(' loading="lazy"')
    assert '<span class="soft small">220 photos</span></summary>' in closed
    print(f"{len(page)} bytes, gzipped {len(gzip.compress(page.encode()))}")
    assert len(gzip.compress(page.encode())) < 12_000


def test_photos_that_a_full_sheet_leaves_out_are_named_with_their_neighbour(services: Services):
    settings = replace(services.settings, capture=CaptureSettings(interval_s=20))
    client = create_app(replace(services, settings=settings)).test_client()
    sign_in(client, BOB)
    start = SUNDAY.replace(minute=0)
    photos = [add_photo(services, start + timedelta(seconds=20 * n), n % 7) for n in range(100)]
    page = client.get("/cam").text
    assert named_in(page) == [photo.id for photo in reversed(photos)]
    assert len(re.findall("data-photo", page)) == 51  # with the newest, which is shown large


def sheets_in(page: str) -> list[str]:
    return re.findall(r'src="(/media/sheet/hour/[^"]+)"', page)


def test_an_hours_photos_are_one_picture_the_same_as_on_the_days_page(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    for back in range(0, 10 * 60, 20):
        add_photo(services, SUNDAY - timedelta(minutes=back), back)
    clock.advance(minutes=2)
    page = bob.get("/cam").text
    sheets = sheets_in(page)
    assert len(sheets) == 11
    assert "/media/thumb/" not in page
    for sheet, number in zip(sheets, range(21, 10, -1), strict=True):
        assert sheet in bob.get(f"/album/2026-11-22?at={number}").text


def test_the_hour_in_which_the_day_before_ends_is_a_whole_one(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    for minutes in (20, 40):
        add_photo(services, SUNDAY.replace(day=21, minute=minutes), minutes)
    clock.advance(minutes=2)
    (sheet,) = sheets_in(bob.get("/cam").text)
    assert sheets_in(bob.get("/album/2026-11-21?at=21").text) == [sheet]


@pytest.mark.parametrize("zone", ["Australia/Lord_Howe", "Asia/Kathmandu"])
def test_an_hour_is_the_familys_also_where_it_is_half_an_hour_off(
    tmp_path: Path, clock: FakeClock, zone: str
):
    settings = house_settings(tmp_path, clock=ClockSettings(timezone=zone))
    with contextlib.closing(parts_list.build(settings, clock=clock)) as services:
        move_in(services, BOB)
        for back in range(0, 60, 20):
            add_photo(services, SUNDAY - timedelta(minutes=back), back)
        client = create_app(services).test_client()
        sign_in(client, BOB)
        page = client.get("/cam").text
        assert all(heading.endswith(":00") for heading in re.findall("<h3>(.*?)</h3>", page))
        day = client.get("/album").headers["Location"]
        sheets = sheets_in(page)
        assert len(sheets) == 2
        assert all(sheet in client.get(day).text for sheet in sheets)


def test_before_the_first_photo_the_page_says_when_it_comes(bob: FlaskClient, clock: FakeClock):
    clock.advance(minutes=2)
    page = bob.get("/cam").text
    assert "No photo yet" in page
    assert "Pucci’s photos will be here, every five minutes." in page
    assert "due at 21:40" in page
    assert "/media/photo/" not in page


def test_before_the_first_photo_it_also_says_why_there_is_none(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    fill(services, "camera unplugged")
    clock.advance(minutes=2)
    assert "There is none so far: camera unplugged." in bob.get("/cam").text


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("camera unplugged", "The camera is unplugged since 21:25.</strong> This is the last photo, 21:20."),
        ("camera busy", "The camera is busy since 21:25.</strong> Another program has it."),
        ("camera silent", "The camera is silent since 21:25."),
        ("camera stuck", "The camera hangs since 21:25.</strong> A reset of its USB port did not help."),
        ("camera not permitted", "Pucci may not open the camera since 21:25."),
        ("damaged: cut short", "No new photo since 21:20.</strong> Damaged: cut short."),
        ("the card is full", "No new photo since 21:20.</strong> The card is full."),
    ],
)
def test_an_old_photo_is_dimmed_and_says_since_when_and_why(
    services: Services, bob: FlaskClient, clock: FakeClock, reason: str, said: str
):
    fill(services, "", "", reason, reason, reason)
    clock.advance(minutes=6)
    page = bob.get("/cam").text
    assert said in page
    assert '<figure class="pic bleed dim">' in page
    assert "The camera is closed." not in page


def test_a_camera_just_unplugged_is_said_at_once_and_its_photo_is_not_old_yet(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    fill(services, "", "", "camera unplugged")
    clock.advance(minutes=2)
    page = bob.get("/cam").text
    assert "The camera is unplugged since 21:35." in page
    assert "pic bleed dim" not in page


def test_one_damaged_frame_is_tried_again_and_alarms_nobody(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    fill(services, "", "", "damaged: cut short")
    clock.advance(minutes=2)
    assert "The camera is closed." in bob.get("/cam").text


def test_when_nothing_runs_the_old_photo_does_not_pose_as_new(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    fill(services, "", "")
    clock.advance(hours=2)
    page = bob.get("/cam").text
    assert "No new photo since 21:35." in page
    assert "Start Pucci again." in page
    assert "pic bleed dim" in page


def test_trouble_since_before_midnight_is_dated_by_the_last_photo(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    add_photo(services, SUNDAY)
    clock.advance(days=3)
    miss_slots(services, clock.now(), STEP, ["camera unplugged"] * 400)
    page = bob.get("/cam").text
    assert "unplugged since Sunday 22 November, 21:35." in page
    assert "3 days ago" in page


def test_a_photo_of_the_future_is_shown_where_the_clock_was_set_back(
    services: Services, bob: FlaskClient, clock: FakeClock
):
    add_photo(services, SUNDAY + timedelta(hours=3), due=False)
    page = bob.get("/cam").text
    assert "just now" in page
    assert "Monday 23 November, 00:35" in page


def test_a_drawing_does_not_pose_as_the_dog(tmp_path: Path, services: Services, bob: FlaskClient):
    fill(services, "", "")
    assert "This is a drawing." in bob.get("/cam").text


def test_where_the_drawn_dog_stands_in_the_page_says_what_to_do(tmp_path: Path, clock: FakeClock):
    settings = house_settings(tmp_path, cameras={"sofa": CameraSettings(driver="auto")})
    services = parts_list.build(settings, clock=clock)
    if not services.cameras["sofa"].stands_in:
        pytest.skip("there is a webcam")
    move_in(services, BOB)
    add_photo(services, SUNDAY)
    client = create_app(services).test_client()
    sign_in(client, BOB)
    page = client.get("/cam").text
    assert "No camera is plugged in: this is a drawing." in page
    services.close()


def test_of_several_cameras_one_is_chosen(tmp_path: Path, clock: FakeClock):
    services = parts_list.build(house_settings(tmp_path, "sofa", "garden"), clock=clock)
    move_in(services, BOB)
    sofa, garden = add_photo(services, SUNDAY), add_photo(services, SUNDAY, 1, camera="garden")
    client = create_app(services).test_client()
    sign_in(client, BOB)
    for path, current, photo in (("/cam", "sofa", sofa), ("/cam/garden", "garden", garden)):
        page = client.get(path).text
        assert f'href="/cam/{current}" aria-current="page"' in page
        assert f'src="/media/photo/{photo.id}.jpg"' in page
    assert client.get("/cam/attic").status_code == 404
    services.close()


def test_one_camera_needs_no_choice(services: Services, bob: FlaskClient):
    fill(services, "")
    assert 'aria-label="Cameras"' not in bob.get("/cam").text


def test_the_first_versions_address_leads_here(client: FlaskClient):
    assert client.get("/doggiecam").headers["Location"] == "/cam"


def test_a_picture_every_second_does_not_make_a_page_without_end(services: Services, clock: FakeClock):
    settings = replace(services.settings, capture=CaptureSettings(interval_s=1))
    client = create_app(replace(services, settings=settings)).test_client()
    sign_in(client, BOB)
    miss_slots(services, SUNDAY, timedelta(seconds=1), [f"no {number % 2}" for number in range(1500)])
    add_photo(services, SUNDAY - timedelta(minutes=60))
    add_photo(services, SUNDAY - timedelta(minutes=20), 1)
    page = client.get("/cam").text
    assert page.count("/media/sheet/") == 1
    assert page.count("<dt>") == 8
    assert re.search(r"And 14\d\d earlier\.", page)
    assert len(page) < 20_000


def test_the_health_page_says_one_word(services: Services, client: FlaskClient, clock: FakeClock):
    assert (client.get("/health").json, client.get("/health").status_code) == ({"status": "starting"}, 503)
    fill(services, "", "")
    answer = client.get("/health")
    assert (answer.json, answer.status_code) == ({"status": "ok"}, 200)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    clock.advance(hours=1)
    assert client.get("/health").status_code == 503
