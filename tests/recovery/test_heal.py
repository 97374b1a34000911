"""What a database that is made anew says: numbers, times, slots, stars; and when nothing is done."""

import fcntl
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pucci import damage
from pucci.album.film import Kind
from pucci.capture.schedule import due_slot
from pucci.db import open_db
from pucci.errors import DatabaseDamaged, DatabaseError
from pucci.recovery import snapshots
from pucci.recovery.start import heal_if_damaged
from pucci.services import Services, build
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.house import add_photo, house_settings, miss_slots, move_in

STEP = timedelta(minutes=5)
PAGE = 4096


@pytest.fixture
def home(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[[], Services]]:
    """Opens the house; what was open before is closed."""
    opened: list[Services] = []

    def enter() -> Services:
        for services in opened:
            services.close()
        opened.append(build(house_settings(tmp_path), clock=clock))
        return opened[-1]

    yield enter
    for services in opened:
        services.close()


def snapshot(house: Services) -> None:
    assert house.db.file is not None
    snapshots.take(house.db.file, house.settings.data_dir, now=house.clock.now())


def break_it(house: Services) -> Path:
    """Make the header unreadable; the pages behind it are as they were."""
    house.close()
    file = house.settings.data_dir / "pucci.db"
    with file.open("r+b") as opened:
        opened.write(b"the dog was here")
    return file


def test_numbers_go_on_where_no_browser_has_seen_any(home: Callable[[], Services]):
    house = home()
    move_in(house, ALICE)
    photos = [add_photo(house, SUNDAY + number * STEP, number) for number in range(5)]
    house.album.kept.keep(photos[1].id, 1)
    house.album.public.show(photos[2].id)
    version = house.album.public.version()
    snapshot(house)
    break_it(house)
    house = home()
    rows = {photo.file: photo for photo in house.album.all_photos()}
    assert [rows[photo.file].sequence for photo in photos] == [1, 2, 3, 4, 5]
    assert rows[photos[1].file].id == photos[1].id  # a kept one has its address still
    assert rows[photos[2].file].id == photos[2].id
    assert min(rows[photos[number].file].id for number in (0, 3, 4)) > 1_000_000
    assert house.album.public.version() > version + 999_999
    assert add_photo(house, SUNDAY + 9 * STEP, 9).sequence == 6


def test_they_go_on_without_any_snapshot_too_and_after_a_second_time(
    home: Callable[[], Services], clock: FakeClock
):
    house = home()
    seen = {add_photo(house, SUNDAY + number * STEP, number).id for number in range(3)}
    version = house.album.public.version()
    for _ in range(2):
        file = break_it(house)
        for path in (file.with_name(snapshots.NAME), file.with_name(snapshots.BEFORE)):
            path.unlink(missing_ok=True)
        clock.advance(hours=1)
        house = home()
        new = {photo.id for photo in house.album.all_photos()}
        assert len(new) == 3
        assert not new & seen
        assert house.album.public.version() > version
        seen, version = seen | new, house.album.public.version()


def test_times_that_were_certain_are_and_those_since_the_snapshot_are_not(
    home: Callable[[], Services], clock: FakeClock
):
    house = home()
    sure = add_photo(house, SUNDAY, 1)
    clock.trusted = False
    unsure = add_photo(house, SUNDAY + STEP, 2)
    clock.trusted = True
    dated = add_photo(house, SUNDAY + 2 * STEP, 3)
    house.album.index.redate({dated.id: SUNDAY - STEP})
    snapshot(house)
    later = add_photo(house, SUNDAY + 4 * STEP, 4)
    break_it(house)
    rows = {photo.file: photo for photo in home().album.all_photos()}
    assert [rows[one.file].certain for one in (sure, unsure, dated, later)] == [True, False, True, False]
    assert rows[dated.file].taken_at == SUNDAY - STEP
    assert rows[sure.file].taken_at == SUNDAY


def test_slots_are_filled_by_their_photos_and_missed_for_their_reasons(home: Callable[[], Services]):
    house = home()
    first = due_slot(SUNDAY - timedelta(hours=1), 300)
    filled = [add_photo(house, first + number * STEP, number) for number in range(3)]
    miss_slots(house, first + 3 * STEP, STEP, ["camera unplugged"])
    snapshot(house)
    filled.append(add_photo(house, first + 4 * STEP, 4))
    break_it(house)
    slots = home().album.slots.day("sofa", first, first + 5 * STEP, 300)
    assert [slot.filled for slot in slots] == [True, True, True, False, True]
    assert slots[3].reason == "camera unplugged"


def test_what_was_kept_or_turned_off_since_the_snapshot_is_told_by_the_damaged_one(
    home: Callable[[], Services],
):
    house = home()
    move_in(house, ALICE)
    photos = [add_photo(house, SUNDAY + number * STEP, number) for number in range(3)]
    snapshot(house)
    move_in(house, BOB)
    house.album.kept.keep(photos[0].id, 1)
    house.album.kept.keep(photos[2].id, 2)
    house.privacy["sofa"].turn_off(by="Alice", until=None)
    file = break_it(house)
    with file.open("r+b") as opened:  # its pages can be read, but for one: that of a small table
        opened.write(b"SQLite format 3\0")
        opened.flush()
        with closing(sqlite3.connect(file)) as connection:
            page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'weight'").fetchone()[
                0
            ]
        opened.seek((page - 1) * PAGE)
        opened.write(b"\xa5" * PAGE)
    house = home()
    rows = {photo.file: photo for photo in house.album.all_photos()}
    assert [rows[photo.file].kept for photo in photos] == [True, False, True]
    stars = [house.album.kept.stars(rows[photos[number].file].id) for number in (0, 2)]
    assert [star.name for (star,) in stars] == ["Alice", ""]  # of Bob nothing is known any more
    off = house.privacy["sofa"].off()
    assert off is not None
    assert off.by == "Alice"


def test_the_owner_is_told_for_a_week_or_until_they_have_read_it(
    home: Callable[[], Services], clock: FakeClock
):
    house = home()
    add_photo(house, SUNDAY, 1)
    break_it(house)
    house = home()
    told = house.recovered()
    assert told is not None
    assert (told.photos, told.snapshot_at) == (1, None)
    assert (house.settings.data_dir / told.aside).exists()
    assert any("The database was damaged" in sentence for sentence in house.health().notices)
    clock.advance(days=8)
    assert house.recovered() is None


def test_a_file_that_is_no_whole_photo_stays_where_it_is(home: Callable[[], Services]):
    house = home()
    whole, cut = add_photo(house, SUNDAY, 1), add_photo(house, SUNDAY + STEP, 2)
    path = house.album.path(cut)
    path.write_bytes(path.read_bytes()[:-900])
    break_it(house)
    house = home()
    assert [photo.file for photo in house.album.all_photos()] == [whole.file]
    assert path.exists()
    told = house.recovered()
    assert told is not None
    assert told.left == 1


def test_a_database_that_another_process_holds_is_left_alone(home: Callable[[], Services], tmp_path: Path):
    house = home()
    add_photo(house, SUNDAY, 1)
    house.close()
    file = tmp_path / "pucci.db"
    hold = (
        "import sqlite3, sys; held = sqlite3.connect(sys.argv[1]); "
        "held.execute('SELECT 1 FROM photo').fetchall(); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", hold, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        broken = break_it(house).read_bytes()
        with pytest.raises(DatabaseDamaged, match="another Pucci has it open"):
            home()
        assert file.read_bytes() == broken
        assert damage.marks(file) == 1  # so that the other one looks
        other.stdin.close()
        other.wait(10)
    assert home().recovered() is not None


def test_a_snapshot_of_a_newer_pucci_is_passed_over(home: Callable[[], Services]):
    house = home()
    move_in(house, ALICE)
    add_photo(house, SUNDAY, 1)
    snapshot(house)
    newest = house.settings.data_dir / snapshots.NAME
    shutil.copy(newest, house.settings.data_dir / snapshots.BEFORE)
    with closing(sqlite3.connect(newest)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    break_it(house)
    assert [person.username for person in home().accounts.users.all()] == ["Alice"]


def test_where_no_new_one_can_be_made_nothing_is_changed(home: Callable[[], Services], tmp_path: Path):
    house = home()
    add_photo(house, SUNDAY, 1)
    broken = break_it(house).read_bytes()
    blocked = tmp_path / ".pucci.db.anew.part"
    blocked.mkdir()
    with pytest.raises(DatabaseError, match="no new one can be made"):
        home()
    assert (tmp_path / "pucci.db").read_bytes() == broken
    assert not list(tmp_path.glob("pucci.db.damaged-*"))


def test_a_new_house_is_no_damage(tmp_path: Path, clock: FakeClock):
    (tmp_path / "pucci.db").touch()
    url = f"sqlite:///{tmp_path / 'pucci.db'}"
    assert heal_if_damaged(url, tmp_path, clock=clock, interval_s=300) is None
    assert heal_if_damaged("postgresql:///pucci", tmp_path, clock=clock, interval_s=300) is None


@pytest.fixture
def large(home: Callable[[], Services]) -> Path:
    """A database too large to be read whole at a start, with a broken page in the middle of its slots."""
    house = home()
    add_photo(house, SUNDAY, 1)
    miss_slots(house, SUNDAY - STEP, STEP, ["camera unplugged"] * 20_000)
    house.close()
    file = house.settings.data_dir / "pucci.db"
    assert file.stat().st_size > damage._SMALL
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT pageno FROM dbstat WHERE name = 'slot' AND pagetype = 'leaf' ORDER BY path"
        try:
            pages = [page for (page,) in connection.execute(query)]
        except sqlite3.OperationalError:  # without dbstat: somewhere in the middle
            pages = list(range(2, file.stat().st_size // PAGE))
    with file.open("r+b") as opened:
        opened.seek((pages[len(pages) // 2] - 1) * PAGE)
        opened.write(b"\xa5" * PAGE)
    return file


def test_what_a_start_cannot_see_is_met_by_a_query_and_healed_by_the_next_start(
    large: Path, home: Callable[[], Services]
):
    assert damage.seen(large) == ""
    house = home()
    with pytest.raises(DatabaseDamaged, match="Start Pucci again"):
        house.album.slots.between("sofa", SUNDAY - timedelta(days=3650), SUNDAY)
    assert house.db.is_damaged
    assert damage.marks(large) == 1
    house = home()
    assert house.recovered() is not None
    assert damage.marks(large) == 0


def test_the_night_finds_it_too_and_so_does_the_mark_of_another_process(
    large: Path, home: Callable[[], Services]
):
    house = home()
    with pytest.raises(DatabaseDamaged):
        house.night.work()
    snapshots_there = large.with_name(snapshots.NAME)
    shutil.copy(large, snapshots_there)  # one is there of this night: nothing is due
    damage.unmark(large)
    house = home()
    now = house.clock.now().timestamp()
    os.utime(snapshots_there, (now, now))
    house.night.work()
    damage.mark(large)
    with pytest.raises(DatabaseDamaged):
        house.night.work()


def test_damage_met_again_and_again_that_no_look_finds_is_damage_all_the_same(
    home: Callable[[], Services], tmp_path: Path
):
    house = home()
    add_photo(house, SUNDAY, 1)
    house.close()
    file = tmp_path / "pucci.db"
    for _ in range(2):
        damage.mark(file)
        assert damage.found(file) == ""
    damage.mark(file)
    assert home().recovered() is not None
    assert damage.marks(file) == 0


def test_a_site_under_apache_holds_no_database_at_rest(home: Callable[[], Services], tmp_path: Path):
    home().close()
    with closing(open_db(f"sqlite:///{tmp_path / 'pucci.db'}", may_migrate=False)) as site:
        site.version()
        site.counter("public.version")
        assert not (tmp_path / "pucci.db-wal").exists()  # the last one to close folds the log in


def test_a_site_under_apache_is_kept_out_while_the_database_is_made_anew(
    home: Callable[[], Services], tmp_path: Path
):
    home().close()
    url, lock = f"sqlite:///{tmp_path / 'pucci.db'}", damage.lock_of(tmp_path / "pucci.db")
    with closing(open_db(url, may_migrate=False)) as site:
        with lock.open("a") as healing:
            fcntl.flock(healing, fcntl.LOCK_EX)
            with pytest.raises(DatabaseDamaged, match=r"just now\. Wait some minutes"), site.write():
                pass
            with pytest.raises(DatabaseDamaged, match="made anew just now"):
                open_db(url, may_migrate=False)
        assert not site.is_damaged
        with site.write(), lock.open("a") as healing, pytest.raises(BlockingIOError):
            fcntl.flock(healing, fcntl.LOCK_EX | fcntl.LOCK_NB)  # whoever is to heal waits
        site.counter("public.version")


def break_page(house: Services, table: str) -> Path:
    """Overwrite the first page of a table; what other tables say can be read."""
    house.close()
    file = house.settings.data_dir / "pucci.db"
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT rootpage FROM sqlite_master WHERE name = ?"
        (page,) = connection.execute(query, (table,)).fetchone()
    with file.open("r+b") as opened:
        opened.seek((page - 1) * PAGE)
        opened.write(b"\xa5" * PAGE)
    return file


def test_a_row_that_a_damaged_page_yields_twice_or_garbled_is_put_back_once_or_not(
    home: Callable[[], Services],
):
    house = home()
    add_photo(house, SUNDAY, 1)
    house.close()
    with closing(sqlite3.connect(house.settings.data_dir / "pucci.db")) as connection:
        connection.executescript('DROP TABLE pause; CREATE TABLE pause (camera, since, until, "by")')
        since = "2026-11-22 12:00:00.000000"
        odd = [
            ("garden", "0000-99-99", None, "Bob"),
            ("door", since, "9999-12-31", b"\xff"),
            (b"\xff", 1, 2, 3),
        ]
        connection.executemany(
            "INSERT INTO pause VALUES (?, ?, ?, ?)", [("sofa", since, None, "Alice")] * 2 + odd
        )
        connection.commit()
    break_page(house, "weight")
    house = home()
    assert house.recovered() is not None
    off = house.privacy["sofa"].off()
    assert off is not None
    assert off.by == "Alice"


def turned_on_since_the_snapshot(house: Services) -> None:
    add_photo(house, SUNDAY, 1)
    house.privacy["sofa"].turn_off(by="Alice", until=None)
    snapshot(house)
    house.privacy["sofa"].turn_on()


def test_a_camera_turned_on_since_the_snapshot_is_on(home: Callable[[], Services]):
    house = home()
    turned_on_since_the_snapshot(house)
    add_photo(house, SUNDAY + STEP, 2)
    break_page(house, "weight")
    house = home()
    told = house.recovered()
    assert told is not None
    assert told.off == ""
    assert house.privacy["sofa"].off() is None


@pytest.mark.parametrize("table", ["pause", "weight"])
def test_where_that_is_not_certain_it_is_off_and_the_owner_is_told(home: Callable[[], Services], table: str):
    house = home()
    turned_on_since_the_snapshot(house)
    if table == "pause":  # else nothing says that the damaged file is newer than the snapshot
        add_photo(house, SUNDAY + STEP, 2)
    break_page(house, table)
    house = home()
    told = house.recovered()
    assert told is not None
    assert told.off == "sofa"
    assert "Off as in the snapshot: sofa" in str(told)
    assert house.privacy["sofa"].off() is not None


def test_a_photo_the_disk_does_not_tell_of_keeps_its_row_and_hinders_nothing(home: Callable[[], Services]):
    house = home()
    move_in(house, ALICE)
    photos = [add_photo(house, SUNDAY + number * STEP, number) for number in range(2)]
    for photo in photos:
        house.album.kept.keep(photo.id, 1)
    snapshot(house)
    path = house.album.path(photos[0])
    path.unlink()
    path.symlink_to(path.name)  # a loop: stat(2) fails, and not because the file is not there
    break_it(house)
    house = home()
    assert house.recovered() is not None
    assert [photo.file for photo in house.album.all_photos()] == [photo.file for photo in photos]
    house.close()
    shutil.rmtree(path.parent)
    path.parent.write_text("a file where a day's folder was")
    break_it(house)
    assert list(home().album.all_photos()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_root_makes_is_the_owners_of_the_folder(home: Callable[[], Services], tmp_path: Path):
    house = home()
    os.chown(tmp_path, 12345, 12345)
    damage.mark(tmp_path / "pucci.db")
    snapshot(house)
    for path in (tmp_path / "pucci.db.doubted", tmp_path / snapshots.NAME):
        assert (path.stat().st_uid, path.stat().st_gid) == (12345, 12345)


def test_films_made_since_the_snapshot_are_among_the_films_again(home: Callable[[], Services]):
    house = home()
    for number in range(6):
        add_photo(house, SUNDAY + number * STEP, number)
    films = house.album.films
    waited = films.want("sofa", Kind.SPAN, SUNDAY, SUNDAY + 3 * STEP)
    snapshot(house)
    house.films.make(waited)
    house.films.make(films.want("sofa", Kind.DAY, SUNDAY, SUNDAY + 20 * STEP))
    before = films.newest()
    break_it(house)
    films = home().album.films
    assert [(film.file, film.photos, film.kind) for film in films.newest()] == [
        (film.file, film.photos, film.kind) for film in before
    ]
    assert films.unfinished() == []
    assert films.strays() == []
