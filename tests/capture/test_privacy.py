"""Off means off: nothing is captured, and everybody can see that, by whom, until when."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pucci.album import Album, Pause
from pucci.cameras import open_camera
from pucci.capture import Attempt, Eye, Gate, Hub, Privacy
from pucci.capture.daemon import CameraLoop
from pucci.capture.privacy import off_at, parse_spans
from pucci.clock import SystemClock
from pucci.db import Database
from pucci.errors import CameraOff, SettingsError
from pucci.settings import CameraSettings, Settings
from tests.fakes import SUNDAY, FakeClock

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
DRAWN = CameraSettings(driver="synthetic", width=160, height=120, skip=0)


@pytest.mark.parametrize(
    ("spans", "local", "off"),
    [
        (["22:00-06:30"], "2026-11-22T23:00", True),
        (["22:00-06:30"], "2026-11-23T06:29", True),
        (["22:00-06:30"], "2026-11-23T06:30", False),
        (["22:00-06:30"], "2026-11-23T12:00", False),
        (["08:00-12:00", "13:00-17:00"], "2026-11-23T12:30", False),
        (["08:00-12:00", "13:00-17:00"], "2026-11-23T13:30", True),
        (["20:00-24:00"], "2026-11-23T23:59", True),
        (["20:00-24:00"], "2026-11-24T00:00", False),
    ],
)
def test_quiet_hours_are_local_and_may_go_over_midnight(spans: list[str], local: str, off: bool):
    now = datetime.fromisoformat(local).replace(tzinfo=BERLIN).astimezone(UTC)
    found = off_at(now, None, parse_spans(spans), BERLIN)
    assert (found is not None) is off
    if found is not None:
        assert found.reason == "off, quiet hours"
        assert found.since <= now < found.until  # type: ignore[operator]


@pytest.mark.parametrize("text", ["22-06", "25:00-06:00", "soon", "", "22:00-06:99"])
def test_a_span_that_is_none_is_a_sentence(text: str):
    with pytest.raises(SettingsError, match="not a span of hours"):
        parse_spans([text])


def test_a_pause_is_over_at_its_time_and_one_without_stays():
    until = Pause("sofa", SUNDAY, SUNDAY + HOUR, "Gwen")
    assert off_at(SUNDAY, until, [], UTC) is not None
    assert off_at(SUNDAY + HOUR, until, [], UTC) is None
    for_ever = Pause("sofa", SUNDAY, None, "Gwen")
    found = off_at(SUNDAY + 900 * HOUR, for_ever, [], UTC)
    assert found is not None
    assert (found.reason, found.until) == ("off, by Gwen", None)


@pytest.fixture
def album(db: Database, tmp_path: Path, clock: FakeClock) -> Album:
    return Album(db, tmp_path, clock=clock)


def test_a_slot_while_off_has_no_photo_and_says_by_whom_at_once(album: Album, clock: FakeClock):
    privacy = Privacy("sofa", album.pauses, quiet_hours=(), zone=None, clock=clock)
    gate = Gate(Eye(open_camera("sofa", DRAWN, clock=clock), clock=clock), privacy, clock=clock)
    loop = CameraLoop(gate, album, Settings(), clock=clock, stop=threading.Event())
    privacy.turn_off(by="Gwen", until=SUNDAY + HOUR)
    loop.fill(SUNDAY)
    (slot,) = album.slots.between("sofa", SUNDAY, SUNDAY + HOUR)
    assert (slot.filled, slot.reason, slot.tries) == (False, "off, by Gwen", 0)
    assert album.newest("sofa") is None
    assert clock.now() == SUNDAY
    assert privacy.turn_on()
    assert not privacy.turn_on()
    loop.fill(SUNDAY)
    assert album.newest("sofa") is not None


def test_a_camera_turned_off_cannot_be_opened_by_any_way(album: Album, clock: FakeClock):
    privacy = Privacy("sofa", album.pauses, quiet_hours=(), zone=None, clock=clock)
    gate = Gate(Eye(open_camera("sofa", DRAWN, clock=clock), clock=clock), privacy, clock=clock)
    privacy.turn_off(by="Gwen", until=None)
    with pytest.raises(CameraOff, match="off, by Gwen"):
        gate.open()
    with pytest.raises(CameraOff):
        Attempt(gate, clock=clock, limit_s=60).run()


def wait_for(what: Callable[[], object], limit_s: float = 8) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.01)


@pytest.mark.parametrize("same_process", [True, False])
def test_turned_off_while_watched_the_picture_goes_and_comes_back(
    same_process: bool, db: Database, tmp_path: Path
):
    clock = SystemClock()
    album = Album(db, tmp_path, clock=clock)
    privacy = Privacy("sofa", album.pauses, quiet_hours=(), zone=None, clock=clock)
    elsewhere = (
        privacy if same_process else Privacy("sofa", album.pauses, quiet_hours=(), zone=None, clock=clock)
    )
    hub = Hub(
        Gate(Eye(open_camera("sofa", DRAWN, clock=clock), clock=clock), privacy, clock=clock), clock=clock
    )
    seat = hub.watch(lambda: None)
    wait_for(lambda: hub.now.sight is not None)
    elsewhere.turn_off(by="Gwen", until=None)
    wait_for(lambda: hub.now.fault == "off, by Gwen", limit_s=0.5 if same_process else 2)
    assert hub.now.sight is None
    elsewhere.turn_on()
    wait_for(lambda: hub.now.sight is not None, limit_s=4)
    seat.close()
    hub.stop()
    wait_for(lambda: not hub.is_open)
