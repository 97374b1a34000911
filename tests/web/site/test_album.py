"""A day of the album, as Bob sees it."""

import json
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from pucci import services as parts_list
from pucci.services import Services
from pucci.settings import ClockSettings
from pucci.web.site import create_app
from tests.fakes import SUNDAY, FakeClock
from tests.people import BOB
from tests.web.asking import ask
from tests.web.house import add_photo, house_settings, miss_slots, move_in, sign_in

ON_BOTH = True


STEP = timedelta(minutes=5)


@pytest.fixture
def bob(client: FlaskClient) -> FlaskClient:
    sign_in(client, BOB)
    return client


def data_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="day">(.+?)</script>', page)
    assert found, page
    return json.loads(found[1])


def cookie_of(client: FlaskClient) -> str:
    cookie = client.get_cookie("pucci")
    assert cookie
    return f"pucci={cookie.value}"


def test_the_album_opens_at_the_last_day_with_photos(bob: FlaskClient, services: Services):
    assert bob.get("/album").headers["Location"] == "/album/2026-11-22"
    add_photo(services, SUNDAY - timedelta(days=3))
    assert bob.get("/album").headers["Location"] == "/album/2026-11-19"


def test_a_day_shows_its_photos_and_no_other_days(bob: FlaskClient, services: Services):
    yesterday = add_photo(services, SUNDAY - timedelta(days=1))
    today = [add_photo(services, SUNDAY - STEP * n, n) for n in range(3, 0, -1)]
    page = bob.get("/album/2026-11-22").text
    assert "Sunday 22 November" in page
    assert "3 photos" in page
    told = data_of(page)
    assert [photo[1] for photo in told["photos"]] == [photo.id for photo in today]
    assert [photo[3] for photo in told["photos"]] == ["21:20", "21:25", "21:30"]
    assert told["picked"] == today[-1].id  # the newest
    assert f"/photo/{yesterday.id}" not in page
    assert 'href="/album/2026-11-21" aria-label="The day before: Saturday 21 November"' in page
    assert "The day after" not in page


def test_another_day_opens_at_its_liveliest(bob: FlaskClient, services: Services):
    night = SUNDAY - timedelta(days=1)
    for at, number in enumerate((0, 0, 40, 40)):
        add_photo(services, night + STEP * at, number)
    liveliest = max(
        services.album.between("sofa", night, SUNDAY), key=lambda photo: (photo.activity or 0, -photo.id)
    )
    assert data_of(bob.get("/album/2026-11-21").text)["picked"] == liveliest.id


def test_every_sheet_of_the_page_comes(bob: FlaskClient, services: Services):
    for number in range(20):
        add_photo(services, SUNDAY - STEP * (20 - number), number)
    page = bob.get("/album/2026-11-22").text
    sheets = set(re.findall(r"/media/sheet/[\w/-]+\.jpg", page))
    assert len(sheets) == 5  # two strips, three hours
    for sheet in sheets:
        answer = ask(services, sheet, cookie=cookie_of(bob))
        assert answer.status == 200, sheet
        assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
        assert answer.body.startswith(b"\xff\xd8")
        assert ask(services, sheet).status == 403
        other = sheet.replace(sheet[-12:-4], "00000000")
        assert ask(services, other, cookie=cookie_of(bob)).status == 404


def test_a_sheet_has_another_address_once_a_photo_is_gone(bob: FlaskClient, services: Services):
    photos = [add_photo(services, SUNDAY - STEP * n, n) for n in (3, 2, 1)]
    before = data_of(bob.get("/album/2026-11-22").text)["hours"][21]["sheet"]
    services.album.delete([photos[0]])
    after = data_of(bob.get("/album/2026-11-22").text)["hours"][21]["sheet"]
    assert before != after
    assert ask(services, before, cookie=cookie_of(bob)).status == 404
    assert ask(services, after, cookie=cookie_of(bob)).status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/media/sheet/hour/sofa/1-2-00000000.jpg",
        "/media/sheet/day/sofa/0-9999999999-00000000.jpg",
        "/media/sheet/week/sofa/0-900-00000000.jpg",
        "/media/sheet/day/../0-900-00000000.jpg",
        "/media/sheet/day/nowhere/0-900-00000000.jpg",
        "/media/sheet/day/sofa/9999999000-9999999900-00000000.jpg",
    ],
)
def test_a_sheet_made_up_is_not_made(bob: FlaskClient, services: Services, path: str):
    add_photo(services, SUNDAY)
    assert ask(services, path, cookie=cookie_of(bob)).status == 404


def test_of_many_gaps_the_one_that_goes_on_is_on_top_and_none_is_kept_back(
    bob: FlaskClient, services: Services, clock: FakeClock
):
    for number in range(12):
        add_photo(services, SUNDAY - (2 * number + 3) * STEP, number)
        miss_slots(services, SUNDAY - (2 * number + 2) * STEP, STEP, [f"reason {number}"])
    miss_slots(services, SUNDAY, STEP, ["camera unplugged"] * 2)
    clock.jump(SUNDAY + timedelta(minutes=2))
    page = bob.get("/album/2026-11-22").text
    said = re.findall(r"<li><span>([^<]+)</span><span class=\"soft\">([^<]+)</span></li>", page)
    assert [reason for _, reason in said][:3] == ["camera unplugged", "reason 0", "reason 1"]
    assert [reason for _, reason in said if reason.startswith("reason")] == [f"reason {n}" for n in range(12)]
    top, more = page.split(f'<details><summary class="soft">And {len(said) - 8} more.</summary>')
    assert "reason 6<" in top
    assert "reason 11<" in more


def test_gaps_stand_there_with_their_reasons(bob: FlaskClient, services: Services):
    for number in range(4):
        add_photo(services, SUNDAY - timedelta(hours=3) + STEP * number, number)
    miss_slots(services, SUNDAY - timedelta(hours=2), STEP, ["camera unplugged"] * 8)
    add_photo(services, SUNDAY - timedelta(hours=2) + STEP, 9)
    page = bob.get("/album/2026-11-22").text
    assert "Not seen today" in page
    assert "19:00 to 19:40" in page
    assert "camera unplugged" in page
    gap = next(gap for gap in data_of(page)["gaps"] if gap["reason"] == "camera unplugged")
    assert (gap["from"], gap["to"]) == (19 * 3600, 19 * 3600 + 40 * 60)


def test_of_a_day_nobody_remembers_no_gaps_are_said(bob: FlaskClient, services: Services):
    add_photo(services, SUNDAY - timedelta(days=90), due=False)
    page = bob.get("/album/2026-08-24").text
    assert "Not seen" not in page
    assert data_of(page)["gaps"] == []


def test_without_script_hours_and_photos_are_links(bob: FlaskClient, services: Services):
    early, late = add_photo(services, SUNDAY - timedelta(hours=9)), add_photo(services, SUNDAY)
    page = bob.get("/album/2026-11-22").text
    assert 'href="?at=12"' in page
    assert f'href="/photo/{late.id}" aria-label="21:35" aria-current="true"' in page
    page = bob.get("/album/2026-11-22?at=12").text
    assert f'href="/photo/{early.id}" aria-label="12:35" aria-current="true"' in page
    assert "From 12:00" in page
    for query in (f"photo={early.id}", "at=11"):  # an empty hour leads to the photo nearest to it
        assert data_of(bob.get(f"/album/2026-11-22?{query}").text)["picked"] == early.id
    for query in ("at=99", "at=x", "at=²", "photo=999", "photo=x"):
        assert data_of(bob.get(f"/album/2026-11-22?{query}").text)["picked"] == late.id


def test_the_calendar_has_links_to_days_with_photos_and_a_star_where_some_are_kept(
    bob: FlaskClient, services: Services
):
    days = [add_photo(services, SUNDAY - timedelta(days=back)) for back in (40, 5, 3, 0)]
    services.album.kept.keep(days[1].id, 2)
    page = bob.get("/album/2026-11-22").text
    cal = page[page.index('<table class="cal">') : page.index("</table>")]
    assert re.findall(r"/album/2026-11-(\d\d)", cal) == ["17", "19", "22"]
    assert re.findall(r'class="star" aria-label="(\d+), with kept photos"', cal) == ["17"]
    assert 'href="/album/2026-10-13" aria-label="Earlier: October 2026"' in page
    assert 'href="/album/2026-11-19" aria-label="The day before: Thursday 19 November"' in page
    assert "Later:" not in page


def test_ones_own_stars_are_known_to_the_page(bob: FlaskClient, services: Services):
    mine, hers = add_photo(services, SUNDAY - STEP), add_photo(services, SUNDAY, 1)
    services.album.kept.keep(mine.id, 2)
    services.album.kept.keep(hers.id, 1)
    page = bob.get("/album/2026-11-22").text
    assert data_of(page)["mine"] == [mine.id]
    assert "2</span> kept" in page


def test_each_camera_has_its_days(bob: FlaskClient, services: Services):
    add_photo(services, SUNDAY)
    add_photo(services, SUNDAY - timedelta(days=1), camera="garden")
    assert bob.get("/album?camera=garden").headers["Location"] == "/album/2026-11-21?camera=garden"
    assert "1 photo" in bob.get("/album/2026-11-21?camera=garden").text
    assert "No photos" in bob.get("/album/2026-11-21").text
    assert bob.get("/album/2026-11-21?camera=nowhere").status_code == 404


@pytest.mark.parametrize("day", ["today", "2026-13-01", "20261122x", "0001-01-01", "9999-12-31", "-1", "²"])
def test_a_day_that_is_none_is_not_found(bob: FlaskClient, services: Services, day: str):
    add_photo(services, SUNDAY)
    assert bob.get(f"/album/{day}").status_code in (200, 404)


@pytest.mark.parametrize(
    ("day", "hours", "photos"), [("2026-03-29", 23, 23), ("2026-10-25", 25, 25), ("2026-11-22", 24, 24)]
)
def test_days_begin_at_the_familys_midnight_also_when_clocks_change(
    tmp_path: Path, day: str, hours: int, photos: int
):
    clock = FakeClock(SUNDAY + timedelta(days=30))
    settings = house_settings(tmp_path, clock=ClockSettings(timezone="Europe/Berlin"))
    services = parts_list.build(settings, clock=clock)
    move_in(services, BOB)
    app = create_app(services)
    start = app.jinja_env.globals["words"].midnight(date.fromisoformat(day))  # type: ignore[union-attr]
    for number in range(-3, 29):
        add_photo(services, start.astimezone(SUNDAY.tzinfo) + timedelta(hours=number), number)
    client = app.test_client()
    sign_in(client, BOB)
    told = data_of(client.get(f"/album/{day}").text)
    assert len(told["hours"]) == hours
    assert len(told["photos"]) == photos
    assert told["length"] == hours * 3600
    assert told["photos"][0][3] == "00:00"
    assert told["photos"][-1][3] == "23:00"
    services.close()
