"""Room on the disk: pure, so it is tried on thousands of disks; then with real photos."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from pucci import jpeg, tables
from pucci.album import Album, Limits, early
from pucci.album.check import check
from pucci.album.film import Film, Kind, Made
from pucci.album.names import name_of
from pucci.album.room import Space, retired, shortage
from pucci.db import Database
from pucci.errors import AlbumFull
from pucci.photo import Photo
from tests.fakes import SUNDAY, FakeClock
from tests.frames import frame, jpeg_bytes

SIZE = len(jpeg_bytes(0))
GIGABYTE = 1_000_000_000


def photo(number: int, camera: str = "sofa", size: int = 10, sequence: int = 0) -> Photo:
    return Photo(number, camera, sequence or number, SUNDAY, f"{camera}{number}.jpg", size, 1, 1)


@pytest.mark.parametrize(
    ("size", "free", "need"),
    [
        (100 * GIGABYTE, GIGABYTE, 0),
        (100 * GIGABYTE, 500_000_000, 100),  # the reserve is 500 MB
        (100 * GIGABYTE, 499_000_000, 200),  # it is won back little by little
        (100 * GIGABYTE, 50_000_000, None),  # something else filled it: photos are no help
        (GIGABYTE, 200_000_000, 0),  # the reserve is a tenth: 100 MB
        (GIGABYTE, 100_000_050, 50),
    ],
)
def test_the_reserve_is_500_mb_or_a_tenth_and_won_back_little_by_little(
    size: int, free: int, need: int | None
):
    assert shortage(Space(size, free), 0, 100, Limits()) == need


def test_more_than_the_most_goes_at_once():
    assert shortage(Space(GIGABYTE, GIGABYTE), 1000, 100, Limits(0, 600)) == 500


def test_the_oldest_of_all_cameras_go_first():
    sofa, door = [photo(1), photo(4)], [photo(2, "door"), photo(3, "door")]
    assert [p.id for p in retired([sofa, door], 25)] == [1, 2, 3]


def test_a_photo_adopted_late_is_as_old_as_its_place():
    sofa, door = [photo(9, sequence=1), photo(3, sequence=3)], [photo(2, "door")]
    assert [p.id for p in retired([sofa, door], 20)] == [2, 9]


@given(
    st.lists(st.lists(st.integers(1, 1000), max_size=8), max_size=4),
    st.integers(0, 9000),
)
def test_no_more_go_than_are_needed_and_each_camera_in_its_order(sizes: list[list[int]], need: int):
    number, cameras = 0, list[list[Photo]]()
    for place, mine in enumerate(sizes):
        cameras.append([photo(number := number + 1, f"c{place}", size) for size in mine])
    gone = retired(cameras, need)
    assert sum(p.size for p in gone[:-1]) < need or not gone
    assert sum(p.size for p in gone) >= min(need, sum(sum(mine) for mine in sizes))
    for mine in cameras:
        taken = [p for p in mine if p in gone]
        assert taken == mine[: len(taken)]


def film(number: int, size: int = 10) -> Film:
    return Film(
        *(number, "sofa", "day", SUNDAY, SUNDAY, "", "done", 1000, "", SUNDAY, f"{number}.mp4", size),
        *(1.0, 1, 0, 1, 1),
    )


def names(gone: Iterable[Photo | Film]) -> list[str]:
    return [one.file for one in gone]


def test_a_film_goes_behind_the_last_photo_it_shows_and_first_where_none_is_left():
    sofa, door = [photo(3), photo(5)], [photo(4, "door")]
    films = [(film(1), 0), (film(2), 4)]
    order = ["1.mp4", "sofa3.jpg", "door4.jpg", "2.mp4", "sofa5.jpg"]
    for count in range(len(order) + 1):
        assert names(retired([sofa, door], 10 * count, films)) == order[:count]


@given(
    st.lists(st.lists(st.integers(1, 1000), max_size=8), max_size=4),
    st.lists(st.tuples(st.integers(1, 1000), st.integers(0, 40)), max_size=8),
    st.integers(0, 9000),
)
def test_of_photos_and_films_too_no_more_go_than_are_needed_and_the_oldest_first(
    sizes: list[list[int]], films: list[tuple[int, int]], need: int
):
    number, cameras = 0, list[list[Photo]]()
    for place, mine in enumerate(sizes):
        cameras.append([photo(number := number + 1, f"c{place}", size) for size in mine])
    shown = [(film(place, size), last) for place, (size, last) in enumerate(films)]
    age = {one.file: last for one, last in shown} | {one.file: one.id for mine in cameras for one in mine}
    gone = retired(cameras, need, shown)
    assert sum(one.size for one in gone[:-1]) < need or not gone
    assert sum(one.size for one in gone) >= min(need, sum(map(sum, sizes)) + sum(size for size, _ in films))
    stay = age.keys() - set(names(gone))
    assert max((age[name] for name in names(gone)), default=0) <= min(
        (age[name] for name in stay), default=99
    )


@pytest.fixture
def album(db: Database, tmp_path: Path, clock: FakeClock) -> Album:
    return Album(db, tmp_path, clock=clock, limits=Limits(reserve=0, most=5 * SIZE + SIZE // 2))


def add(album: Album, clock: FakeClock, camera: str = "sofa") -> Photo:
    clock.advance(minutes=5)
    taken = frame(clock.now(), 0)
    return album.add(camera, taken, jpeg.judge(taken.data))


def test_the_oldest_makes_place_for_the_newest_and_the_kept_stay(
    album: Album, db: Database, clock: FakeClock
):
    first = add(album, clock)
    star(db, first)
    for _ in range(9):
        add(album, clock)
    assert [p.sequence for p in album.all_photos()] == [1, 7, 8, 9, 10]
    assert check(album) == []
    assert album.room.state().word == "ok"


def test_that_photos_go_before_their_time_is_known_for_a_day(album: Album, db: Database, clock: FakeClock):
    hour, day = timedelta(hours=1), timedelta(days=1)
    for _ in range(5):
        add(album, clock)
    assert early.stays(db, now=clock.now(), keep=day) is None
    add(album, clock)
    assert early.stays(db, now=clock.now(), keep=day) == timedelta(minutes=25)
    assert early.stays(db, now=clock.now(), keep=timedelta(0)) == timedelta(minutes=25)
    assert early.stays(db, now=clock.now(), keep=timedelta(minutes=20)) is None  # age took them anyway
    assert early.stays(db, now=clock.now() + 23 * hour, keep=day)
    assert early.stays(db, now=clock.now() + 25 * hour, keep=day) is None


def test_a_clock_that_is_not_set_says_nothing_of_how_long_photos_stay(
    album: Album, db: Database, clock: FakeClock
):
    clock.trusted = False
    for _ in range(7):
        add(album, clock)
    assert early.stays(db, now=clock.now(), keep=timedelta(days=1)) is None


def test_with_only_kept_ones_left_no_new_one_is_stored_and_all_else_goes_on(
    album: Album, db: Database, clock: FakeClock
):
    for _ in range(5):
        star(db, add(album, clock))
    with pytest.raises(
        AlbumFull, match=r"as large as disk\.album_max_mb lets it be\. Only kept photos are left"
    ):
        add(album, clock)
    assert album.room.state().word == "full"
    assert [p.sequence for p in album.all_photos()] == [1, 2, 3, 4, 5]
    assert check(album) == []
    album.delete([p for p in album.all_photos() if p.sequence == 2], kept_too=True)
    assert album.room.state().word == "ok"
    assert add(album, clock).sequence == 6


def test_the_newest_of_each_camera_never_makes_place(album: Album, clock: FakeClock):
    names = ["sofa", "door", "bed", "hall", "yard"]
    for name in names:
        add(album, clock, name)
    with pytest.raises(AlbumFull):
        add(album, clock, "roof")
    assert album.index.cameras() == sorted(names)


def add_film(album: Album, size: int) -> Film:
    """Put down a film of all photos so far, and its files."""
    films = album.films
    end = max(one.taken_at for one in album.all_photos()) + timedelta(seconds=1)
    wanted = films.want("sofa", Kind.SPAN, SUNDAY, end, queues=False)
    part = films.begin(wanted)
    part.write_bytes(bytes(size))
    return films.finish(wanted, Made(part, b"poster", 1.0, 1, 320, 240))


def test_films_go_with_the_oldest_before_a_new_photo_is_refused(album: Album, db: Database, clock: FakeClock):
    star(db, add(album, clock))
    old, newest = add_film(album, 2 * SIZE), add_film(album, SIZE)
    add(album, clock)
    assert album.films.path(old).exists()
    add(album, clock)
    assert [one.id for one in album.films.done()] == [newest.id]
    assert not album.films.path(old).exists()
    assert not album.films.poster(old).exists()
    assert [p.sequence for p in album.all_photos()] == [1, 2, 3]
    add(album, clock)
    add(album, clock)
    assert [p.sequence for p in album.all_photos()] == [1, 3, 4, 5]
    assert [one.id for one in album.films.done()] == [newest.id]  # the newest never goes
    assert check_photos(album) == []


def test_a_film_whose_photos_are_there_stays_as_long_as_they(album: Album, clock: FakeClock):
    first = add(album, clock)
    early = add_film(album, SIZE // 4)
    for _ in range(2):
        add(album, clock)
    late = add_film(album, SIZE // 4)
    for _ in range(3):
        add(album, clock)
    assert first.id not in {p.id for p in album.all_photos()}
    assert [one.id for one in album.films.done()] == [late.id, early.id]
    add(album, clock)
    assert [p.sequence for p in album.all_photos()] == [3, 4, 5, 6, 7]
    assert [one.id for one in album.films.done()] == [late.id]
    assert not album.films.path(early).exists()


def fill(album: Album, db: Database, clock: FakeClock, count: int) -> None:
    """Put photos into the album at once, without a sync for each; every tenth is kept."""
    data, values = jpeg_bytes(0), list[dict[str, object]]()
    for number in range(1, count + 1):
        clock.advance(minutes=5)
        name = name_of("sofa", clock.now(), number)
        path = album.files.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        kept = number % 10 == 1
        taken = {"sequence": number, "taken_at": clock.now(), "file": name, "kept": kept}
        values.append({"camera": "sofa", "size": SIZE, "width": 320, "height": 240, **taken})
    photo = tables.photo.c
    stars = sa.select(photo.id, photo.taken_at).where(photo.kept)
    with db.write() as connection:
        connection.execute(tables.photo.insert().values(proved=True, certain=True), values)
        connection.execute(tables.star.insert().from_select(["photo_id", "at"], stars))


def test_where_the_limit_is_made_half_the_album_comes_down_to_it_and_no_slot_is_refused(
    db: Database, tmp_path: Path, clock: FakeClock
):
    fill(Album(db, tmp_path, clock=clock), db, clock, 829)
    half = Album(db, tmp_path, clock=clock, limits=Limits(reserve=0, most=829 * SIZE // 2))
    left = list[int]()
    for number in range(830, 834):
        assert half.room.state().word == "ok"
        assert add(half, clock).sequence == number
        left.append(half.index.count())
    assert left == [630, 431, 414, 414]  # 200 go at most for one photo, as the next slot waits
    kept = [one.sequence for one in half.all_photos() if one.kept]
    assert kept == list(range(1, 830, 10))
    others = [one.sequence for one in half.all_photos() if not one.kept]
    assert others == [number for number in range(1, 834) if number not in kept][-len(others) :]
    assert check(half) == []


def check_photos(album: Album) -> list[str]:
    return [str(found) for found in check(album) if not found.file.startswith("films/")]


def star(db: Database, photo: Photo) -> None:
    with db.write() as connection:
        connection.execute(tables.star.insert().values(photo_id=photo.id, at=SUNDAY))
        connection.execute(tables.photo.update().where(tables.photo.c.id == photo.id).values(kept=True))
