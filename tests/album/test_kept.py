"""What somebody starred stays, and is found again as fast however many photos there are."""

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from pucci import jpeg, tables
from pucci.accounts import Role
from pucci.accounts.users import Users
from pucci.album import Album, Place
from pucci.db import Database
from pucci.photo import Photo
from tests.fakes import SUNDAY, FakeClock
from tests.frames import frame
from tests.people import ALICE, BOB

DAY = timedelta(days=1)


@pytest.fixture
def album(db: Database, tmp_path: Path, clock: FakeClock) -> Album:
    return Album(db, tmp_path, clock=clock)


@pytest.fixture
def people(db: Database, clock: FakeClock) -> Users:
    users = Users(db, clock=clock)
    for person in (ALICE, BOB):
        users.add(person.username, person.email, Role(person.role or "guest"), "x")
    return users


def add(album: Album, clock: FakeClock, camera: str = "sofa") -> Photo:
    clock.advance(minutes=5)
    taken = frame(clock.now())
    return album.add(camera, taken, jpeg.judge(taken.data))


def is_kept(album: Album, photo: Photo) -> bool:
    found = album.photo(photo.id)
    assert found
    return found.kept


def test_a_photo_is_kept_while_anybodys_star_is_on_it(album: Album, clock: FakeClock, people: Users):
    photo = add(album, clock)
    for person in (1, 2, 2):
        assert album.kept.keep(photo.id, person)
    assert [star.name for star in album.kept.stars(photo.id)] == ["Alice", "Bob"]
    assert album.kept.unkeep(photo.id, 1)
    assert is_kept(album, photo)
    assert [star.name for star in album.kept.stars(photo.id)] == ["Bob"]
    album.kept.unkeep(photo.id, 2)
    assert not is_kept(album, photo)
    assert album.kept.stars(photo.id) == []


def test_nobody_takes_anothers_star_off(album: Album, clock: FakeClock, people: Users):
    photo = add(album, clock)
    album.kept.keep(photo.id, 1)
    album.kept.unkeep(photo.id, 2)
    assert is_kept(album, photo)


def test_a_photo_or_a_person_that_is_gone_leaves_no_star(album: Album, clock: FakeClock, people: Users):
    photo = add(album, clock)
    assert not album.kept.keep(99, 1)
    assert not album.kept.unkeep(99, 1)
    album.kept.keep(photo.id, 99)
    assert not is_kept(album, photo)


def test_age_takes_what_is_around_a_kept_photo_and_it_again_once_let_go(
    album: Album, clock: FakeClock, people: Users
):
    photos = [add(album, clock) for _ in range(4)]
    album.kept.keep(photos[1].id, 2)
    clock.advance(days=3)
    newest = add(album, clock)
    assert album.purge(DAY) == 3
    assert album.between("sofa", SUNDAY, clock.now() + DAY) == [newest, album.photo(photos[1].id)]
    album.kept.unkeep(photos[1].id, 2)
    assert album.purge(DAY) == 1


def test_what_somebody_kept_stays_when_they_go_and_is_everybodys_to_let_go(
    album: Album, clock: FakeClock, people: Users
):
    photo = add(album, clock)
    album.kept.keep(photo.id, 2)
    bob = people.by_id(2)
    assert bob
    people.remove(bob)
    assert is_kept(album, photo)
    assert [(star.user_id, star.name) for star in album.kept.stars(photo.id)] == [(None, "")]
    album.kept.unkeep(photo.id, 1)
    assert not is_kept(album, photo)


def test_a_kept_photo_goes_when_somebody_who_may_deletes_it_and_its_stars_with_it(
    album: Album, db: Database, clock: FakeClock, people: Users
):
    photo = add(album, clock)
    album.kept.keep(photo.id, 2)
    album.delete([photo])
    assert album.path(photo).exists()
    album.delete([photo], kept_too=True)
    assert album.photo(photo.id) is None
    assert not album.path(photo).exists()
    with db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.star)) == 0


def test_the_kept_album_is_newest_first_page_by_page_over_all_cameras(
    album: Album, clock: FakeClock, people: Users
):
    photos = [add(album, clock, camera) for camera in ("sofa", "garden") * 4]
    for photo in photos[:3] + photos[4:]:
        album.kept.keep(photo.id, 1)
    first = album.kept.page(None, 3)
    rest = album.kept.page(Place.after(first[-1]), 9)
    assert [photo.id for photo in (*first, *rest)] == [8, 7, 6, 5, 3, 2, 1]
    album.delete([first[-1]], kept_too=True)  # the place is there without its photo
    assert album.kept.page(Place.after(first[-1]), 9) == rest
    assert [photo.id for photo in album.kept.these([4, 5, 1, 99])] == [5, 1]


def test_photos_of_one_moment_are_all_there_at_a_pages_end(album: Album, clock: FakeClock, people: Users):
    photos = [add(album, clock, f"camera{number}") for number in range(3)]
    with album._db.write() as connection:
        connection.execute(sa.update(tables.photo).values(taken_at=SUNDAY))
    for photo in photos:
        album.kept.keep(photo.id, 1)
    first = album.kept.page(None, 2)
    assert [photo.id for photo in first + album.kept.page(Place.after(first[-1]), 2)] == [3, 2, 1]


def test_a_place_stands_in_an_address_and_comes_back(album: Album, clock: FakeClock):
    place = Place.after(add(album, clock))
    assert Place.parse(str(place)) == place


@pytest.mark.parametrize(
    "text", ["", "1", "-", "1-", "-1-2", "²-1", "1-2-3", "9" * 18 + "-1", "9" * 30 + "-1"]
)
def test_a_place_made_up_is_none(text: str):
    assert Place.parse(text) is None


@pytest.mark.may_skip("PostgreSQL plans by how many rows there are, and here are few")
def test_neither_the_kept_album_nor_age_walks_past_the_other_photos(
    album: Album, clock: FakeClock, people: Users, db: Database
):
    if not db.is_sqlite:
        pytest.skip("on SQLite alone")
    plans: list[str] = []

    def explain(connection, cursor, statement, parameters, context, many):  # noqa: ANN001
        if statement.startswith("SELECT") and " photo" in statement:
            rows = connection.connection.cursor().execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.extend(str(row[3]) for row in rows.fetchall())

    photo = add(album, clock)
    album.kept.keep(photo.id, 1)
    event.listen(db._engine, "before_cursor_execute", explain)
    album.kept.page(Place.after(photo), 10)
    assert [plan for plan in plans if "ix_photo_kept" in plan] == plans, plans
    plans.clear()
    album.purge(DAY)
    assert all("INDEX" in plan or "PRIMARY KEY" in plan for plan in plans), plans
    used = " ".join(plans)
    assert "ix_photo_camera_kept_taken_at" in used
    assert "ix_photo_unsure" in used
    assert "B-TREE" not in used
