"""The webcam driver, as far as it goes without a webcam; the real uvcvideo is in tests/pi."""

import errno
import io
import os
import time
from pathlib import Path

import pytest
from PIL import Image

from pucci.cameras import open_camera
from pucci.cameras.kernel import Format
from pucci.cameras.limits import within
from pucci.cameras.v4l2 import ENCODINGS, explain, nearest
from pucci.cameras.yuyv import to_jpeg
from pucci.clock import SystemClock
from pucci.errors import CameraBusy, CameraDenied, CameraError, CameraFailed, CameraMissing
from pucci.settings import CameraSettings


def v4l2(device: Path | str):
    return open_camera("sofa", CameraSettings(driver="v4l2", device=str(device)), clock=SystemClock())


def test_a_device_that_is_not_there_is_unplugged(tmp_path: Path):
    with pytest.raises(CameraMissing, match=r"video9 is unplugged\. Plug it in"):
        v4l2(tmp_path / "video9").open()


@pytest.mark.parametrize("device", ["/dev/null", "/dev/zero"])
def test_what_is_no_camera_says_so(device: str):
    with pytest.raises(CameraFailed, match="is no camera"):
        v4l2(device).open()


def test_a_file_is_no_camera(tmp_path: Path):
    (tmp_path / "film.mjpg").touch()
    with pytest.raises(CameraFailed, match="is no camera"):
        v4l2(tmp_path / "film.mjpg").open()


def test_no_descriptor_stays_open_when_opening_fails(tmp_path: Path):
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with pytest.raises(CameraError):
            v4l2("/dev/null").open()
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("number", "error", "words"),
    [
        (errno.ENODEV, CameraMissing, "unplugged"),
        (errno.EACCES, CameraDenied, "sudo usermod -aG video"),
        (errno.EBUSY, CameraBusy, "taken"),
        (errno.ENOSPC, CameraFailed, "smaller size"),
        (errno.EMEDIUMTYPE, CameraFailed, "ffmpeg"),
        (errno.EIO, CameraFailed, "Input/output error"),
    ],
)
def test_the_kernels_errors_become_what_to_do(number: int, error: type[CameraError], words: str):
    explained = explain(OSError(number, os.strerror(number)), Path("/dev/video0"))
    assert type(explained) is error
    assert words in str(explained)
    assert str(explained).startswith(("/dev/video0", "Pucci may not open /dev/video0"))


def test_a_busy_camera_names_who_has_it(tmp_path: Path):
    held = tmp_path / "video0"
    reader, writer = os.pipe()
    with held.open("w"):
        child = os.fork()
        if not child:
            os.read(reader, 1)
            os._exit(0)
    try:
        said = str(explain(OSError(errno.EBUSY, "busy"), held))
    finally:
        os.write(writer, b".")
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)
    assert f"(process {child}) has it open" in said


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ((640, 480), (640, 480)),
        ((700, 500), (640, 480)),
        ((4000, 3000), (1280, 720)),
        ((16, 16), (160, 120)),
        ((480, 360), (640, 480)),
    ],
)
def test_the_nearest_size_is_taken_and_of_two_the_larger(asked: tuple[int, int], given: tuple[int, int]):
    assert nearest([(160, 120), (320, 240), (640, 480), (1280, 720)], *asked) == given


def test_a_camera_that_takes_any_size_is_given_the_one_asked_for():
    assert nearest([], 333, 222) == (333, 222)


def test_the_cameras_own_jpeg_comes_before_raw_pictures():
    assert ENCODINGS == ("MJPG", "JPEG", "YUYV")


def yuyv(colour: tuple[int, int, int], width: int, height: int, *, padding: int = 0) -> bytes:
    light, blue, red = colour
    row = bytes((light, blue, light, red)) * (width // 2) + bytes(padding)
    return row * height


@pytest.mark.parametrize("padding", [0, 64])
@pytest.mark.parametrize(
    ("colour", "full_range", "shown"),
    [
        ((235, 128, 128), False, (255, 255, 255)),
        ((16, 128, 128), False, (0, 0, 0)),
        ((81, 90, 240), False, (255, 0, 0)),
        ((255, 128, 128), True, (255, 255, 255)),
    ],
)
def test_a_raw_picture_has_its_colours(
    colour: tuple[int, int, int], *, full_range: bool, shown: tuple[int, int, int], padding: int
):
    form = Format(32, 16, "YUYV", 64 + padding, (64 + padding) * 16, full_range)
    picture = Image.open(io.BytesIO(to_jpeg(yuyv(colour, 32, 16, padding=padding), form))).convert("RGB")
    assert picture.size == (32, 16)
    seen = picture.getpixel((16, 8))
    assert all(abs(a - b) <= 4 for a, b in zip(seen, shown, strict=True)), seen  # type: ignore[arg-type]


def test_a_raw_picture_cut_short_is_still_a_picture():
    form = Format(32, 16, "YUYV", 64, 1024, full_range=False)
    assert Image.open(io.BytesIO(to_jpeg(b"\x10" * 100, form))).size == (32, 16)


def test_what_does_not_come_back_is_left_behind_and_put_away_when_it_does():
    put_away: list[str] = []
    with pytest.raises(TimeoutError):
        within(0.05, lambda: time.sleep(0.2) or "late", late=put_away.append)
    time.sleep(0.4)
    assert put_away == ["late"]


def test_what_comes_back_in_time_is_handed_on_with_its_errors():
    assert within(5, lambda: "in time") == "in time"
    with pytest.raises(OSError, match="busy"):
        within(5, lambda: (_ for _ in ()).throw(OSError(errno.EBUSY, "busy")))


def test_a_camera_taken_by_another_of_our_own_says_that(tmp_path: Path):
    held = tmp_path / "video0"
    with held.open("w"):
        assert "another camera of Pucci's settings" in str(explain(OSError(errno.EBUSY, "busy"), held))
