"""Films of real photos, by the real ffmpeg."""

import json
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pucci import services as parts_list
from pucci.album.films import Kind
from pucci.errors import Busy, NoFilm, NoSuchFilm
from pucci.services import Services
from pucci.settings import ClockSettings, FilmSettings, RetentionSettings
from tests.fakes import SUNDAY, FakeClock
from tests.web.house import add_photo, house_settings

DAY = timedelta(days=1)
MIDNIGHT = SUNDAY.replace(hour=0, minute=0, second=0, microsecond=0)
STEP = timedelta(minutes=30)


@pytest.fixture
def services(tmp_path: Path, clock: FakeClock) -> Iterator[Services]:
    built = parts_list.build(house_settings(tmp_path, retention=RetentionSettings(max_age_h=24)), clock=clock)
    yield built
    built.close()


def fill(services: Services, start: datetime, count: int = 12) -> None:
    for number in range(count):
        add_photo(services, start + number * STEP, number)


def probe(path: Path) -> dict[str, str]:
    words = ["ffprobe", "-v", "error", "-show_streams", "-count_frames", "-of", "json", str(path)]
    said = subprocess.run(words, capture_output=True, check=True, timeout=60)
    return json.loads(said.stdout)["streams"][0]


def test_a_film_shows_every_photo_once_as_h264_for_every_browser(services: Services):
    fill(services, MIDNIGHT)
    film = services.films.make(services.album.films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY))
    path = services.album.films.path(film)
    found = probe(path)
    assert (found["codec_name"], found["pix_fmt"], found["nb_read_frames"]) == ("h264", "yuv420p", "12")
    assert (found["width"], found["height"], found["color_range"]) == (320, 240, "tv")
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")  # it plays before all of it is there
    assert (film.photos, film.seconds, film.size) == (12, 3.0, len(data))
    assert services.album.films.poster(film).read_bytes()[:2] == b"\xff\xd8"


def test_damaged_and_frozen_pictures_and_those_that_went_are_left_out(services: Services):
    fill(services, MIDNIGHT)
    photos = services.album.between("sofa", MIDNIGHT, MIDNIGHT + DAY)[::-1]
    paths = [services.album.path(photo) for photo in photos]
    paths[3].write_bytes(paths[3].read_bytes()[:-2000])
    paths[5].write_bytes(paths[4].read_bytes())
    paths[7].unlink()
    film = services.films.make(services.album.films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY))
    assert film.photos == 9


def test_a_span_without_photos_is_no_film(services: Services):
    with pytest.raises(NoFilm, match="Choose another span"):
        services.films.make(services.album.films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY))


def test_where_nothing_is_whole_nothing_is_left_behind(services: Services, tmp_path: Path):
    fill(services, MIDNIGHT, 3)
    for photo in services.album.between("sofa", MIDNIGHT, MIDNIGHT + DAY):
        services.album.path(photo).write_bytes(b"not a picture")
    with pytest.raises(NoFilm):
        services.films.make(services.album.films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY))
    assert [path.name for path in (tmp_path / "films").iterdir()] == ["lock"]


def test_one_film_at_a_time(services: Services):
    films = services.album.films
    first = films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY)
    with pytest.raises(Busy, match="cancel it"):
        films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY)
    films.delete(first)
    films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY)
    with films.only_one(), pytest.raises(Busy):
        services.films.make(first)


def test_a_film_that_is_cancelled_ends_and_leaves_nothing(
    services: Services, tmp_path: Path, clock: FakeClock
):
    fill(services, MIDNIGHT)
    films = services.album.films
    film = films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY)

    def cancel(done: int, _all: int) -> None:
        clock.advance(seconds=2)
        if done == 5:
            films.delete(film)

    with pytest.raises(NoSuchFilm):
        services.films.make(film, cancel)
    assert [path.name for path in (tmp_path / "films").iterdir()] == ["lock"]


def test_what_a_stop_interrupted_is_begun_anew(services: Services, tmp_path: Path):
    films = services.album.films
    film = films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY)
    part = films.begin(film)
    part.write_bytes(b"half a film")
    (tmp_path / "films" / "holiday.mp4.part").write_bytes(b"somebody else's")
    films.sweep()
    assert films.next_wanted() is not None
    assert not part.exists()
    assert (tmp_path / "films" / "holiday.mp4.part").exists()


def test_the_days_film_is_made_after_midnight_before_age_takes_its_photos(
    services: Services, clock: FakeClock
):
    fill(services, MIDNIGHT, 48)
    kept = timedelta(hours=24)
    clock.jump(MIDNIGHT + DAY + timedelta(minutes=2))
    assert services.album.purge(kept, services.films.holds_since) == 0
    services.films.work()
    assert services.album.films.newest() == []
    clock.jump(MIDNIGHT + DAY + timedelta(minutes=6))
    services.films.work()
    (film,) = services.album.films.newest()
    assert (film.kind, film.photos, film.start) == (Kind.DAY, 48, MIDNIGHT)
    assert services.album.purge(kept, services.films.holds_since) == 1
    services.films.work()
    assert len(services.album.films.newest()) == 1


def test_photos_wait_for_no_film_that_never_comes(services: Services, clock: FakeClock):
    fill(services, MIDNIGHT, 48)
    clock.jump(MIDNIGHT + DAY + timedelta(hours=7))
    assert services.album.purge(timedelta(hours=24), services.films.holds_since) > 10


def test_one_photo_a_day_outlives_the_others_for_a_film_of_months(services: Services, clock: FakeClock):
    for number in range(3):
        start = MIDNIGHT + number * DAY
        for hour in (9, 12, 15):
            add_photo(services, start + timedelta(hours=hour, minutes=number), 10 * number + hour)
        clock.jump(start + DAY + timedelta(minutes=10))
        services.films.work()
        services.album.purge(timedelta(hours=1), services.films.holds_since)
    assert list(services.album.films.dailies("sofa")) != []
    end = MIDNIGHT + 3 * DAY
    wanted = services.album.films.want("sofa", Kind.DAILY, MIDNIGHT, end, "12:00")
    made = services.films.make(wanted)
    assert (made.photos, made.copies) == (3, 0)  # the copies are of the hour that was asked for
    made = services.films.make(services.album.films.want("sofa", Kind.DAILY, MIDNIGHT, end, "08:00"))
    assert (made.photos, made.copies) == (3, 2)  # the newest photo is never taken by age
    assert sorted(services.album.films.dailies("sofa")) == [
        date(2026, 11, 22) + timedelta(days=number) for number in range(3)
    ]


def test_a_photo_that_somebody_deletes_is_in_no_daily_film(services: Services, clock: FakeClock):
    photo = add_photo(services, MIDNIGHT + timedelta(hours=12))
    clock.jump(MIDNIGHT + DAY + timedelta(minutes=10))
    services.films.work()
    assert len(services.album.films.dailies("sofa")) == 1
    services.album.delete([photo], kept_too=True)
    assert services.album.films.dailies("sofa") == {}


def test_old_films_go_but_not_the_newest_nor_while_the_clock_is_not_trusted(
    services: Services, clock: FakeClock
):
    fill(services, MIDNIGHT, 3)
    films = services.album.films
    for _ in range(2):
        services.films.make(films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY))
    clock.advance(days=400)
    clock.trusted = False
    assert films.purge(timedelta(days=365)) == 0
    clock.trusted = True
    assert films.purge(timedelta()) == 0
    assert films.purge(timedelta(days=365)) == 1
    (left,) = films.newest()
    assert films.path(left).exists()


def test_the_thread_makes_what_is_wanted_and_stops_in_time(tmp_path: Path):
    settings = house_settings(
        tmp_path, clock=ClockSettings(timezone="UTC", trust="always"), films=FilmSettings(nightly=False)
    )
    services = parts_list.build(settings)
    now = datetime.now(UTC)
    fill(services, now - 12 * STEP)
    services.films.start()
    film = services.album.films.want("sofa", Kind.SPAN, now - DAY, now)
    services.films.wake()
    done, found = threading.Event(), None
    for _ in range(600):
        if (found := services.album.films.film(film.id)) is not None and found.is_done:
            break
        done.wait(0.05)
    assert found is not None
    assert found.photos == 12
    services.films.stop()
    assert not any(thread.name == "films" for thread in threading.enumerate())
    services.close()
