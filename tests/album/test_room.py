"""Room on the disk: pure, so it is tried on thousands of disks; then with real photos."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci import jpeg, tables
from pucci.album import Album, Limits
from pucci.album.check import check
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


def test_with_only_kept_ones_left_no_new_one_is_stored_and_all_else_goes_on(
    album: Album, db: Database, clock: FakeClock
):
    for _ in range(5):
        star(db, add(album, clock))
    with pytest.raises(AlbumFull, match="Only kept photos are left"):
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


def star(db: Database, photo: Photo) -> None:
    with db.write() as connection:
        connection.execute(tables.star.insert().values(photo_id=photo.id, at=SUNDAY))
        connection.execute(tables.photo.update().where(tables.photo.c.id == photo.id).values(kept=True))
