"""The real fswebcam, reading files and its own test picture."""

import io
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pucci.cameras import Camera, fswebcam, open_camera, opened
from pucci.cameras.program import Outcome
from pucci.clock import SystemClock
from pucci.errors import (
    CameraBusy,
    CameraDenied,
    CameraError,
    CameraFailed,
    CameraMissing,
    CameraSilent,
    MissingPart,
)
from pucci.settings import CameraSettings
from tests.frames import jpeg_bytes

SETTINGS = CameraSettings(driver="fswebcam", width=320, height=240, delay_s=0, skip=1, timeout_s=10)


def camera(device: str, **settings: float) -> Camera:
    return open_camera("sofa", replace(SETTINGS, device=device, **settings), clock=SystemClock())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(jpeg_bytes(1, (320, 240)))
    return path


def stand_in_program(folder: Path, script: str) -> None:
    """Put a program called fswebcam into a folder."""
    program = folder / "fswebcam"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)


def test_a_jpeg_camera_gives_its_own_bytes_not_fswebcams(photo: Path):
    with opened(camera(f"FILE:{photo}")) as stream:
        frame = stream.read(1)
    assert frame.data == photo.read_bytes()
    assert frame.proves


def test_a_raw_camera_gives_a_picture_that_proves_nothing():
    with opened(camera("TEST:bars")) as stream:
        frame = stream.read(1)
    assert Image.open(io.BytesIO(frame.data)).size == (320, 240)
    assert not frame.proves


def test_every_read_runs_it_again(photo: Path):
    with opened(camera(f"FILE:{photo}")) as stream:
        first = stream.read(1).data
        photo.write_bytes(jpeg_bytes(2, (320, 240)))
        assert stream.read(10).data != first


def test_a_device_that_is_not_there_is_unplugged_though_fswebcam_ends_with_0(tmp_path: Path):
    with pytest.raises(CameraMissing, match="Plug it in"):
        camera(str(tmp_path / "video9")).open()


def test_a_source_that_gives_nothing_is_an_error_with_fswebcams_words(tmp_path: Path):
    (tmp_path / "note.txt").write_text("no picture")
    with pytest.raises(CameraError, match="fswebcam"):
        camera(f"FILE:{tmp_path / 'note.txt'}").open()


def test_garbage_from_a_jpeg_camera_is_handed_on_as_garbage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = """
    for word; do
        case "$before" in --dumpframe) printf garbage >"$word";; 80) printf picture >"$word";; esac
        before=$word
    done
    printf 'Using palette MJPEG\\nCaptured frame in 0.00 seconds.\\n' >&2
    """
    stand_in_program(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with opened(camera("/dev/video0")) as stream:
        frame = stream.read(1)
    assert frame.data == b"garbage"


def test_one_that_hangs_is_killed_in_time_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    stand_in_program(tmp_path, f"sleep 60 & echo $! >{tmp_path}/child; wait\n")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    before = time.monotonic()
    with pytest.raises(CameraSilent, match=r"within 0\.5 s"):
        camera("/dev/video0", timeout_s=0.5).open()
    assert time.monotonic() - before < 3
    child = int((tmp_path / "child").read_text())
    assert not _is_running(child)


def test_without_the_program_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPart, match="sudo apt install fswebcam"):
        camera("/dev/video0").open()


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("stat: No such file or directory", CameraMissing),
        ("Error opening device: /dev/video0\nopen: Permission denied", CameraDenied),
        ("VIDIOC_S_FMT: Device or resource busy", CameraBusy),
        ("Timed out waiting for frame!\nNo frames captured.", CameraSilent),
        ("Error selecting input 0", CameraFailed),
        ("", CameraFailed),
    ],
)
def test_what_fswebcam_says_becomes_what_to_do(said: str, error: type[CameraError]):
    explained = fswebcam.explain(Outcome(b"", said, 0), "/dev/video0")
    assert type(explained) is error
    assert "/dev/video0" in str(explained)


def _is_running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
