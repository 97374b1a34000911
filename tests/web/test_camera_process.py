"""`pucci camera`: bytes and slots from one process, pages from another."""

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pucci import jpeg
from pucci import services as parts_list
from pucci.capture.remote import HEADER, NoPhotoNow, control_key
from pucci.errors import CameraFailed
from pucci.services import Services
from pucci.settings import ServerSettings
from tests.people import BOB
from tests.web.house import house_settings, move_in
from tests.web.running import Browser, Process

SMALL = {"PUCCI_CAMERAS_SOFA_DRIVER": "synthetic", "PUCCI_CAPTURE_INTERVAL_S": "86400"}


def start(folder: Path, port: int = 0, **environ: str) -> Process:
    words = ("-m", "pucci", "--data-dir", str(folder), "camera", "--port", str(port))
    return Process(*words, environ=SMALL | environ)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    process = start(tmp_path)
    yield process
    process.close()


@pytest.fixture
def site(tmp_path: Path, process: Process) -> Iterator[Services]:
    """The parts of a site in another process."""
    settings = replace(house_settings(tmp_path), server=ServerSettings(camera_port=process.port))
    built = parts_list.build(settings, may_migrate=False, camera_is_elsewhere=True)
    move_in(built, BOB)
    yield built
    built.close()


def signed_in(site: Services, port: int) -> Browser:
    from pucci.web import cookie

    person = site.accounts.users.find(BOB.email)
    token = site.accounts.sessions.start(person, address="", device="")
    value = cookie.box(site.secret_key).dumps({cookie.TOKEN: token})
    return Browser(port, cookie=f"{cookie.NAME}={value}")


def test_the_sites_session_opens_the_medias_bytes(site: Services, process: Process):
    bob = signed_in(site, process.port)
    assert jpeg.judge(bob.get("/media/live/sofa.jpg").body).is_whole
    assert bob.get("/login").status == 404
    site.accounts.sessions.end_all(site.accounts.users.find(BOB.email))
    assert bob.get("/media/live/sofa.jpg").status == 403


def test_the_site_has_a_photo_taken(site: Services):
    photo = site.take_photo("sofa")
    assert jpeg.judge(site.album.path(photo).read_bytes()).is_whole
    assert site.hubs["sofa"].watchers == 0
    assert not site.hubs["sofa"].is_open


def test_why_there_is_none_comes_back_in_words(site: Services):
    site.privacy["sofa"].turn_off(by="Alice", until=None)
    with pytest.raises(NoPhotoNow, match="off, by Alice"):
        site.take_photo("sofa")


def test_without_the_key_there_is_nothing(site: Services, process: Process):
    stranger = process.browser()
    for key in ("", "guess", control_key(b"another house")):
        answer = stranger.ask("POST", "/control/sofa/photo", headers={HEADER: key})
        assert (answer.status, answer.body) == (404, b"{}")
    wrong_ways = [
        ("GET", "/control/sofa/photo"),
        ("POST", "/control/kennel/photo"),
        ("POST", "/control/x/../"),
    ]
    for method, path in wrong_ways:
        answer = stranger.ask(method, path, headers={HEADER: control_key(site.secret_key)})
        assert answer.status == 404


def test_each_survives_the_others_restart(tmp_path: Path, site: Services, process: Process):
    port = process.port
    assert process.stop() == 0
    with pytest.raises(CameraFailed, match="does not answer"):
        site.take_photo("sofa")
    again = start(tmp_path, port)
    try:
        assert site.take_photo("sofa").id > 0
    finally:
        again.close()


def test_slots_are_filled_without_any_site(tmp_path: Path, process: Process):
    end = time.monotonic() + 10
    while time.monotonic() < end:
        with sqlite3.connect(tmp_path / "pucci.db") as connection:
            if connection.execute("SELECT count(*) FROM slot WHERE filled").fetchone()[0]:
                return
        time.sleep(0.1)
    pytest.fail("no slot was filled")
