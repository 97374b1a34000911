"""Frames from real commands."""

import shlex
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pucci.cameras import Camera, open_camera, opened, program
from pucci.clock import SystemClock
from pucci.errors import CameraFailed, CameraSilent, MissingPart, SettingsError
from pucci.settings import CameraSettings
from tests.frames import jpeg_bytes

PYTHON = shlex.quote(sys.executable)


def camera(device: str, *, timeout_s: float = 10) -> Camera:
    settings = CameraSettings(driver="command", timeout_s=timeout_s)
    return open_camera("door", replace(settings, device=device), clock=SystemClock())


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "a photo.jpg"
    path.write_bytes(jpeg_bytes(1))
    return path


def test_what_it_writes_is_the_frame(photo: Path):
    with opened(camera(f"cat '{photo}'")) as stream:
        frame = stream.read(5)
    assert frame.data == jpeg_bytes(1)
    assert not frame.proves


def test_every_read_runs_it_again(photo: Path):
    with opened(camera(f"cat '{photo}'")) as stream:
        stream.read(5)
        photo.write_bytes(jpeg_bytes(2))
        assert stream.read(5).data == jpeg_bytes(2)


def test_no_shell_reads_it(tmp_path: Path, photo: Path):
    with opened(camera(f"echo '{photo}' ; touch {tmp_path}/made $(touch {tmp_path}/made2) | cat")) as stream:
        assert b"; touch" in stream.read(5).data
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a photo.jpg"]


def test_its_exit_code_counts_for_nothing(photo: Path):
    with opened(camera(f"sh -c 'cat \"{photo}\"; exit 3'")) as stream:
        assert stream.read(5).data == jpeg_bytes(1)


def test_one_that_writes_nothing_is_quoted():
    with pytest.raises(CameraFailed, match="no picture: lens is stuck"):
        camera("sh -c 'echo lens is stuck >&2'").open()


def test_one_that_hangs_is_killed_in_time():
    before = time.monotonic()
    with pytest.raises(CameraSilent, match="timeout_s"):
        camera("sleep 60", timeout_s=0.5).open()
    assert time.monotonic() - before < 2


def test_one_that_writes_without_end_is_stopped():
    before = time.monotonic()
    with pytest.raises(CameraFailed, match="must write one JPEG and end"):
        camera("cat /dev/zero", timeout_s=60).open()
    assert time.monotonic() - before < 30


def test_much_on_its_error_output_does_not_hold_it_up():
    noisy = f"{PYTHON} -c \"import sys; sys.stderr.write('x' * 3000000 + chr(10)); print('picture')\""
    with opened(camera(noisy)) as stream:
        assert stream.read(5).data == b"picture\n"


def test_one_that_is_not_there_is_a_missing_part():
    with pytest.raises(MissingPart, match="no-such-program is not installed"):
        camera("no-such-program --now").open()


@pytest.mark.parametrize("device", ["", "   ", "cat 'unclosed"])
def test_no_command_is_a_mistake_in_the_settings(device: str):
    with pytest.raises(SettingsError, match="device"):
        camera(device)


def test_the_password_in_a_command_is_not_shown():
    assert camera("curl -u gwen:secret http://door/").describe() == "the command curl"


def test_what_it_left_running_dies_with_it(tmp_path: Path):
    with opened(
        camera(f"sh -c 'sleep 60 >/dev/null 2>&1 & echo $! >{tmp_path}/pid; echo picture'")
    ) as stream:
        assert stream.read(5).data == b"picture\n"
    time.sleep(0.1)
    stat = Path(f"/proc/{int((tmp_path / 'pid').read_text())}/stat")
    assert not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def test_nothing_is_left_behind():
    program.reap()
    assert program._left_behind == []
