"""What is learned of a camera lasts: over looks, over processes, until the owner takes it back."""

import io
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from pucci.album import Album
from pucci.album.check import check
from pucci.cameras import open_camera
from pucci.capture import Attempt, Eye, Recall
from pucci.db import Database
from pucci.errors import NoWholeFrame
from pucci.photo import Frame, State, Verdict
from pucci.settings import CameraSettings
from tests.fakes import FakeClock
from tests.frames import jpeg_bytes


class NoEnd:
    """A camera whose every frame lacks its end marker, as some good ones do."""

    name = "sofa"
    stands_in = False
    seen = False  # what only the driver `auto` has

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._number = 0
        self._room = Image.linear_gradient("L").resize((160, 120)).convert("RGB")

    def open(self) -> "NoEnd":
        return self

    def read(self, timeout_s: float) -> Frame:
        self._clock.sleep(0.1)
        self._number += 1
        noise = Image.effect_noise((160, 120), 6).convert("RGB")
        out = io.BytesIO()
        ImageChops.add(self._room, noise, 1, -128).save(out, "JPEG", quality=85)
        return Frame(out.getvalue()[:-2], self._clock.now())

    def close(self) -> None:
        pass

    def describe(self) -> str:
        return "a camera without end markers"


@pytest.fixture
def album(db: Database, tmp_path: Path, clock: FakeClock) -> Album:
    return Album(db, tmp_path, clock=clock)


def photo_taken(album: Album, clock: FakeClock) -> int:
    """Take a photo in a new process, as it were; return how many frames were refused for it."""
    eye = Eye(NoEnd(clock), clock=clock, recall=Recall("sofa", album, clock=clock))
    shot = Attempt(eye, clock=clock, limit_s=30).run()
    album.add("sofa", shot.frame, shot.verdict, tally=shot.tally)
    return sum(shot.tally.refused.values())


def test_a_cameras_harmless_way_is_learned_told_kept_and_taken_back(album: Album, clock: FakeClock):
    assert album.witnesses.tolerated("sofa") == ""
    assert photo_taken(album, clock) == 7
    told = album.witnesses.tolerated("sofa")
    assert told
    newest = album.newest("sofa")
    assert newest is not None
    assert album.path(newest).read_bytes().endswith(b"\xff\xd9")  # browsers want it
    assert check(album) == []
    assert photo_taken(album, clock) == 0
    album.witnesses.revoke("sofa")
    assert album.witnesses.tolerated("sofa") == ""
    assert photo_taken(album, clock) == 7
    assert album.witnesses.tolerated("sofa") == told


def test_the_card_is_spared_what_has_not_changed(album: Album, clock: FakeClock):
    photo_taken(album, clock)
    stored = album.witnesses.load("sofa")
    clock.advance(hours=1)
    photo_taken(album, clock)
    assert album.witnesses.load("sofa") == stored
    clock.advance(days=2)
    photo_taken(album, clock)
    assert album.witnesses.load("sofa") != stored


def test_a_webcam_once_seen_is_remembered_so_that_no_drawing_poses_as_it(album: Album, clock: FakeClock):
    photo_taken(album, clock)
    assert not album.witnesses.had_webcam("sofa")
    webcam = NoEnd(clock)
    webcam.seen = True
    eye = Eye(webcam, clock=clock, recall=Recall("sofa", album, clock=clock))
    Attempt(eye, clock=clock, limit_s=30).run()
    assert album.witnesses.had_webcam("sofa")
    photo_taken(album, clock)
    assert album.witnesses.had_webcam("sofa")
    kept = open_camera("sofa", CameraSettings(), clock=clock, seen=True)
    assert not kept.stands_in


def test_without_recall_nothing_is_kept(album: Album, clock: FakeClock):
    eye = Eye(NoEnd(clock), clock=clock)
    Attempt(eye, clock=clock, limit_s=30).run()
    assert album.witnesses.load("sofa") is None
    fresh = Eye(NoEnd(clock), clock=clock)
    with pytest.raises(NoWholeFrame):
        Attempt(fresh, clock=clock, limit_s=0.5, pause_s=0.1).run()


def test_a_newest_photo_that_the_card_does_not_give_back_stops_no_camera(album: Album, clock: FakeClock):
    taken = Frame(jpeg_bytes(), clock.now())
    photo = album.add("sofa", taken, Verdict(State.WHOLE, width=320, height=240))
    album.path(photo).unlink()
    album.path(photo).symlink_to("/proc/self/mem")  # reading its beginning is an input/output error
    with pytest.raises(OSError, match="Input/output"):
        album.path(photo).read_bytes()
    assert Recall("sofa", album, clock=clock).witness() is not None
