"""From the camera to the album: whole, or missed with a reason."""

import itertools
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pucci import jpeg
from pucci.album import Album, Tally
from pucci.album.refusals import LIMIT
from pucci.album.slots import refused_in
from pucci.cameras import open_camera
from pucci.capture import Attempt, Daemon, Eye, Hub
from pucci.capture.daemon import CameraLoop
from pucci.capture.schedule import due_slot
from pucci.capture.snap import reason_of
from pucci.clock import SystemClock
from pucci.db import Database
from pucci.errors import CameraMissing, CameraSilent, NoWholeFrame, PucciError
from pucci.settings import CameraSettings, CaptureSettings, Settings
from tests.fakes import SUNDAY, FakeClock

DRAWN = CameraSettings(driver="synthetic", width=320, height=240, skip=0, timeout_s=2)


def drawn(clock: FakeClock, faults: str = "") -> Eye:
    return Eye(open_camera("sofa", replace(DRAWN, device=faults), clock=clock), clock=clock)


def hub(name: str, clock: SystemClock, faults: str = "") -> Hub:
    return Hub(Eye(open_camera(name, replace(DRAWN, device=faults), clock=clock), clock=clock), clock=clock)


@pytest.fixture
def album(db: Database, tmp_path: Path, clock: FakeClock) -> Album:
    return Album(db, tmp_path, clock=clock)


def loop(camera: Eye, album: Album, clock: FakeClock, interval_s: float = 300) -> CameraLoop:
    settings = Settings(capture=CaptureSettings(interval_s=interval_s))
    return CameraLoop(camera, album, settings, clock=clock, stop=threading.Event())


def test_a_slot_is_filled_with_a_whole_photo(album: Album, clock: FakeClock):
    loop(drawn(clock), album, clock).fill(SUNDAY)
    (slot,) = album.slots.between("sofa", SUNDAY, SUNDAY + timedelta(hours=1))
    photo = album.newest("sofa")
    assert photo is not None
    assert slot.filled
    assert slot.photo_id == photo.id
    assert jpeg.judge(album.path(photo).read_bytes()).is_whole
    assert photo.proved


def test_a_camera_that_breaks_most_frames_still_fills_its_slot(album: Album, clock: FakeClock):
    for number in range(10):
        due = SUNDAY + timedelta(seconds=300 * number)
        clock.jump(due)
        loop(drawn(clock, "flicker 70"), album, clock).fill(due)
    slots = album.slots.between("sofa", SUNDAY, SUNDAY + timedelta(hours=1))
    assert [slot.filled for slot in slots] == [True] * 10
    assert sum(slot.tries for slot in slots) > 10
    for photo in album.between("sofa", SUNDAY, SUNDAY + timedelta(hours=1)):
        assert jpeg.judge(album.path(photo).read_bytes()).is_whole


@pytest.mark.parametrize(
    ("faults", "reason"),
    [("truncate 40", "damaged: cut short"), ("unplugged", "camera unplugged"), ("silent", "camera silent")],
)
def test_a_slot_is_retried_until_its_time_is_up_then_missed_with_the_reason(
    faults: str, reason: str, album: Album, clock: FakeClock
):
    start = clock.monotonic()
    loop(drawn(clock, faults), album, clock, interval_s=60).fill(SUNDAY)
    (slot,) = album.slots.between("sofa", SUNDAY, SUNDAY + timedelta(hours=1))
    assert not slot.filled
    assert slot.reason == reason
    assert slot.tries > 3
    assert 50 < clock.monotonic() - start < 75
    assert album.newest("sofa") is None


def test_what_is_wrong_is_on_record_while_it_is_still_being_tried(album: Album, clock: FakeClock):
    seen: list[PucciError] = []
    attempt = Attempt(drawn(clock, "unplugged"), clock=clock, limit_s=30, first_failure=seen.append)
    with pytest.raises(CameraMissing):
        attempt.run()
    assert [reason_of(error) for error in seen] == ["camera unplugged"]
    assert attempt.tally.tries > 3


def test_what_is_wrong_is_said_at_once_and_of_a_camera_that_stays_so_not_each_time(
    album: Album, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    mine = loop(drawn(clock, "unplugged"), album, clock, interval_s=60)
    for _ in range(3):
        mine.fill(SUNDAY)
    said = [record.getMessage() for record in caplog.records if "was missed" not in record.getMessage()]
    assert said == ["sofa: The camera sofa is unplugged. Plug it in; it goes on by itself."]


@pytest.mark.parametrize(
    ("faults", "error"), [("garbage", NoWholeFrame), ("empty", NoWholeFrame), ("silent", CameraSilent)]
)
def test_an_attempt_ends_in_time_whatever_the_camera_does(
    faults: str, error: type[Exception], clock: FakeClock
):
    start = clock.monotonic()
    with pytest.raises(error):
        Attempt(drawn(clock, faults), clock=clock, limit_s=20).run()
    assert clock.monotonic() - start < 30


def test_the_record_counts_refused_frames_by_reason_and_keeps_the_last_aside(album: Album, clock: FakeClock):
    for number in range(20):
        due = SUNDAY + timedelta(seconds=300 * number)
        clock.jump(due)
        loop(drawn(clock, "flicker 90"), album, clock).fill(due)
    slots = album.slots.between("sofa", SUNDAY, SUNDAY + timedelta(hours=2))
    # The rest of the tries were suspicions: another look was taken, and nothing refused.
    assert 20 < refused_in(slots) <= sum(slot.tries for slot in slots) - 20
    assert all(slot.reasons for slot in slots if slot.refused)
    aside = album.refusals.newest("sofa")
    assert 5 < len(aside) <= LIMIT
    found = album.refusals.frame(aside[0].id)
    assert found is not None
    assert not jpeg.judge(found[1]).is_whole


def test_a_slot_once_filled_stays_filled(album: Album, clock: FakeClock):
    loop(drawn(clock), album, clock).fill(SUNDAY)
    album.slots.missed("sofa", SUNDAY, reason="camera unplugged", tally=Tally(3))
    assert album.slots.is_filled("sofa", SUNDAY)


# -- the running daemon, in real time ---------------------------------------------------------------


@pytest.fixture
def real(db: Database, tmp_path: Path) -> tuple[Album, SystemClock]:
    clock = SystemClock(told=True)
    return Album(db, tmp_path, clock=clock), clock


def wait_for(what: object, limit_s: float = 15) -> None:
    end = time.monotonic() + limit_s
    while not what():  # type: ignore[operator]
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)


def test_the_daemon_fills_slot_after_slot_of_every_camera_and_stops_when_told(
    real: tuple[Album, SystemClock],
):
    album, clock = real
    cameras = {name: hub(name, clock) for name in ("sofa", "door")}
    daemon = Daemon(cameras, album, Settings(capture=CaptureSettings(interval_s=1)), clock=clock)
    daemon.start()
    wait_for(lambda: all((photo := album.newest(name)) and photo.sequence >= 2 for name in cameras))
    start = time.monotonic()
    daemon.stop()
    assert time.monotonic() - start < 3.5
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("camera-")]


def test_a_slot_already_filled_is_not_taken_again_after_a_restart(real: tuple[Album, SystemClock]):
    album, clock = real
    settings = Settings(capture=CaptureSettings(interval_s=86_400))
    cameras = {"sofa": hub("sofa", clock)}
    for _ in range(2):
        daemon = Daemon(cameras, album, settings, clock=clock)
        daemon.start()
        wait_for(lambda: album.slots.is_filled("sofa", due_slot(clock.now(), 86_400)))
        time.sleep(0.2)
        daemon.stop()
    newest = album.newest("sofa")
    assert newest is not None
    assert newest.sequence == 1


def test_one_camera_out_of_order_does_not_hold_up_the_other(real: tuple[Album, SystemClock]):
    album, clock = real
    cameras = {"sofa": hub("sofa", clock, "silent"), "door": hub("door", clock)}
    daemon = Daemon(cameras, album, Settings(capture=CaptureSettings(interval_s=1)), clock=clock)
    daemon.start()
    wait_for(lambda: (photo := album.newest("door")) and photo.sequence >= 2)
    later = clock.now() + timedelta(hours=1)
    wait_for(
        lambda: (slot := album.slots.newest("sofa", until=later)) and slot.reason == "camera silent",
    )
    daemon.stop()


def test_a_slot_that_took_all_its_time_takes_none_of_the_next(real: tuple[Album, SystemClock]):
    album, clock = real
    cameras = {"sofa": hub("sofa", clock, "silent")}
    daemon = Daemon(cameras, album, Settings(capture=CaptureSettings(interval_s=1)), clock=clock)
    start = clock.now()
    daemon.start()
    wait_for(lambda: len(album.slots.between("sofa", start, clock.now())) >= 4)
    daemon.stop()
    due = [slot.due_at for slot in album.slots.between("sofa", start, clock.now())]
    assert {(b - a).total_seconds() for a, b in itertools.pairwise(due)} == {1.0}
