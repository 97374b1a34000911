"""The real ffmpeg, reading films and servers on loopback."""

import io
import logging
import os
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from pucci.cameras import Camera, ffmpeg, open_camera, opened
from pucci.clock import SystemClock
from pucci.errors import (
    CameraBusy,
    CameraDenied,
    CameraError,
    CameraFailed,
    CameraMissing,
    CameraSilent,
    MissingPart,
    SettingsError,
)
from pucci.settings import CameraSettings
from tests.cameras.server import basic, serve

SETTINGS = CameraSettings(driver="ffmpeg", skip=0, timeout_s=10)
SECRET = "hunter2-and-more"


def camera(device: object, **settings: object) -> Camera:
    return open_camera("door", replace(SETTINGS, device=str(device), **settings), clock=SystemClock())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    drawn = [
        "ffmpeg",
        "-nostdin",
        "-v",
        "error",
        "-f",
        "lavfi",
        "-i",
        "testsrc=size=160x120:rate=25",
        "-t",
        "2",
    ]
    for name, codec in (("film.avi", "mjpeg"), ("film.mp4", "mpeg4")):
        subprocess.run([*drawn, "-c:v", codec, str(folder / name)], check=True, timeout=60)
    return folder


def size(data: bytes) -> tuple[int, int]:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture.size


def test_mjpeg_is_passed_on_as_it_is(films: Path):
    with opened(camera(films / "film.avi")) as stream:
        frames = [stream.read(5) for _ in range(3)]
    original = (films / "film.avi").read_bytes()
    assert all(frame.proves and frame.data in original for frame in frames)


def test_another_film_is_encoded_and_proves_nothing(films: Path):
    with opened(camera(films / "film.mp4")) as stream:
        frame = stream.read(5)
    assert size(frame.data) == (160, 120)
    assert not frame.proves


def test_a_film_is_played_over_and_over(films: Path):
    with opened(camera(films / "film.avi")) as stream:
        until = time.monotonic() + 3
        frames = []
        while time.monotonic() < until:
            frames.append(stream.read(5).data)
    assert len(frames) > len(set(frames)) > 20


def test_after_a_pause_the_frame_is_a_new_one(films: Path):
    with opened(camera(films / "film.avi", timeout_s=20)) as stream:
        stream.read(5)
        time.sleep(2.2)
        asked = SystemClock().now()
        assert stream.read(10).taken_at > asked


def test_the_first_frames_are_skipped(films: Path):
    with opened(camera(films / "film.avi")) as first, opened(camera(films / "film.avi", skip=9)) as later:
        film = (films / "film.avi").read_bytes()
        assert film.find(first.read(5).data) < film.find(later.read(5).data)


@pytest.mark.parametrize(
    ("device", "error"),
    [
        ("/no/such/film.mp4", CameraMissing),
        ("http://127.0.0.1:1/film", CameraMissing),
        ("/etc/hostname", CameraFailed),
    ],
)
def test_what_cannot_be_read_is_a_sentence(device: str, error: type[CameraError]):
    with pytest.raises(error) as caught:
        camera(device).open()
    assert device in str(caught.value)


@pytest.mark.parametrize(
    "device",
    ["", "-y", "film.mp4", "concat:/etc/passwd", "pipe:0", "subfile,,start,0,end,9,,:/etc/passwd",
     "gopher://127.0.0.1/x", "lavfi://testsrc", "rtsp://", "http://[broken/x"],
)  # fmt: skip
def test_a_device_that_is_no_path_and_no_allowed_address_is_refused(device: str):
    with pytest.raises(SettingsError, match="device must be"):
        camera(device)


def test_a_playlist_cannot_lead_to_a_file(tmp_path: Path, films: Path):
    playlist = tmp_path / "list.ffconcat"
    playlist.write_text(f"ffconcat version 1.0\nfile {films / 'film.avi'}\n")
    files = {"/list.ffconcat": playlist.read_bytes()}
    with serve(files) as address, pytest.raises(CameraError):
        camera(f"{address}/list.ffconcat").open()


def test_a_password_is_used_and_never_shown(caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    with serve({}, allowed=basic("gwen", SECRET)) as address:
        host = address.removeprefix("http://")
        in_url, in_settings = (
            camera(f"http://gwen:{SECRET}@{host}/film"),
            camera(f"{address}/film", username="gwen", password=SECRET),
        )
        for signed_in in (in_url, in_settings):
            with pytest.raises(CameraMissing, match="is not there") as caught:  # 404: the sign-in was right
                signed_in.open()
            assert SECRET not in str(caught.value) + signed_in.describe() + caplog.text
        wrong = camera(f"{address}/film", username="gwen", password=SECRET + "!")
        with pytest.raises(CameraDenied, match="Set username and password") as caught:
            wrong.open()
        assert SECRET not in str(caught.value)


def test_a_server_that_hangs_is_given_up_in_time():
    with serve({}, delay_s=20) as address:
        before = time.monotonic()
        with pytest.raises(CameraSilent):
            camera(f"{address}/film", timeout_s=1.0).open()
        assert time.monotonic() - before < 4


def test_an_ffmpeg_that_dies_is_started_anew(films: Path):
    with opened(camera(films / "film.avi")) as stream:
        first = stream.read(5)
        for child in children("ffmpeg"):
            os.kill(child, 9)
        assert stream.read(10).taken_at >= first.taken_at
        assert stream.read(10).data.startswith(b"\xff\xd8")
    assert not children("ffmpeg")


def test_without_ffmpeg_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, films: Path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPart, match="sudo apt install ffmpeg"):
        camera(films / "film.avi").open()


def test_a_busy_device_says_so():
    assert isinstance(ffmpeg.explain("/dev/video0: Device or resource busy", "/dev/video0"), CameraBusy)


def children(program: str) -> list[int]:
    """Return this process's children that run a program."""
    own = Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()
    return [int(pid) for pid in own if Path(f"/proc/{pid}/comm").read_text().strip() == program]
