"""What is attached, and the lines to use it."""

import tomllib
from pathlib import Path

import pytest

from pucci.cameras import devices
from pucci.cameras.survey import Attached, Offer, describe, parse_list, settings_for, survey
from pucci.clock import SystemClock
from pucci.settings_file import read_settings
from tests.cameras.attached import Machine

WEBCAM = Attached(
    "Lab USB camera",
    "v4l2",
    "/dev/v4l/by-id/usb-Lab-video-index0",
    (Offer("MJPG", ((1280, 720), (800, 600), (320, 240))), Offer("YUYV", ((320, 240),))),
)
LISTED = """Available cameras
-----------------
0 : imx708 [4608x2592 10-bit RGGB] (/base/soc/i2c0mux/i2c@1/imx708@1a)
    Modes: 'SRGGB10_CSI2P' : 1536x864 [120.13 fps - (768, 432)/3072x1728 crop]
                             4608x2592 [14.35 fps - (0, 0)/4608x2592 crop]
1 : ov5647 [2592x1944 10-bit GBRG] (/base/soc/i2c0mux/i2c@0/ov5647@36)
    Modes: 'SGBRG10_CSI2P' : 640x480 [58.92 fps - (16, 0)/2560x1920 crop]
"""


@pytest.fixture(autouse=True)
def no_ribbon_cable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def test_the_lines_for_a_camera_are_settings_that_can_be_read(tmp_path: Path):
    config = tmp_path / "pucci.toml"
    config.write_text(settings_for(WEBCAM, "sofa"))
    camera = read_settings(config=config, environ={"HOME": str(tmp_path)}).cameras["sofa"]
    assert (camera.driver, camera.device) == ("v4l2", WEBCAM.device)
    assert (camera.width, camera.height) == (800, 600)  # nearest to the default of 640 × 480


def test_a_camera_is_described_with_its_sizes():
    assert describe(WEBCAM).splitlines() == [
        "Lab USB camera",
        "  MJPG: 1280×720, 800×600, 320×240",
        "  YUYV: 320×240",
    ]


def test_a_camera_that_cannot_be_asked_says_why(tmp_path: Path):
    machine = Machine(tmp_path / "machine")
    link = machine.plug_in(0)
    (found,) = survey(clock=SystemClock(), find=lambda: devices.webcams(machine.root))
    assert found.device == str(link)
    assert "is no camera" in describe(found)  # a file, in this test
    assert tomllib.loads(settings_for(found, "sofa"))["cameras"]["sofa"]["device"] == str(link)


def test_the_pis_own_cameras_are_listed_by_its_own_program(tmp_path: Path):
    lister = tmp_path / "rpicam-hello"
    lister.write_text(f"#!/bin/sh\n/bin/cat <<'END'\n{LISTED}END\n")
    lister.chmod(0o755)
    found = survey(clock=SystemClock(), find=list)
    assert [(camera.name, camera.driver, camera.device) for camera in found] == [
        ("imx708", "libcamera", "0"),
        ("ov5647", "libcamera", "1"),
    ]
    assert found[0].offers[0].sizes == ((4608, 2592), (1536, 864))
    assert 'device = "1"' in settings_for(found[1], "garden")


def test_no_camera_in_what_it_prints_is_none():
    assert parse_list("No cameras available!\n") == []


def test_nothing_attached_is_an_empty_list(tmp_path: Path):
    assert survey(clock=SystemClock(), find=lambda: devices.webcams(tmp_path)) == []
