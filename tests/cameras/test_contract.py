"""What every driver promises, driver after driver, each with its real program where it can run here."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pucci.cameras import DRIVERS, Camera, auto, open_camera, opened
from pucci.clock import SystemClock
from pucci.errors import CameraError
from pucci.settings import CameraSettings
from tests.frames import jpeg_bytes

LIMIT_S = 2.0
# How each driver is given a source that works here, and one that is missing.
WORKING: dict[str, Callable[[Path], str]] = {
    "synthetic": lambda _: "",
    "auto": lambda _: "",
    "fswebcam": lambda folder: f"FILE:{folder / 'photo.jpg'}",
    "ffmpeg": lambda folder: f"{folder / 'film.mjpeg'}",
    "command": lambda folder: f"cat {folder / 'photo.jpg'}",
}
MISSING: dict[str, Callable[[Path], str]] = {
    "synthetic": lambda _: "unplugged",
    "auto": lambda folder: str(folder / "video9"),
    "v4l2": lambda folder: str(folder / "video9"),
    "fswebcam": lambda folder: str(folder / "video9"),
    "libcamera": lambda _: "",
    "ffmpeg": lambda folder: str(folder / "video9"),
    "http": lambda _: "http://127.0.0.1:1/snap.jpg",
    "command": lambda _: "false",
}


def make(driver: str, device: str) -> Camera:
    settings = CameraSettings(driver=driver, device=device, width=160, height=120, skip=0, timeout_s=LIMIT_S)
    if driver == "auto":  # as on a machine without a webcam, whatever this one has
        return auto.make("sofa", settings, clock=SystemClock(), find=lambda: None)
    return open_camera("sofa", settings, clock=SystemClock())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "photo.jpg").write_bytes(jpeg_bytes(1, (160, 120)))
    (tmp_path / "film.mjpeg").write_bytes(b"".join(jpeg_bytes(number, (160, 120)) for number in range(30)))
    # A Pi's program that finds no camera, whether this machine has one or not.
    rpicam = tmp_path / "rpicam-vid"
    rpicam.write_text("#!/bin/sh\necho 'ERROR: *** no cameras available ***' >&2\nexit 255\n")
    rpicam.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    return tmp_path


def test_every_driver_is_tried_here():
    assert set(MISSING) == set(DRIVERS)


@pytest.mark.parametrize("driver", DRIVERS)
def test_making_a_camera_opens_nothing(driver: str, folder: Path):
    camera = make(driver, MISSING[driver](folder))
    assert camera.name == "sofa"
    assert camera.describe()
    assert isinstance(camera.stands_in, bool)


@pytest.mark.parametrize("driver", WORKING)
def test_frames_come_as_jpeg_with_the_time_they_were_taken(driver: str, folder: Path):
    clock = SystemClock()
    before = clock.now()
    with opened(make(driver, WORKING[driver](folder))) as stream:
        frames = [stream.read(LIMIT_S) for _ in range(3)]
    assert all(frame.data.startswith(b"\xff\xd8") for frame in frames)
    times = [frame.taken_at for frame in frames]
    assert before <= times[0] <= times[1] <= times[2] <= clock.now()


@pytest.mark.parametrize("driver", WORKING)
def test_a_stream_can_be_closed_twice_and_gives_nothing_more(driver: str, folder: Path):
    stream = make(driver, WORKING[driver](folder)).open()
    stream.close()
    stream.close()
    with pytest.raises(CameraError):
        stream.read(0.5)


@pytest.mark.parametrize("driver", WORKING)
def test_a_camera_can_be_opened_again(driver: str, folder: Path):
    camera = make(driver, WORKING[driver](folder))
    for _ in range(2):
        with opened(camera) as stream:
            assert stream.read(LIMIT_S).data


@pytest.mark.parametrize("driver", DRIVERS)
def test_a_missing_source_is_a_sentence_within_the_limit(driver: str, folder: Path):
    before = time.monotonic()
    with pytest.raises(CameraError) as caught, opened(make(driver, MISSING[driver](folder))) as stream:
        stream.read(LIMIT_S)
    assert time.monotonic() - before < LIMIT_S + 2
    assert str(caught.value).endswith(".")
    assert caught.value.reason


@pytest.mark.parametrize("driver", DRIVERS)
def test_nothing_is_left_open_or_running(driver: str, folder: Path):
    def left() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    make_again = [lambda: _try(make(driver, MISSING[driver](folder)))]
    if driver in WORKING:
        make_again.append(lambda: _try(make(driver, WORKING[driver](folder))))
    for attempt in make_again:
        attempt()
        before = left()
        attempt()
        assert left() == before


def _try(camera: Camera) -> None:
    try:
        with opened(camera) as stream:
            stream.read(LIMIT_S)
    except CameraError:
        return
