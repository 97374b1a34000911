"""Films of real photos, by the real ffmpeg."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pucci import services as parts_list
from pucci.album import filmfiles
from pucci.album.check import check
from pucci.album.film import Film
from pucci.album.films import Kind
from pucci.errors import AlbumFull, Busy, NoFilm, NoSuchFilm
from pucci.services import Services
from pucci.settings import ClockSettings, DiskSettings, FilmSettings, RetentionSettings
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE
from tests.web.house import add_photo, house_settings, move_in

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


def test_an_outage_over_midnight_costs_no_film_of_the_day_before_it(services: Services, clock: FakeClock):
    kept, films = timedelta(hours=24), services.album.films
    fill(services, MIDNIGHT - DAY, 48)
    clock.jump(MIDNIGHT + timedelta(minutes=6))
    services.films.work()
    fill(services, MIDNIGHT, 46)  # up to 22:30 on Sunday; then there is no power until Tuesday morning
    clock.jump(MIDNIGHT + 2 * DAY + timedelta(hours=8))
    add_photo(services, clock.now(), 99)
    assert (
        len(services.album.expired(kept, services.films.holds_since)) > 40
    )  # nobody makes films: none waits
    with films.only_one():  # the thread begins, and waits for another one
        services.films.start()
        waiting = services.album.expired(kept, services.films.holds_since)
        assert [photo for photo in waiting if photo.taken_at >= MIDNIGHT] == []
        services.films.stop()
    with closing(parts_list.build(services.settings, clock=clock)) as anew:
        for _ in range(3):
            anew.films.work()
    assert [(one.start, one.photos) for one in films.newest()] == [(MIDNIGHT, 46), (MIDNIGHT - DAY, 48)]
    assert len(films.dailies("sofa")) == 2
    assert services.album.purge(kept, services.films.holds_since) > 40


def test_photos_wait_six_hours_for_the_film_of_a_missed_night_and_no_longer(
    services: Services, clock: FakeClock
):
    fill(services, MIDNIGHT - DAY, 2)
    clock.jump(MIDNIGHT + timedelta(minutes=6))
    services.films.work()
    fill(services, MIDNIGHT, 46)
    clock.jump(MIDNIGHT + 2 * DAY + timedelta(hours=8))
    add_photo(services, clock.now(), 99)
    with services.album.films.only_one():
        services.films.start()
        assert services.album.purge(timedelta(hours=24), services.films.holds_since) == 2
        clock.advance(hours=6, minutes=1)
        assert services.album.purge(timedelta(hours=24), services.films.holds_since) == 46
        services.films.stop()


def test_missed_nights_are_looked_at_for_a_week_one_after_the_other_and_no_film_is_made_again(
    tmp_path: Path, clock: FakeClock
):
    keeps_all = house_settings(tmp_path, retention=RetentionSettings(max_age_h=0))

    def starts() -> list[datetime]:
        with closing(parts_list.build(keeps_all, clock=clock)) as built:
            for _ in range(12):
                built.films.work()
                assert built.album.films.next_wanted() is None
            return sorted(film.start for film in built.album.films.done())

    with closing(parts_list.build(keeps_all, clock=clock)) as built:
        for number in range(12):
            add_photo(built, MIDNIGHT + number * DAY, number)
        clock.jump(MIDNIGHT + DAY + timedelta(minutes=6))
        built.films.work()
        built.films.work()
    clock.jump(MIDNIGHT + 12 * DAY + timedelta(minutes=6))
    made = [MIDNIGHT + number * DAY for number in (0, 1, 2, 3, 4, 5, 6, 7, 11)]
    assert starts() == made
    with closing(parts_list.build(keeps_all, clock=clock)) as built:
        built.album.films.delete(next(film for film in built.album.films.done() if film.start == made[3]))
    assert starts() == [*made[:3], *made[4:]]


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


def made(services: Services, kind: Kind = Kind.SPAN, hour: str = "") -> Film:
    fill(services, MIDNIGHT, 3)
    return services.films.make(services.album.films.want("sofa", kind, MIDNIGHT, MIDNIGHT + DAY, hour))


def test_where_the_disk_is_full_a_film_waits_and_is_made_when_there_is_room(tmp_path: Path, clock: FakeClock):
    services = parts_list.build(house_settings(tmp_path, films=FilmSettings(nightly=False)), clock=clock)
    fill(services, MIDNIGHT, 3)
    film = services.album.films.want("sofa", Kind.SPAN, MIDNIGHT, MIDNIGHT + DAY)
    services.close()
    disk = DiskSettings(reserve_mb=0, album_max_mb=0.001)
    small = parts_list.build(
        house_settings(tmp_path, films=FilmSettings(nightly=False), disk=disk), clock=clock
    )
    move_in(small, ALICE)
    for photo in list(small.album.all_photos()):
        small.album.kept.keep(photo.id, 1)
    small.films.work()
    assert small.album.films.unfinished() == [film]
    with pytest.raises(AlbumFull, match="Only kept photos are left"):
        small.films.make(film)
    small.close()
    services = parts_list.build(house_settings(tmp_path, films=FilmSettings(nightly=False)), clock=clock)
    services.films.work()
    assert [one.id for one in services.album.films.newest()] == [film.id]
    services.close()


def told(film: Film) -> dict[str, object]:
    return {name: getattr(film, name) for name in Film.__dataclass_fields__ if name not in ("id", "asked_at")}


@pytest.mark.parametrize(("kind", "hour"), [(Kind.DAY, ""), (Kind.SPAN, ""), (Kind.DAILY, "07:30")])
def test_a_film_whose_row_is_lost_is_seen_and_adopted_with_all_that_was_known_of_it(
    services: Services, kind: Kind, hour: str
):
    films = services.album.films
    film = made(services, kind, hour)
    films.drop_row(film)
    (found,) = check(services.album)
    assert str(found) == f"S2 films/{film.file}: no row knows this film."
    assert found.is_broken
    assert films.newest() == []
    (found,) = check(services.album, repair=True)
    assert found.repaired == "Adopted."
    (back,) = films.newest()
    assert told(back) == told(film)
    assert back.asked_at >= film.end  # an unset clock made no old film of it
    assert check(services.album) == []


def test_a_film_cut_off_just_before_its_row_is_done_when_pucci_starts(services: Services):
    films = services.album.films
    film = made(services)
    films._change(film.id, state="making", file="", size=0, photos=0, seconds=0.0)
    (found,) = check(services.album, repair=True)
    assert not found.is_broken
    films.sweep()
    assert films.film(film.id) == film
    assert check(services.album) == []


def test_a_deletion_that_was_cut_off_is_no_film_nobody_sees(services: Services):
    film = made(services)
    services.album.films.drop_row(film)
    services.album.films.sweep()
    assert [told(one) for one in services.album.films.newest()] == [told(film)]


def test_a_film_whose_file_is_gone_or_cut_short_is_told_and_repaired(services: Services, tmp_path: Path):
    films = services.album.films
    gone, short = made(services), made(services)
    films.path(gone).unlink()
    data = films.path(short).read_bytes()
    films.path(short).write_bytes(data[:-1000])
    problems = {found.file: found.problem for found in check(services.album)}
    assert problems == {
        f"films/{gone.file}": "its row is there, its file is gone",
        f"films/{short.file}": "damaged on the disk",
    }
    assert len(check(services.album, repair=True)) == 2
    assert (tmp_path / "set-aside" / short.file).read_bytes() == data[:-1000]
    assert films.newest() == []
    assert check(services.album) == []


def test_what_is_no_whole_film_of_ours_is_left_where_it_is(services: Services):
    films = services.album.films
    film = made(services)
    films.drop_row(film)
    data = films.path(film).read_bytes()
    films.path(film).write_bytes(data[: len(data) // 2])
    (films.folder / "holiday.mp4").write_bytes(b"somebody else's")
    (found,) = check(services.album, repair=True)
    assert found.repaired == "Left where it is: not whole."
    films.sweep()
    assert films.newest() == []
    assert films.path(film).stat().st_size == len(data) // 2
    assert (films.folder / "holiday.mp4").exists()


def test_a_film_is_not_adopted_while_another_one_is_being_made(services: Services):
    films = services.album.films
    films.drop_row(made(services))
    with films.only_one():
        (found,) = check(services.album, repair=True)
    assert found.repaired == "Left: a film is just being made. Try again."


@pytest.mark.parametrize(
    "name",
    [
        "sofa-20261122T0000-20261123T0000-day-12.mov",
        "sofa-20261322T0000-20261123T0000-day-12.mp4",
        "sofa-20261122T0000-20261123T0000-night-12.mp4",
        "../sofa-20261122T0000-20261123T0000-day-12.mp4",
    ],
)
def test_other_names_are_none_of_ours(name: str):
    assert filmfiles.parse(name) is None


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 40))
def test_no_bytes_at_all_hurt_whoever_reads_a_video(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int
):
    path = tmp_path_factory.getbasetemp() / "any.mp4"
    box = (len(data) + 8).to_bytes(4) + b"moov" + data
    path.write_bytes(box)
    assert filmfiles.shape_of(path) is None
    path.write_bytes(box[at:])
    assert filmfiles.shape_of(path) is None
