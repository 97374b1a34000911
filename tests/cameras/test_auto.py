"""The first webcam there is, and the drawn dog where there was never one."""

import logging
from pathlib import Path

import pytest

from pucci.cameras import auto, devices, opened
from pucci.errors import CameraError, CameraMissing
from pucci.settings import CameraSettings
from tests.cameras.attached import Machine
from tests.fakes import FakeClock


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path / "machine")


def make(machine: Machine, clock: FakeClock, *, seen: bool = False, device: str = "") -> auto.AutoCamera:
    return auto.make(
        "sofa",
        CameraSettings(width=64, height=48, device=device),
        clock=clock,
        seen=seen,
        find=lambda: devices.first_webcam(machine.root),
    )


def test_without_a_webcam_the_drawn_dog_stands_in_and_says_so(
    machine: Machine, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    camera = make(machine, clock)
    caplog.set_level(logging.INFO)
    for _ in range(2):
        with opened(camera) as stream:
            assert stream.read(1).data.startswith(b"\xff\xd8")
    assert camera.stands_in
    assert "no webcam found" in camera.describe()
    assert len([record for record in caplog.records if "drawn dog" in record.message]) == 1


def test_a_webcam_plugged_in_later_ends_the_drawing_at_the_next_opening(machine: Machine, clock: FakeClock):
    camera = make(machine, clock)
    with opened(camera):
        pass
    machine.plug_in(0)
    with pytest.raises(
        CameraError, match="by-id"
    ):  # a file is no camera, but it is the webcam that was opened
        camera.open()
    assert not camera.stands_in


def test_a_webcam_that_was_there_from_the_start_is_not_worth_a_word(
    machine: Machine, clock: FakeClock, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    machine.plug_in(0)
    assert not make(machine, clock).stands_in
    assert not caplog.records  # cron would send it by mail every five minutes


def test_a_webcam_that_was_seen_is_never_stood_in_for(machine: Machine, clock: FakeClock):
    machine.plug_in(0)
    camera = make(machine, clock)
    assert not camera.stands_in
    machine.pull_out(0)
    assert not camera.stands_in
    with pytest.raises(CameraMissing, match="Plug one in"):
        camera.open()


def test_a_webcam_seen_before_this_start_is_not_stood_in_for(machine: Machine, clock: FakeClock):
    camera = make(machine, clock, seen=True)
    assert not camera.stands_in
    with pytest.raises(CameraMissing):
        camera.open()


def test_a_named_device_is_never_stood_in_for(machine: Machine, clock: FakeClock, tmp_path: Path):
    camera = make(machine, clock, device=str(tmp_path / "video7"))
    assert not camera.stands_in
    with pytest.raises(CameraMissing, match="video7 is unplugged"):
        camera.open()
