"""The album: in whole or not at all, out by its own name alone."""

from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from pucci import jpeg, tables
from pucci.album import Album
from pucci.album.check import check
from pucci.db import Database, open_db
from pucci.errors import AlbumError
from pucci.photo import Photo, State, Verdict
from tests.fakes import SUNDAY, FakeClock
from tests.frames import frame, jpeg_bytes

DAY = timedelta(days=1)


@pytest.fixture
def album(db: Database, tmp_path: Path, clock: FakeClock) -> Album:
    return Album(db, tmp_path, clock=clock)


def add(album: Album, clock: FakeClock, number: int = 0, camera: str = "sofa") -> Photo:
    taken = frame(clock.now(), number)
    return album.add(camera, taken, jpeg.judge(taken.data))


def test_a_photo_comes_back_as_it_was_taken(album: Album, clock: FakeClock):
    photo = add(album, clock)
    assert album.photo(photo.id) == photo == album.newest("sofa")
    assert album.path(photo).read_bytes() == jpeg_bytes(0)
    assert (photo.width, photo.height, photo.sequence) == (64, 48, 1)
    assert photo.file == "sofa/2026-11-22/213500-000001.jpg"
    assert photo.taken_at == SUNDAY


def test_the_newest_is_the_last_taken_even_if_the_clock_went_back(album: Album, clock: FakeClock):
    add(album, clock)
    clock.jump(SUNDAY - 400 * DAY)
    last = add(album, clock, 1)
    assert album.newest("sofa") == last
    assert last.sequence == 2


def test_a_photo_knows_how_much_changed_since_the_one_before_also_after_a_restart(
    album: Album, db: Database, tmp_path: Path, clock: FakeClock
):
    assert add(album, clock).activity is None
    assert add(album, clock).activity == 0
    again = Album(db, tmp_path, clock=clock)
    third = add(again, clock, 30)
    assert third.activity is not None
    assert third == again.photo(third.id)
    album.path(third).write_bytes(b"broken since")
    assert add(album, clock).activity is None


def test_each_camera_counts_its_own(album: Album, clock: FakeClock):
    assert add(album, clock).sequence == add(album, clock, camera="door").sequence == 1
    assert album.newest("bed") is None


def test_a_day_is_newest_first_and_ends_before_its_end(album: Album, clock: FakeClock):
    for number in range(4):
        add(album, clock, number)
        clock.advance(minutes=5)
    found = album.between("sofa", SUNDAY, SUNDAY + timedelta(minutes=15))
    assert [photo.sequence for photo in found] == [3, 2, 1]


def test_a_damaged_frame_is_never_a_photo(album: Album, clock: FakeClock):
    with pytest.raises(ValueError, match="damaged"):
        album.add("sofa", frame(clock.now()), Verdict(State.DAMAGED, ("cut short",)))
    assert album.newest("sofa") is None


def test_what_age_deletes_is_gone_from_disk_and_index_and_a_stray_file_stays(album: Album, clock: FakeClock):
    old = add(album, clock)
    thumb = album.thumb(old)
    stray = album.path(old).with_name("holiday.jpg")
    stray.write_bytes(b"somebody's")
    clock.advance(days=2)
    new = add(album, clock, 1)
    assert thumb
    assert album.purge(DAY) == 1
    assert album.photo(old.id) is None
    assert not album.path(old).exists()
    assert stray.exists()
    assert album.path(new).exists()


def test_an_id_is_never_given_again(album: Album, clock: FakeClock):
    first = add(album, clock)
    album.delete([first])
    assert add(album, clock, 1).id > first.id


def test_a_photo_kept_while_the_purge_ran_stays(album: Album, clock: FakeClock, db: Database):
    photo = add(album, clock)
    with db.write() as connection:
        connection.execute(sa.update(tables.photo).values(kept=True))
    album.delete([photo])
    assert album.photo(photo.id) is not None
    assert album.path(photo).exists()


def test_a_disk_that_refuses_leaves_the_album_as_it_was(album: Album, clock: FakeClock, tmp_path: Path):
    (tmp_path / "photos").write_text("no folder can be made here")
    with pytest.raises(AlbumError, match="cannot be stored"):
        add(album, clock)
    assert album.newest("sofa") is None
    (tmp_path / "photos").unlink()
    assert add(album, clock).sequence == 1


def test_a_thumb_is_small_made_once_and_made_again_after_a_power_cut(
    album: Album, clock: FakeClock, tmp_path: Path
):
    import io

    from PIL import Image

    data = jpeg_bytes(1, (640, 480))
    photo = album.add("sofa", frame(clock.now()), jpeg.judge(data))
    album.path(photo).write_bytes(data)
    thumb = album.thumb(photo)
    with Image.open(io.BytesIO(thumb)) as picture:
        assert picture.size == (160, 120)
    file = tmp_path / "thumbs" / photo.file
    assert file.read_bytes() == thumb
    file.write_bytes(thumb[:100])
    assert album.thumb(photo) == thumb


# -- S1, S2, S5: what a kill or a power cut can leave ------------------------------------------------


def test_a_photo_stored_just_before_a_kill_is_adopted_at_the_next_start(
    album: Album, clock: FakeClock, db: Database
):
    add(album, clock)
    stray = "sofa/2026-11-22/213600-000002.jpg"
    album.files.write(stray, jpeg_bytes(7))
    adopted = album.adopt_recent()
    assert [photo.file for photo in adopted] == [stray]
    assert adopted[0].sequence == 2
    assert album.adopt_recent() == []
    assert add(album, clock, 3).sequence == 3


def test_a_file_whose_deletion_a_kill_cut_off_is_adopted_and_can_go_again(album: Album, clock: FakeClock):
    for _ in range(6):
        add(album, clock)
        clock.advance(days=1)
    first, *others = album.all_photos()
    data = album.path(first).read_bytes()
    album.delete([first])
    album.files.write(first.file, data)  # as if it had not come to that
    assert [photo.file for photo in album.adopt_recent()] == [first.file]
    assert album.newest("sofa") == others[-1]
    album.purge(4 * DAY)
    assert not album.path(first).exists()


def test_a_clean_album_has_no_findings(album: Album, clock: FakeClock):
    for number in range(3):
        add(album, clock, number)
    assert check(album) == []


def test_check_names_what_is_broken_and_repair_mends_it(album: Album, clock: FakeClock, tmp_path: Path):
    photos = [add(album, clock, number) for number in range(4)]
    album.path(photos[0]).unlink()
    album.path(photos[1]).write_bytes(jpeg_bytes(1)[:300])
    stray = "sofa/2026-11-21/120000-000001.jpg"
    album.files.write(stray, jpeg_bytes(9))
    half = "sofa/2026-11-21/120500-000002.jpg"
    album.files.write(half, jpeg_bytes(9)[:200])
    found = {finding.file: finding for finding in check(album)}
    assert set(found) == {photos[0].file, photos[1].file, stray, half}
    assert found[photos[0].file].invariant == found[photos[1].file].invariant == "S1"

    check(album, repair=True)
    assert [finding.file for finding in check(album)] == [half]
    assert album.path(photos[1]).exists() is False
    assert len(list((tmp_path / "set-aside").iterdir())) == 1
    assert album.newest("sofa") == photos[3]


def test_a_write_that_was_cut_off_leaves_no_name_behind(album: Album, clock: FakeClock, tmp_path: Path):
    # What a file system without nameless files would show after a kill.
    add(album, clock)
    part = tmp_path / "photos/sofa/2026-11-22/.213600-000002.jpg.99.part"
    part.write_bytes(b"half")
    findings = check(album)
    assert [finding.is_broken for finding in findings] == [False]
    assert album.adopt_recent() == []


@pytest.mark.parametrize("repair", [False, True])
def test_files_that_are_not_ours_are_named_and_left(
    album: Album, clock: FakeClock, tmp_path: Path, repair: bool
):
    add(album, clock)
    names = ["my holiday.jpg", "sofa/2026-11-22/notes.jpg", "sofa/stray.txt"]
    for name in names:
        (tmp_path / "photos" / name).write_text("not ours")
    findings = check(album, repair=repair)
    assert [(found.file, found.is_broken) for found in findings] == [(name, False) for name in names]
    assert str(findings[0]) == "S2 my holiday.jpg: its name is none of Pucci's; it is left where it is."
    assert all((tmp_path / "photos" / name).read_text() == "not ours" for name in names)


def test_a_stray_that_cannot_be_read_stops_no_start(album: Album, clock: FakeClock):
    newest = add(album, clock)
    stray = album.files.path("sofa/2026-11-22/213600-000002.jpg")
    stray.symlink_to(stray)
    assert album.adopt_recent() == []
    assert add(album, clock, 1).sequence == newest.sequence + 1


def test_a_photo_that_cannot_be_read_is_found_and_nothing_is_done_to_it(album: Album, clock: FakeClock):
    photo = add(album, clock)
    path = album.path(photo)
    path.unlink()
    path.symlink_to(path)
    (found,) = check(album, repair=True)
    assert found.invariant == "S1"
    assert "cannot be read" in found.problem
    assert album.photo(photo.id) == photo


def test_a_file_that_does_not_go_is_said_to_who_wants_it_gone_and_holds_up_no_slot(
    album: Album, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    photos = [add(album, clock, number) for number in range(3)]
    for photo in photos[:2]:
        album.path(photo).unlink()
        album.path(photo).mkdir()  # as good as a card that refuses
    with pytest.raises(AlbumError, match=r"cannot be deleted\. Look at the disk"):
        album.delete(photos[:1], kept_too=True)
    album.delete(photos[1:])
    assert "000002.jpg cannot be deleted" in caplog.text
    assert list(album.all_photos()) == []
    assert not album.path(photos[2]).exists()


def test_an_adopted_photo_never_takes_the_place_of_the_newest(album: Album, clock: FakeClock):
    newest = [add(album, clock, number) for number in range(3)][-1]
    album.files.write("sofa/2026-11-20/080000-000002.jpg", jpeg_bytes(8))
    check(album, repair=True)
    assert album.newest("sofa") == newest


def test_names_come_from_us_alone(album: Album, clock: FakeClock):
    photo = add(album, clock)
    assert album.adopt(f"../{photo.file}") is None
    assert album.adopt("sofa/2026-11-22/../../../etc/passwd") is None


def test_what_somebody_wants_gone_goes_though_another_adopted_its_file_meanwhile(
    album: Album, clock: FakeClock
):
    photo = add(album, clock)
    add(album, clock, 1)
    album.drop_row(photo)
    adopted = album.adopt(photo.file)
    assert adopted is not None
    album.delete([photo], kept_too=True)
    assert album.photo(adopted.id) is None
    assert not album.path(photo).exists()


def test_a_row_that_is_refused_is_the_matter_of_its_camera_alone(
    album: Album, clock: FakeClock, db: Database
):
    other = add(album, clock, 0, "door")
    with db.write() as connection:  # in the way of the garden's
        name = other.file.replace("door/", "garden/")
        connection.execute(sa.update(tables.photo).values(file=name))
    with pytest.raises(IntegrityError):
        add(album, clock, 1, "garden")
    add(album, clock, 2)  # forgets nothing of the garden
    album.drop_row(other)
    clock.advance(minutes=5)
    photo = add(album, clock, 3, "garden")
    assert [one.sequence for one in album.all_photos() if one.camera == "garden"] == [1, 2]
    assert album.newest("garden") == photo


def test_files_are_looked_up_by_the_index_and_not_by_a_walk(clock: FakeClock, tmp_path: Path):
    plans: list[str] = []

    def note(connection: sa.Connection, _cursor: object, query: str, values: Any, *_: object) -> None:
        if query.startswith("SELECT photo"):
            plans.extend(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values))

    with closing(open_db(f"sqlite:///{tmp_path / 'pucci.db'}")) as database:
        album = Album(database, tmp_path, clock=clock)
        photo = add(album, clock)
        add(album, clock, 1, "sofa-2")
        event.listen(database._engine, "before_cursor_execute", note)
        assert album.index.files("sofa/") == {photo.file}
        assert album.index.files("sof%") == set()
    assert len(plans) == 2
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans
