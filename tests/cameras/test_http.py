"""Snapshots of a network camera, from a real server on loopback."""

import time
from dataclasses import replace

import pytest

from pucci.cameras import Camera, open_camera, opened, program
from pucci.clock import SystemClock
from pucci.errors import CameraDenied, CameraError, CameraFailed, CameraMissing, CameraSilent, SettingsError
from pucci.settings import CameraSettings
from tests.cameras.server import Allowed, basic, digest, serve
from tests.frames import jpeg_bytes

PICTURE = jpeg_bytes(1)
FILES = {"/snap.jpg": PICTURE, "/snap.jpg?size=large": jpeg_bytes(2)}
SECRET = "p@ss/word:1"


def camera(device: str, **settings: object) -> Camera:
    base = CameraSettings(driver="http", timeout_s=5)
    return open_camera("door", replace(base, device=device, **settings), clock=SystemClock())  # type: ignore[arg-type]


def test_each_read_fetches_the_snapshot_anew():
    seen: list[tuple[str, str]] = []
    with serve(FILES, seen=seen) as address, opened(camera(f"{address}/snap.jpg")) as stream:
        assert [stream.read(5).data for _ in range(3)] == [PICTURE] * 3
    assert len(seen) == 3


def test_the_question_in_an_address_is_asked():
    with serve(FILES) as address, opened(camera(f"{address}/snap.jpg?size=large")) as stream:
        assert stream.read(5).data == jpeg_bytes(2)


@pytest.mark.parametrize("way", [basic, digest])
def test_it_signs_in(way):  # noqa: ANN001
    allowed: Allowed = way("gwen", SECRET)
    with serve(FILES, allowed=allowed) as address:
        with opened(camera(f"{address}/snap.jpg", username="gwen", password=SECRET)) as stream:
            assert stream.read(5).data == PICTURE
        in_address = address.replace("://", "://gwen:p%40ss%2Fword%3A1@")
        with opened(camera(f"{in_address}/snap.jpg")) as stream:
            assert stream.read(5).data == PICTURE


@pytest.mark.parametrize("way", [basic, digest])
@pytest.mark.parametrize("username", ["", "gwen"])
def test_a_wrong_or_missing_password_says_what_to_set_and_shows_nothing(way, username: str):  # noqa: ANN001
    with serve(FILES, allowed=way("gwen", SECRET)) as address:
        wrong = camera(f"{address}/snap.jpg?token={SECRET}x", username=username, password=SECRET + "x")
        with pytest.raises(CameraDenied, match="Set the right username and password") as caught:
            wrong.open()
        assert SECRET not in str(caught.value) + wrong.describe()


def test_a_redirect_within_the_camera_is_followed():
    with serve(FILES, moved={"/now": "/snap.jpg"}) as address, opened(camera(f"{address}/now")) as stream:
        assert stream.read(5).data == PICTURE


def test_a_redirect_elsewhere_is_refused_and_the_password_stays():
    seen: list[tuple[str, str]] = []
    with (
        serve(FILES, seen=seen) as elsewhere,
        serve({}, moved={"/now": f"{elsewhere}/snap.jpg"}, allowed=basic("gwen", SECRET)) as address,
        pytest.raises(CameraFailed, match="leads to another address"),
    ):
        camera(f"{address}/now", username="gwen", password=SECRET).open()
    assert seen == []


def test_a_redirect_in_a_circle_ends():
    circle = {"/a": "/b", "/b": "/a"}
    with serve({}, moved=circle) as address, pytest.raises(CameraError):
        camera(f"{address}/a").open()


@pytest.mark.parametrize("slow", [{"delay_s": 20}, {"drip_s": 0.05}])
def test_a_slow_camera_is_given_up_in_time(slow: dict[str, float]):
    with serve(FILES, **slow) as address:  # type: ignore[arg-type]
        before = time.monotonic()
        with pytest.raises(CameraSilent, match=r"0\.5 s|in time"):
            camera(f"{address}/snap.jpg", timeout_s=0.5).open()
        assert time.monotonic() - before < 2


def test_too_large_an_answer_is_not_taken(monkeypatch: pytest.MonkeyPatch):
    with (
        serve({"/snap.jpg": bytes(program.MOST_BYTES + 1)}) as address,
        pytest.raises(CameraFailed, match="32 MB"),
    ):
        camera(f"{address}/snap.jpg", timeout_s=20).open()


def test_a_film_is_no_snapshot():
    kind = "multipart/x-mixed-replace; boundary=frame"
    with serve(FILES, kind=kind) as address, pytest.raises(CameraFailed, match='driver = "ffmpeg"'):
        camera(f"{address}/snap.jpg").open()


def test_an_empty_answer_is_a_frame_without_a_byte():
    with serve({"/snap.jpg": b""}) as address, opened(camera(f"{address}/snap.jpg")) as stream:
        assert stream.read(5).data == b""


def test_nobody_there_and_nothing_there():
    with pytest.raises(CameraMissing, match="does not answer"):
        camera("http://127.0.0.1:1/snap.jpg").open()
    with serve({}) as address, pytest.raises(CameraMissing, match="is not there"):
        camera(f"{address}/snap.jpg").open()


def test_a_proxy_in_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    with serve(FILES) as address, opened(camera(f"{address}/snap.jpg")) as stream:
        assert stream.read(5).data == PICTURE


@pytest.mark.parametrize(
    "device", ["", "/etc/passwd", "file:///etc/passwd", "ftp://host/x", "http://", "http://["]
)
def test_only_a_web_address_will_do(device: str):
    with pytest.raises(SettingsError, match="snapshot's address"):
        camera(device)
