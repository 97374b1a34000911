"""The films' page, and the films themselves, as Bob and Alice see them."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from pucci.album.films import Film, Kind
from pucci.services import Services
from tests.fakes import SUNDAY, FakeClock
from tests.frames import jpeg_bytes
from tests.people import ALICE, BOB
from tests.web.asking import ask
from tests.web.house import add_photo, sign_in
from tests.web.site.test_people import send

MIDNIGHT = SUNDAY.replace(hour=0, minute=0, second=0, microsecond=0)
DAY = timedelta(days=1)
ASKED = {"camera": "sofa", "kind": "span", "from": "2026-11-21", "to": "2026-11-22", "hour": "12:00"}


@pytest.fixture
def film(services: Services) -> Film:
    for number in range(8):
        add_photo(services, MIDNIGHT + timedelta(hours=number), number)
    return services.films.make(services.album.films.want("sofa", Kind.DAY, MIDNIGHT, MIDNIGHT + DAY))


def cookie_of(client: FlaskClient) -> str:
    found = client.get_cookie("pucci")
    assert found is not None
    return f"pucci={found.value}"


def test_the_page_says_where_films_come_from_until_there_is_one(client: FlaskClient):
    sign_in(client, BOB)
    assert "No films yet" in client.get("/films").text


def test_while_the_clock_is_not_set_the_page_says_that_no_day_becomes_a_film(
    client: FlaskClient, clock: FakeClock
):
    sign_in(client, BOB)
    said = ("The clock is not set yet, so no day becomes a film", "The first one comes the night after")
    assert [words in client.get("/films").text for words in said] == [False, True]
    clock.trusted = False
    assert [words in client.get("/films").text for words in said] == [True, False]


def test_a_film_is_shown_with_its_day_length_and_download(client: FlaskClient, film: Film):
    sign_in(client, BOB)
    page = client.get("/films").text
    assert f'src="/media/film/{film.id}.mp4"' in page
    assert "Sunday 22 November" in page
    assert "2 seconds, 8 photos" in page
    assert "Delete it" not in page


def test_a_day_leads_to_its_film_also_when_its_photos_are_gone(
    client: FlaskClient, services: Services, film: Film
):
    sign_in(client, BOB)
    assert f'href="/films#film-{film.id}"' in client.get("/album/2026-11-22").text
    assert f'id="film-{film.id}"' in client.get("/films").text
    assert "#film-" not in client.get("/album/2026-11-21").text
    services.album.delete(services.album.between("sofa", MIDNIGHT, MIDNIGHT + DAY), kept_too=True)
    assert f'href="/films#film-{film.id}"' in client.get("/album/2026-11-22").text


def test_a_film_of_one_photo_a_day_says_of_how_many_only_the_kept_one_was_left(
    client: FlaskClient, services: Services
):
    films = services.album.films
    films.keep_daily("sofa", (MIDNIGHT - DAY).date(), 99, jpeg_bytes(5, (320, 240)))
    add_photo(services, MIDNIGHT + timedelta(hours=8), 3)
    for hour in ("08:00", "12:00"):
        services.films.make(films.want("sofa", Kind.DAILY, MIDNIGHT - DAY, MIDNIGHT + DAY, hour))
    sign_in(client, BOB)
    page = client.get("/films").text
    assert "2 days at 08:00, 1 of them with the photo kept of the day, " in page
    assert "2 days at 12:00, 1" not in page
    assert "Of days whose photos have gone, one is left: that of 12:00." in page


def test_a_film_is_asked_for_watched_and_cancelled(client: FlaskClient, services: Services):
    sign_in(client, BOB)
    assert send(client, "/films", **ASKED).status_code == 303
    (wanted,) = services.album.films.unfinished()
    assert (wanted.start, wanted.end) == (MIDNIGHT - DAY, MIDNIGHT + DAY)
    page = client.get("/films").text
    assert "Saturday 21 November to Sunday 22 November" in page
    assert 'http-equiv="refresh"' in page
    assert client.get(f"/films/{wanted.id}.json").get_json() == {"state": "wanted", "progress": 0}
    assert send(client, "/films", **ASKED).status_code == 409
    assert send(client, f"/films/{wanted.id}/cancel").status_code == 303
    assert services.album.films.unfinished() == []
    assert client.get(f"/films/{wanted.id}.json").status_code == 404


@pytest.mark.parametrize(
    ("asked", "start", "end", "said"),
    [
        (
            {"from": "2026-11-22", "from_time": "14:00", "to_time": "16:30"},
            timedelta(hours=14),
            timedelta(hours=16, minutes=30),
            {
                "en-GB": "22 November, 14:00 to 16:30",
                "en-US": "22 November, 2:00 pm to 4:30 pm",
                "de": "22. November, 14:00 bis 16:30",
            },
        ),
        (
            {"from_time": "22:00", "to_time": "06:00"},
            timedelta(hours=-2),
            timedelta(hours=6),
            {
                "en-GB": "21 November, 22:00 to 22 November, 06:00",
                "en-US": "21 November, 10:00 pm to 22 November, 6:00 am",
                "de": "21. November, 22:00 bis 22. November, 06:00",
            },
        ),
        (
            {"from": "2026-11-22", "from_time": "20:00"},
            timedelta(hours=20),
            timedelta(hours=24),
            {
                "en-GB": "22 November, 20:00 to midnight",
                "en-US": "22 November, 8:00 pm to midnight",
                "de": "22. November, 20:00 bis Mitternacht",
            },
        ),
        (
            {"kind": "daily", "from_time": "20:00"},
            timedelta(days=-1),
            timedelta(days=1),
            {
                "en-GB": "Saturday 21 November to Sunday 22 November",
                "de": "Samstag, 21. November bis Sonntag, 22. November",
            },
        ),
    ],
    ids=["hours", "night", "to midnight", "one a day"],
)
def test_a_film_of_some_hours_says_its_times(
    client: FlaskClient,
    services: Services,
    asked: dict[str, str],
    start: timedelta,
    end: timedelta,
    said: dict[str, str],
):
    sign_in(client, BOB)
    assert send(client, "/films", **(ASKED | asked)).status_code == 303
    (wanted,) = services.album.films.unfinished()
    assert (wanted.start, wanted.end) == (MIDNIGHT + start, MIDNIGHT + end)
    for wish, words in said.items():
        assert f"<h2>{words}</h2>" in client.get("/films", headers={"Accept-Language": wish}).text


def test_why_there_is_no_film_is_said(client: FlaskClient, services: Services):
    sign_in(client, BOB)
    send(client, "/films", **ASKED)
    services.films.work()
    page = client.get("/films").text
    assert "There are no photos to make a film of." in page
    assert 'http-equiv="refresh"' not in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"from": "tomorrow"},
        {"to": "2026-11-20"},
        {"kind": "daily", "hour": "late"},
        {"to": "9999-12-31"},
        {"from_time": "half past two"},
        {"to": "2026-11-21", "from_time": "16:00", "to_time": "16:00"},
    ],
)
def test_what_makes_no_sense_is_said_and_kept_in_the_form(client: FlaskClient, wrong: dict[str, str]):
    sign_in(client, BOB)
    answer = send(client, "/films", **(ASKED | wrong))
    assert answer.status_code == 400
    assert "Choose a first and a last day" in answer.text
    assert f'value="{(ASKED | wrong)["from"]}"' in answer.text


def test_a_camera_that_is_none_makes_no_film(client: FlaskClient):
    sign_in(client, BOB)
    assert send(client, "/films", **(ASKED | {"camera": "../etc"})).status_code == 400


def test_an_owner_deletes_a_film_for_good(client: FlaskClient, services: Services, film: Film):
    sign_in(client, ALICE)
    path = services.album.films.path(film)
    assert send(client, f"/films/{film.id}/delete").status_code == 303
    assert services.album.films.newest() == []
    assert not path.exists()
    assert not path.with_suffix(".jpg").exists()


def test_every_byte_of_a_film_asks_for_the_family(client: FlaskClient, services: Services, film: Film):
    sign_in(client, BOB)
    for kind in ("mp4", "jpg"):
        path = f"/media/film/{film.id}.{kind}"
        assert ask(services, path).status == 403
        answer = ask(services, path, cookie=cookie_of(client))
        assert answer.status == 200
        assert "private" in answer.headers["cache-control"]
        assert ask(services, f"/media/film/{film.id + 1}.{kind}", cookie=cookie_of(client)).status == 404


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-99", 206, 0, 99),
        ("bytes=100-", 206, 100, None),
        ("bytes=-50", 206, -50, None),
        ("bytes=0-0", 206, 0, 0),
        ("bytes=5-1", 200, 0, None),
        ("lines=1-2", 200, 0, None),
        ("bytes=0-1,5-6", 200, 0, None),
    ],
)
def test_players_get_the_part_they_ask_for(
    client: FlaskClient, services: Services, film: Film, asked: str, status: int, first: int, last: int | None
):
    sign_in(client, BOB)
    whole = services.album.films.path(film).read_bytes()
    answer = ask(services, f"/media/film/{film.id}.mp4", cookie=cookie_of(client), asked_range=asked)
    assert answer.status == status
    assert answer.body == whole[first:][: None if last is None else last - first + 1]
    assert answer.headers["content-length"] == str(len(answer.body))
    if status == 206:
        begin = first % len(whole)
        assert answer.headers["content-range"] == f"bytes {begin}-{begin + len(answer.body) - 1}/{len(whole)}"


def test_a_part_behind_the_end_is_refused_with_the_length(
    client: FlaskClient, services: Services, film: Film
):
    sign_in(client, BOB)
    address = f"/media/film/{film.id}.mp4"
    answer = ask(services, address, cookie=cookie_of(client), asked_range=f"bytes={film.size}-")
    assert (answer.status, answer.headers["content-range"]) == (416, f"bytes */{film.size}")
