"""A camera that is ill in every way, for slots on end: no damaged photo, no hang, and well again at once."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from pucci.album import Album
from pucci.album.check import check
from pucci.cameras.limits import Line, within
from pucci.capture import Attempt, Eye, Hub
from pucci.capture.daemon import CameraLoop
from pucci.clock import SystemClock
from pucci.db import open_db
from pucci.errors import CameraSilent
from pucci.settings import CaptureSettings, Settings
from tests.fakes import FakeClock
from tests.faults.faulty import ALL, PAIRS, FaultyCamera, Stuck
from tests.jpeg.corpus import VISIBLE, difference
from tests.jpeg.harm import decoded

INTERVAL_S = 60
RECOVERY = timedelta(seconds=10)
# Real seconds in which a slot of the fast clock must have ended, or it hangs.
HANG_S = 60.0


def _ill_and_well_again(folder: Path, clock: FakeClock, modes: tuple[str, ...], slots: int) -> None:
    """Take slots with an ill camera that gets well in the middle of the last of them, and look."""
    database = open_db(f"sqlite:///{folder / 'pucci.db'}")
    album = Album(database, folder, clock=clock)
    camera = FaultyCamera(clock)
    settings = Settings(capture=CaptureSettings(interval_s=INTERVAL_S))
    loop = CameraLoop(Eye(camera, clock=clock), album, settings, clock=clock, stop=threading.Event())
    due = datetime.fromtimestamp(clock.now().timestamp() // INTERVAL_S * INTERVAL_S, tz=clock.now().tzinfo)

    def slot() -> None:
        nonlocal due
        clock.jump(due)
        thread = threading.Thread(target=loop._guarded, args=(due,), kwargs={"first": False}, daemon=True)
        thread.start()
        thread.join(HANG_S)
        assert not thread.is_alive(), f"it hangs: {modes}"
        due += timedelta(seconds=INTERVAL_S)

    slot()
    camera.modes = modes
    for _ in range(slots):
        slot()
    camera.modes, camera.well_at = modes, due + timedelta(seconds=INTERVAL_S / 3)
    well_at = camera.well_at
    slot()
    camera.modes = ()
    slot()
    photos = list(album.all_photos())
    assert any(
        well_at - timedelta(seconds=INTERVAL_S) < photo.taken_at <= well_at + RECOVERY for photo in photos
    )
    harm = sorted(_harm(camera, album.path(photo).read_bytes()) for photo in photos)
    print(f"{'+'.join(modes)}: {len(photos)} photos in {slots + 3} slots, worst {harm[-6:]}")
    visible = sum(one > VISIBLE for one in harm)
    assert visible == 0
    assert check(album) == []
    found = album.slots.between("sofa", photos[0].taken_at - timedelta(hours=1), due)
    assert len(found) == slots + 3
    assert found[-1].filled
    database.close()


def _harm(camera: FaultyCamera, data: bytes) -> float:
    """Return by how much more a photo differs from the frame it should be than the frame before does.

    The end of the frame before is not seen where nothing moved, and then it does no harm.
    """
    should, before = camera.given[data]
    moved = difference(decoded(before), decoded(should))
    return difference(decoded(data), decoded(should)) - moved


@pytest.mark.slow
@pytest.mark.parametrize("modes", ALL, ids="+".join)
def test_an_ill_camera_gives_no_damaged_photo_and_is_well_again_in_ten_seconds(
    modes: tuple[str, ...], tmp_path: Path, clock: FakeClock
):
    _ill_and_well_again(tmp_path, clock, modes, 2)


@pytest.mark.soak
@pytest.mark.parametrize("modes", ALL, ids="+".join)
def test_a_camera_ill_for_fifty_slots_gives_no_damaged_photo(
    modes: tuple[str, ...], tmp_path: Path, clock: FakeClock
):
    _ill_and_well_again(tmp_path, clock, modes, 50)


@pytest.mark.soak
@pytest.mark.parametrize("modes", PAIRS, ids="+".join)
def test_a_camera_ill_in_any_two_ways_for_ten_slots_gives_no_damaged_photo(
    modes: tuple[str, ...], tmp_path: Path, clock: FakeClock
):
    _ill_and_well_again(tmp_path, clock, modes, 10)


def test_there_are_twenty_ways_to_be_ill():
    assert len(ALL) >= 20


def wait_for(what: Callable[[], object], limit_s: float = 10) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.01)


@pytest.mark.parametrize("in_open", [True, False])
def test_a_driver_that_hangs_again_and_again_costs_one_thread_and_the_camera_comes_back(in_open: bool):
    clock, let_go = SystemClock(), threading.Event()
    camera = Stuck(FaultyCamera(clock), let_go.wait, in_open=in_open)
    hub = Hub(Eye(camera, clock=clock), clock=clock, linger_s=0)
    before = threading.active_count()
    for _ in range(8):
        seat = hub.open()
        with pytest.raises(CameraSilent):
            seat.read(0.05)
        seat.close()
    assert threading.active_count() <= before + 1
    assert camera.opened == 1
    let_go.set()
    began = time.monotonic()
    assert Attempt(hub, clock=clock, limit_s=10).run().verdict.is_whole
    assert time.monotonic() - began < RECOVERY.total_seconds()
    wait_for(lambda: not hub.is_open)


def test_work_that_never_ends_is_not_begun_again_beside_itself():
    let_go, line, begun = threading.Event(), Line(), list[int]()

    def work() -> int:
        begun.append(1)
        let_go.wait()
        return len(begun)

    before = threading.active_count()
    for _ in range(8):
        with pytest.raises(TimeoutError):
            within(0.05, work, line=line)
    assert threading.active_count() == before + 1
    assert begun == [1]
    let_go.set()
    assert within(5, work, line=line) == 2
