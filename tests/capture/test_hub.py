"""One open camera for all who look at it, and nothing stale in it."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from pucci.cameras import Stream, open_camera
from pucci.capture import Eye, Hub
from pucci.clock import SystemClock
from pucci.errors import CameraMissing, CameraSilent, CameraStuck
from pucci.settings import CameraSettings

DRAWN = CameraSettings(driver="synthetic", width=160, height=120, skip=0, timeout_s=2)


@pytest.fixture
def make() -> Iterator[Callable[..., Hub]]:
    made: list[Hub] = []

    def hub(faults: str = "", linger_s: float = 0.3) -> Hub:
        clock = SystemClock()
        camera = open_camera("sofa", replace(DRAWN, device=faults), clock=clock)
        made.append(Hub(Eye(camera, clock=clock), clock=clock, linger_s=linger_s))
        return made[-1]

    yield hub
    for one in made:
        one.stop()
    wait_for(lambda: not any(one.is_open for one in made))


def wait_for(what: Callable[[], object], limit_s: float = 8) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.01)


def test_nobody_looks_so_the_camera_is_closed(make: Callable[..., Hub]):
    hub = make()
    assert not hub.is_open
    assert hub.now.sight is None


def test_the_camera_opens_for_the_first_watcher_and_closes_some_time_after_the_last(make: Callable[..., Hub]):
    hub = make()
    told = threading.Event()
    first, second = hub.watch(told.set), hub.watch(lambda: None)
    assert told.wait(5)
    assert hub.now.sight is not None
    assert hub.watchers == 2
    first.close()
    first.close()
    assert hub.watchers == 1
    second.close()
    assert hub.is_open
    wait_for(lambda: not hub.is_open)
    assert hub.now.sight is None
    wait_for(lambda: "hub-sofa" not in [thread.name for thread in threading.enumerate()])


def test_a_driver_with_a_mistake_in_it_is_opened_again(caplog: pytest.LogCaptureFixture):
    clock = SystemClock()
    dog = open_camera("sofa", DRAWN, clock=clock)

    class Mistaken:
        name, stands_in, describe, opened = "sofa", False, dog.describe, 0

        def open(self) -> Stream:
            self.opened += 1
            if self.opened == 1:
                raise ZeroDivisionError("a mistake")
            return dog.open()

    hub = Hub(Eye(Mistaken(), clock=clock), clock=clock, linger_s=0)
    watcher = hub.watch(lambda: None)
    wait_for(lambda: hub.now.sight is not None)
    assert "something broke" in caplog.text
    watcher.close()
    wait_for(lambda: not hub.is_open)


def test_who_waits_in_vain_hears_what_the_driver_last_said_and_after_a_frame_no_more():
    clock = SystemClock()
    dog = open_camera("sofa", DRAWN, clock=clock)

    class Hanging:
        name, stands_in, describe, hangs = "sofa", False, dog.describe, True

        def open(self) -> Stream:
            time.sleep(0.3)
            if self.hangs:
                raise CameraStuck("A reset did not help. Pull its plug.")
            return dog.open()

    camera = Hanging()
    hub = Hub(Eye(camera, clock=clock), clock=clock, linger_s=0)
    for words in ("is open, but sends nothing", "A reset did not help", "A reset did not help"):
        seat = hub.open()
        with pytest.raises(CameraSilent, match=words):
            seat.read(0.1)
        wait_for(lambda: hub.now.fault == "camera stuck")
        seat.close()
        wait_for(lambda: not hub.is_open)
    camera.hangs = False
    seat = hub.open()
    assert seat.read(5).verdict.is_whole
    seat.close()
    wait_for(lambda: not hub.is_open)
    seat = hub.open()
    with pytest.raises(CameraSilent, match="is open, but sends nothing"):
        seat.read(0.01)
    seat.close()
    wait_for(lambda: not hub.is_open)


def test_a_page_loaded_again_finds_the_camera_open(make: Callable[..., Hub]):
    hub = make(linger_s=5)
    seat = hub.watch(lambda: None)
    wait_for(lambda: hub.now.number > 0)
    seat.close()
    number = hub.now.number
    hub.watch(lambda: None)
    assert hub.now.number >= number > 0


def test_a_slot_takes_its_photo_from_the_running_stream_and_sees_no_old_frame(make: Callable[..., Hub]):
    hub = make()
    watcher = hub.watch(lambda: None)
    wait_for(lambda: hub.now.number > 2)
    before = hub.now.sight
    seat = hub.open()
    sight = seat.read(2)
    assert before is not None
    assert sight.frame.taken_at > before.frame.taken_at
    seat.close()
    watcher.close()


def test_a_slot_alone_closes_the_camera_at_once(make: Callable[..., Hub]):
    hub = make(linger_s=60)
    seat = hub.open()
    assert seat.read(5).verdict.is_whole
    seat.close()
    wait_for(lambda: not hub.is_open, limit_s=2)


def test_a_damaged_frame_is_never_what_there_is_to_see(make: Callable[..., Hub]):
    hub = make("flicker 70")
    seen = []
    hub.watch(lambda: seen.append(hub.now.sight))
    wait_for(lambda: len(seen) > 5)
    assert all(sight.verdict.is_whole for sight in seen if sight is not None)


def test_an_unplugged_camera_shows_nothing_and_says_why_to_all(make: Callable[..., Hub]):
    hub = make("unplugged")
    told = threading.Event()
    hub.watch(told.set)
    seat = hub.open()
    with pytest.raises(CameraMissing):
        seat.read(5)
    assert told.wait(5)
    assert hub.now.fault == "camera unplugged"
    assert hub.now.sight is None


def test_many_who_come_and_go_leave_nothing_behind(make: Callable[..., Hub]):
    hub = make(linger_s=0.05)
    threads = threading.active_count()
    for _ in range(200):
        hub.watch(lambda: None).close()
        hub.open().close()
    wait_for(lambda: not hub.is_open)
    assert hub.watchers == 0
    assert threading.active_count() <= threads


def test_a_stopped_hub_lets_the_camera_go_and_opens_it_no_more(make: Callable[..., Hub]):
    hub = make()
    hub.watch(lambda: None)
    wait_for(lambda: hub.now.number > 0)
    hub.stop()
    wait_for(lambda: not hub.is_open)
    hub.watch(lambda: None)
    assert not hub.is_open
