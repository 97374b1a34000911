"""The nightly snapshot: what is in it, what is not, and when it is taken."""

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pucci import tables
from pucci.errors import DatabaseDamaged, DatabaseError
from pucci.recovery import snapshots
from pucci.recovery.night import is_due
from pucci.services import Services, build
from pucci.snapshot import LEFT_OUT
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.house import add_photo, house_settings, miss_slots, move_in

STEP = timedelta(minutes=5)


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> Iterator[Services]:
    services = build(house_settings(tmp_path), clock=clock)
    yield services
    services.close()


def rows(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def take(house: Services) -> Path:
    assert house.db.file is not None
    snapshots.take(house.db.file, house.settings.data_dir, now=house.clock.now())
    return house.settings.data_dir / snapshots.NAME


def test_people_stars_captions_and_the_dog_are_in_it_and_no_photo_too_many(house: Services):
    move_in(house, ALICE)
    move_in(house, BOB)
    photos = [add_photo(house, SUNDAY + number * STEP, number) for number in range(20)]
    house.album.kept.keep(photos[3].id, 1)
    house.album.public.show(photos[5].id, "on the sofa")
    miss_slots(house, SUNDAY - STEP, STEP, ["camera unplugged"])
    path = take(house)
    assert rows(path, "SELECT username FROM user ORDER BY id") == [("Alice",), ("Bob",)]
    assert rows(path, "SELECT id FROM photo ORDER BY id") == [(photos[3].id,), (photos[5].id,)]
    assert rows(path, "SELECT photo_id, user_id FROM star") == [(photos[3].id, 1)]
    assert rows(path, "SELECT caption FROM showing") == [("on the sofa",)]
    assert rows(path, "SELECT reason FROM slot") == [("camera unplugged",)]
    assert rows(path, "SELECT seq FROM sqlite_sequence WHERE name = 'photo'") == [(photos[-1].id,)]
    assert path.stat().st_mode & 0o777 == 0o600


def test_photos_that_more_is_known_of_than_their_name_says_are_in_it(house: Services, clock: FakeClock):
    add_photo(house, SUNDAY, 1)
    clock.trusted = False
    unsure = add_photo(house, SUNDAY + STEP, 2)
    clock.trusted = True
    dated = add_photo(house, SUNDAY + 2 * STEP, 3)
    house.album.index.redate({dated.id: SUNDAY + 3 * STEP})
    assert rows(take(house), "SELECT id FROM photo ORDER BY id") == [(unsure.id,), (dated.id,)]


def test_nobody_can_sign_in_with_it(house: Services):
    move_in(house, ALICE)
    alice = house.accounts.users.all()[0]
    house.accounts.sessions.start(alice, address="192.0.2.1", device="a phone")
    house.accounts.links.make_owner_link()
    path = take(house)
    assert rows(path, "SELECT count(*) FROM session") == rows(path, "SELECT count(*) FROM link") == [(0,)]


def test_every_rule_is_of_a_table_there_is():
    assert set(snapshots.RULES) <= set(tables.metadata.tables)
    assert set(LEFT_OUT) <= set(snapshots.RULES)


def test_what_is_in_it_of_photos_that_are_not_is_known():
    """A row that refers to a photo must have it in the snapshot, lose the reference, or be left out."""
    found = {key.parent.table.name for table in tables.metadata.tables.values() for key in table.foreign_keys
             if key.column.table is tables.photo}  # fmt: skip
    assert found == {"star", "share", "showing", "slot", "message"}
    assert "message" in LEFT_OUT


def test_the_last_one_is_kept_beside_the_newest_unless_it_cannot_be_read(house: Services):
    first = take(house)
    before = first.with_name(snapshots.BEFORE)
    move_in(house, ALICE)
    take(house)
    assert rows(before, "SELECT count(*) FROM user") == [(0,)]
    first.write_bytes(b"\0" * 8192)
    assert list(snapshots.good(first.parent)) == [before]
    take(house)
    assert rows(before, "SELECT count(*) FROM user") == [(0,)]
    assert list(snapshots.good(first.parent)) == [first, before]


def test_one_that_cannot_be_written_leaves_the_last_ones(house: Services):
    path = take(house)
    held = path.read_bytes()
    part = path.with_name(f".{path.name}.part")
    part.mkdir()
    (part / "full").touch()
    with pytest.raises(DatabaseError, match="nightly snapshot cannot be written"):
        take(house)
    assert path.read_bytes() == held


def test_each_night_one_is_taken_and_not_two(house: Services, clock: FakeClock):
    taken = house.settings.data_dir / snapshots.NAME
    house.night.work()
    first = taken.stat()
    clock.advance(hours=5)  # 02:35
    house.night.work()
    assert taken.stat().st_ino == first.st_ino
    clock.advance(hours=1)
    house.night.work()
    second = taken.stat()
    assert second.st_ino != first.st_ino
    clock.advance(hours=20)
    house.night.work()
    assert taken.stat().st_ino == second.st_ino


def test_one_is_taken_when_somebody_comes_or_goes_and_not_when_they_only_look(
    house: Services, clock: FakeClock
):
    taken = house.settings.data_dir / snapshots.NAME
    house.night.work()
    move_in(house, ALICE)
    move_in(house, BOB)
    clock.advance(minutes=1)
    house.night.work()
    assert rows(taken, "SELECT username FROM user") == [("Alice",), ("Bob",)]
    first = taken.stat().st_ino
    alice, bob = house.accounts.users.all()
    house.accounts.sessions.start(alice, address="192.0.2.1", device="a phone")
    add_photo(house, SUNDAY)
    clock.advance(minutes=1)
    house.night.work()
    assert taken.stat().st_ino == first
    house.accounts.users.remove(bob)
    clock.advance(minutes=1)
    house.night.work()
    assert rows(taken, "SELECT username FROM user") == [("Alice",)]


@pytest.mark.parametrize(
    ("taken", "now", "due"),
    [
        (None, datetime(2026, 11, 22, 12, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 3, 1, tzinfo=UTC), datetime(2026, 11, 23, 2, 59, tzinfo=UTC), False),
        (datetime(2026, 11, 22, 3, 1, tzinfo=UTC), datetime(2026, 11, 23, 3, 0, tzinfo=UTC), True),
        (datetime(2026, 11, 22, 3, 1, tzinfo=UTC), datetime(1970, 1, 1, 5, tzinfo=UTC), True),
    ],
)
def test_one_is_due_where_none_was_taken_since_three_in_the_morning(
    taken: datetime | None, now: datetime, due: bool
):
    assert is_due(taken.timestamp() if taken else None, now, UTC) is due


def test_of_a_damaged_database_no_snapshot_is_taken(house: Services):
    move_in(house, ALICE)
    path = take(house)
    held = path.read_bytes()
    file = house.db.file
    assert file is not None
    house.db.close()
    with file.open("r+b") as opened:
        opened.seek(4096)
        opened.write(b"\xa5" * 8192)
    path.rename(path.with_name(snapshots.BEFORE))
    with pytest.raises(DatabaseDamaged, match="Start Pucci again"):
        house.night.work()
    assert house.db.is_damaged
    assert not path.exists()
    assert path.with_name(snapshots.BEFORE).read_bytes() == held


_TAKES = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from pucci.recovery import snapshots
file, folder = map(Path, sys.argv[1:])
for second in range(12):
    snapshots.take(file, folder, now=datetime(2026, 11, 22, 3, 0, second, tzinfo=UTC))
"""


def test_two_processes_that_take_one_at_once_do_not_hurt_each_other(house: Services):
    move_in(house, ALICE)
    file, folder = house.db.file, house.settings.data_dir
    assert file is not None
    words = [sys.executable, "-c", _TAKES, str(file), str(folder)]
    both = [subprocess.Popen(words, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    assert [one.communicate(timeout=120)[1] for one in both] == ["", ""]
    for name in (snapshots.NAME, snapshots.BEFORE):
        assert snapshots.is_sound(folder / name)
        assert rows(folder / name, "SELECT username FROM user") == [("Alice",)]


def test_what_one_who_died_left_is_swept_by_the_next(house: Services):
    part = house.settings.data_dir / f".{snapshots.NAME}.part"
    part.write_bytes(b"half a snapshot")
    part.chmod(0o644)
    path = take(house)
    assert snapshots.is_sound(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert not part.exists()
