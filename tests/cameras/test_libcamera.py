"""The Pi's own camera. Without one, a program of the same name writes what rpicam-vid writes."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.cameras import Camera, libcamera, open_camera, opened
from pucci.clock import SystemClock
from pucci.errors import (
    CameraBusy,
    CameraDenied,
    CameraError,
    CameraFailed,
    CameraMissing,
    MissingPart,
    SettingsError,
)
from pucci.settings import CameraSettings
from tests.frames import jpeg_bytes


def camera(device: str = "", **settings: float) -> Camera:
    base = CameraSettings(driver="libcamera", skip=0, timeout_s=5)
    return open_camera("pi", replace(base, device=device, **settings), clock=SystemClock())  # type: ignore[arg-type]


@pytest.fixture
def rpicam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program that writes eight pictures, ten a second, and the words it was started with into a file."""
    for number in range(8):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg_bytes(number))
    pictures = f"for n in 0 1 2 3 4 5 6 7; do cat {tmp_path}/$n.jpg; sleep 0.1; done; sleep 60"
    stand_in(tmp_path / "rpicam-vid", f'echo "$@" >{tmp_path}/words; {pictures}')
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def stand_in(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_one_start_gives_frame_after_frame(rpicam: Path):
    with opened(camera()) as stream:
        frames = [stream.read(5) for _ in range(3)]
    assert [frame.data for frame in frames] == [jpeg_bytes(number) for number in range(3)]
    assert all(frame.proves for frame in frames)


def test_size_and_number_are_asked_for(rpicam: Path):
    with opened(camera("1", width=1280, height=720)):
        words = (rpicam / "words").read_text()
    assert "--camera 1 --width 1280 --height 720" in words
    assert "--codec mjpeg" in words


def test_the_first_frames_are_skipped(rpicam: Path):
    with opened(camera(skip=2)) as stream:
        assert stream.read(5).data == jpeg_bytes(2)


def test_one_that_falls_silent_is_started_anew(rpicam: Path):
    with opened(camera()) as stream:
        for _ in range(8):
            stream.read(5)
        assert stream.read(2).data == jpeg_bytes(0)


def test_the_older_program_serves_too(rpicam: Path):
    (rpicam / "rpicam-vid").rename(rpicam / "libcamera-vid")
    with opened(camera()) as stream:
        assert stream.read(5).data == jpeg_bytes(0)


def test_no_camera_on_the_cable_says_so(rpicam: Path):
    stand_in(rpicam / "rpicam-vid", "echo 'ERROR: *** no cameras available ***' >&2; exit 255")
    with pytest.raises(CameraMissing, match="ribbon cable"):
        camera().open()


def test_without_the_program_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPart, match="sudo apt install rpicam-apps"):
        camera().open()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("ERROR: *** failed to acquire camera /base/soc ***", CameraBusy),
        ("Unable to open /dev/media0: Permission denied", CameraDenied),
        ("ERROR: *** something else ***", CameraFailed),
    ],
)
def test_what_it_says_becomes_what_to_do(said: str, error: type[CameraError]):
    assert type(libcamera.explain(said)) is error


def test_a_device_that_is_no_number_is_a_mistake():
    with pytest.raises(SettingsError, match="number"):
        camera("/dev/video0")
