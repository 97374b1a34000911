"""The drawn dog."""

import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image, ImageStat

from pucci.cameras import Camera, open_camera, opened
from pucci.cameras.scene import Painter, light_at, whereabouts
from pucci.errors import CameraMissing, CameraSilent, SettingsError
from pucci.settings import CameraSettings
from tests.fakes import FakeClock

DRAWN = CameraSettings(driver="synthetic", width=320, height=240)


def drawn(clock: FakeClock, fault: str = "", **settings: float) -> Camera:
    return open_camera("sofa", replace(DRAWN, device=fault, **settings), clock=clock)


def picture(data: bytes) -> Image.Image:
    shown = Image.open(io.BytesIO(data))
    shown.load()
    return shown


def brightness(data: bytes) -> float:
    return ImageStat.Stat(picture(data).convert("L")).mean[0]


@pytest.mark.parametrize("size", [(640, 480), (1280, 720), (320, 240), (160, 120), (1024, 1024), (16, 16)])
def test_any_size_can_be_asked_for(size: tuple[int, int], clock: FakeClock):
    with opened(drawn(clock, width=size[0], height=size[1])) as stream:
        assert picture(stream.read(1).data).size == size


def test_two_frames_of_the_same_moment_differ(clock: FakeClock):
    painter = Painter("sofa", 320, 240)
    moment = datetime(2026, 11, 22, 12, 0)  # noqa: DTZ001  local, as the painter takes it
    assert painter.paint(moment) != painter.paint(moment)


def test_the_same_name_and_time_give_the_same_first_frame(clock: FakeClock):
    frames = []
    for _ in range(2):
        with opened(drawn(clock)) as stream:
            frames.append(stream.read(1).data)
        clock.jump(clock.now() - timedelta(0))
    assert picture(frames[0]).size == picture(frames[1]).size
    assert frames[0] == frames[1]


def test_noon_is_bright_and_night_is_dark():
    painter = Painter("sofa", 320, 240)
    noon, night = (painter.paint(datetime(2026, 11, 22, hour, 0)) for hour in (12, 3))  # noqa: DTZ001
    assert brightness(noon) > 2 * brightness(night)


def test_the_light_changes_all_day_without_a_jump():
    moments = [datetime(2026, 11, 22) + timedelta(minutes=minute) for minute in range(24 * 60)]  # noqa: DTZ001
    lights = [light_at(moment) for moment in moments]
    assert {name for first, second, _ in lights for name in (first, second)} == {
        "night", "dawn", "morning", "day", "dusk", "evening",
    }  # fmt: skip
    assert all(0 <= share <= 1 for _, _, share in lights)


def test_she_sleeps_at_night_moves_by_day_and_is_out_sometimes():
    def poses(hours: range) -> set[str]:
        start = datetime(2026, 11, 22)  # noqa: DTZ001
        spots = [
            whereabouts("sofa", start + timedelta(days=day, hours=hour, minutes=minute))
            for day in range(3)
            for hour in hours
            for minute in range(0, 60, 4)
        ]
        return {"away" if spot is None else spot.pose for spot in spots}

    assert poses(range(7)) == {"bed", "asleep"}
    assert {"sit", "stand", "lie", "window", "away"} <= poses(range(10, 19))


def test_ten_frames_a_second_at_most(clock: FakeClock):
    with opened(drawn(clock)) as stream:
        start = clock.monotonic()
        for _ in range(11):
            stream.read(1)
        assert clock.monotonic() - start == pytest.approx(1.0)


def test_a_frame_is_taken_when_it_is_read_in_utc(clock: FakeClock):
    with opened(drawn(clock)) as stream:
        clock.advance(minutes=5)
        assert stream.read(1).taken_at == clock.now()
        assert stream.read(1).taken_at.tzinfo is UTC


def test_the_delay_is_waited_after_opening(clock: FakeClock):
    before = clock.monotonic()
    with opened(drawn(clock, delay_s=3.0)):
        assert clock.monotonic() - before == 3.0


def test_truncate_cuts_every_frame_where_it_says(clock: FakeClock):
    with opened(drawn(clock)) as whole, opened(drawn(clock, "truncate 40")) as cut:
        short = cut.read(1).data
        assert whole.read(1).data[: len(short)] == short
        with pytest.raises(OSError, match="truncated"):
            picture(short)


def test_garbage_is_no_picture_and_empty_has_no_byte(clock: FakeClock):
    with opened(drawn(clock, "garbage")) as stream:
        assert not stream.read(1).data.startswith(b"\xff\xd8")
    with opened(drawn(clock, "empty")) as stream:
        assert stream.read(1).data == b""


def test_freeze_sends_the_same_bytes_for_ever(clock: FakeClock):
    with opened(drawn(clock, "freeze")) as stream:
        first = stream.read(1).data
        clock.advance(hours=3)
        assert stream.read(1).data == first


def test_flicker_damages_about_as_many_frames_as_it_says_and_the_same_ones_each_time(clock: FakeClock):
    def damaged() -> list[bool]:
        painted = Painter("sofa", 320, 240)
        with opened(drawn(clock, "flicker 70")) as stream:
            frames = [stream.read(1) for _ in range(60)]
        wholes = [painted.paint(frame.taken_at.astimezone()) for frame in frames]
        clock.jump(frames[0].taken_at)
        return [frame.data != whole for frame, whole in zip(frames, wholes, strict=True)]

    first = damaged()
    assert 0.5 < sum(first) / len(first) < 0.9
    assert damaged() == first


def test_silent_opens_and_then_sends_nothing_within_the_limit(clock: FakeClock):
    with opened(drawn(clock, "silent")) as stream:
        before = clock.monotonic()
        with pytest.raises(CameraSilent, match="sends nothing"):
            stream.read(5)
        assert clock.monotonic() - before <= 5


def test_unplugged_says_so_at_opening(clock: FakeClock):
    with pytest.raises(CameraMissing, match="Plug it in"):
        drawn(clock, "unplugged").open()


@pytest.mark.parametrize("fault", ["truncat", "truncate much", "/dev/video0"])
def test_an_unknown_fault_is_a_mistake_in_the_settings(fault: str, clock: FakeClock):
    with pytest.raises(SettingsError, match="has no fault"):
        drawn(clock, fault)
