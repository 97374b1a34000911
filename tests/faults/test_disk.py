"""A disk filled from outside to the last byte, made read-only, or not there at all."""

import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pucci.album import Album, Limits
from pucci.album.check import check
from pucci.album.room import Space
from pucci.cameras import open_camera
from pucci.capture import Eye
from pucci.capture.daemon import CameraLoop
from pucci.clock import SystemClock
from pucci.db import Database, open_db
from pucci.errors import AlbumError
from pucci.services import build
from pucci.settings import CameraSettings, DiskSettings, Settings
from tests.fakes import SUNDAY, FakeClock
from tests.faults.acts import PUCCI, environ, look, opened, reported
from tests.web.running import Process

SMALL_MB = 16
DRAWN = CameraSettings(driver="synthetic", width=320, height=240, skip=0, timeout_s=2)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={SMALL_MB}m", "tmpfs", str(folder)]
    subprocess.run(command, check=True)
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.fixture
def on_disk(disk: Path) -> Iterator[Database]:
    database = open_db(f"sqlite:///{disk / 'pucci.db'}")
    yield database
    database.close()


def loop(album: Album, clock: FakeClock) -> CameraLoop:
    eye = Eye(open_camera("sofa", DRAWN, clock=clock), clock=clock)
    return CameraLoop(eye, album, Settings(), clock=clock, stop=threading.Event())


def slots(loop: CameraLoop, clock: FakeClock, count: int) -> None:
    for _ in range(count):
        due = clock.now()
        loop._guarded(due, first=False)  # as the thread does, slot by slot
        clock.jump(due + timedelta(minutes=5))


def fill(path: Path) -> None:
    """Fill the disk to its last byte."""
    with path.open("wb", buffering=0) as file:
        for size in (65_536, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                pass


@pytest.mark.slow
def test_a_disk_filled_to_the_last_byte_and_freed_costs_no_photo_and_slots_resume(
    disk: Path, on_disk: Database, clock: FakeClock
):
    album = Album(on_disk, disk, clock=clock, limits=Limits())
    mine = loop(album, clock)
    slots(mine, clock, 4)
    before = list(album.all_photos())
    fill(disk / "hog")
    slots(mine, clock, 5)
    assert album.room.state().word == "filled"
    assert list(album.all_photos()) == before
    (disk / "hog").unlink()
    slots(mine, clock, 3)
    assert album.room.state().word == "ok"
    assert check(album) == []
    assert list(album.all_photos())[:4] == before
    found = album.slots.between("sofa", SUNDAY, SUNDAY + timedelta(hours=1))
    assert [slot.filled for slot in found] == [True] * 4 + [False] * 5 + [True] * 3
    assert {slot.reason[:37] for slot in found[4:9]} == {"The card is full, and not of photos. "}


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "camera"])
def test_the_program_goes_on_by_itself_on_a_disk_that_was_filled_and_freed(disk: Path, command: str):
    program = Process(*PUCCI, command, "--port", "0", environ=environ(disk, PUCCI_DISK_RESERVE_MB="500"))
    try:
        wait_for(lambda: len(stored_by(program)) >= 3)
        fill(disk / "hog")
        wait_for(lambda: any("The card is full, and not of photos." in line for line in program.lines))
        before = stored_by(program)
        time.sleep(3)  # three slots
        assert stored_by(program) == before
        (disk / "hog").unlink()
        wait_for(lambda: len(stored_by(program)) >= len(before) + 3)
        assert program.stop() == 0
    finally:
        program.close()
    assert not any("Traceback" in line for line in program.lines)
    look(disk, stored=stored_by(program), clean=True)
    with closing(opened(disk)) as database:
        now = SystemClock().now()
        slots = Album(database, disk, clock=SystemClock()).slots.between(
            "sofa", now - timedelta(hours=1), now
        )
    missed = [number for number, slot in enumerate(slots) if not slot.filled]
    assert len(missed) >= 3
    assert all(slots[number].filled for number in range(missed[-1] + 1, len(slots)))
    assert {slots[number].reason[:36] for number in missed} == {"The card is full, and not of photos."}


def stored_by(program: Process) -> list[str]:
    return reported("\n".join(program.lines))


def wait_for(what: Callable[[], object], limit_s: float = 30) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)


@pytest.mark.slow
def test_an_album_as_large_as_its_disk_goes_on_for_ever_and_leaves_a_tenth(
    disk: Path, on_disk: Database, clock: FakeClock
):
    album = Album(on_disk, disk, clock=clock, limits=Limits())
    mine = loop(album, clock)
    slots(mine, clock, 1)
    # SQLite's log takes up to 4 MB more; then there is room for some 20 photos.
    each = next(album.all_photos()).size
    (disk / "hog").write_bytes(bytes(Space.of(disk).free - SMALL_MB * 100_000 - 4_500_000 - 20 * each))
    slots(mine, clock, 99)
    photos = list(album.all_photos())
    assert photos[-1].sequence == 100
    assert 10 < len(photos) < 95
    assert check(album) == []
    assert album.room.state().word == "ok"


@pytest.mark.slow
def test_a_card_that_turns_read_only_is_said_and_the_album_can_be_seen(
    disk: Path, on_disk: Database, clock: FakeClock
):
    album = Album(on_disk, disk, clock=clock, limits=Limits())
    mine = loop(album, clock)
    slots(mine, clock, 2)
    before = list(album.all_photos())
    on_disk.close()  # a file open for writing holds the mount writable
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    assert album.room.state().word == "read-only"
    slots(mine, clock, 2)
    subprocess.run(["mount", "-o", "remount,rw", str(disk)], check=True)
    on_disk.close()
    slots(mine, clock, 2)
    assert [photo.sequence for photo in album.all_photos()] == [1, 2, 3, 4]
    assert list(album.all_photos())[:2] == before
    assert check(album) == []
    found = album.slots.between("sofa", SUNDAY, SUNDAY + timedelta(hours=1))
    assert [slot.filled for slot in found] == [True, True, False, False, True, True]


def test_a_data_folder_whose_disk_is_not_mounted_is_a_stop_and_stays_empty(tmp_path: Path):
    if any(place.is_mount() for place in [tmp_path, *list(tmp_path.parents)[:-1]]):
        missing = Path("/pucci-no-such-disk/data")
    else:
        missing = tmp_path / "usb" / "data"
    with pytest.raises(AlbumError, match="is not mounted, so nothing is written there"):
        build(Settings(data_dir=missing, disk=DiskSettings(mounted=True)))
    assert not missing.exists()


@pytest.mark.slow
def test_a_data_folder_on_its_mounted_disk_is_used(disk: Path, clock: FakeClock):
    build(Settings(data_dir=disk / "data", disk=DiskSettings(mounted=True)), clock=clock).close()
    assert (disk / "data" / "pucci.db").exists()
