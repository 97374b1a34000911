"""The state of the whole, in one word."""

from datetime import timedelta
from pathlib import Path

import pytest

from pucci import health
from pucci.album import Album
from pucci.album.slots import Slot, record
from pucci.db import Database
from tests.fakes import SUNDAY, FakeClock


def state(album: Album, *cameras: str) -> health.Health:
    return health.judge(health.facts_of(album, cameras, now=SUNDAY, interval_s=300))


@pytest.mark.parametrize(
    ("slots", "word"),
    [
        ([], "starting"),
        ([(0, True)], "ok"),
        ([(0, True), (-5, False)], "ok"),
        ([(-5, True), (0, False)], "camera"),
        ([(-13, True)], "late"),
    ],
)
def test_the_newest_slot_says_how_the_camera_is(
    slots: list[tuple[int, bool]], word: str, db: Database, tmp_path: Path, clock: FakeClock
):
    album = Album(db, tmp_path, clock=clock)
    with db.write() as connection:
        for minutes, filled in slots:
            record(connection, Slot("sofa", SUNDAY + timedelta(minutes=minutes), filled=filled))
    found = state(album, "sofa")
    assert found.word == word
    assert found.ok is (word == "ok")


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("camera unplugged", "The camera sofa is unplugged. It goes on by itself when the plug is back."),
        ("camera silent", "The camera sofa is silent. Pull its plug and put it back."),
        (
            "camera stuck",
            "The camera sofa hangs, and a reset of its USB port did not help. Pull its plug and put it back.",
        ),
        ("camera busy", "The camera sofa gives no pictures: camera busy. Pucci goes on trying."),
    ],
)
def test_what_is_to_be_done_about_a_lost_camera_is_said(
    reason: str, said: str, db: Database, tmp_path: Path, clock: FakeClock
):
    album = Album(db, tmp_path, clock=clock)
    with db.write() as connection:
        record(connection, Slot("sofa", SUNDAY, filled=False, reason=reason))
    assert state(album, "sofa").sentences == (said,)


def test_one_bad_camera_is_enough(db: Database, tmp_path: Path, clock: FakeClock):
    album = Album(db, tmp_path, clock=clock)
    with db.write() as connection:
        record(connection, Slot("sofa", SUNDAY, filled=True))
        record(connection, Slot("door", SUNDAY, filled=False, reason="camera unplugged"))
    assert state(album, "sofa", "door").word == "camera"


def test_a_slot_of_a_clock_that_was_ahead_says_nothing(db: Database, tmp_path: Path, clock: FakeClock):
    album = Album(db, tmp_path, clock=clock)
    hour = timedelta(hours=1)
    with db.write() as connection:
        record(connection, Slot("sofa", SUNDAY + timedelta(days=400), filled=True))
        record(connection, Slot("sofa", SUNDAY - 2 * hour, filled=True))
        for minutes in range(-115, 1, 5):
            due = SUNDAY + timedelta(minutes=minutes)
            record(connection, Slot("sofa", due, filled=False, reason="damaged: cut short"))
    found = state(album, "sofa")
    assert found.word == "camera"
    assert [one.key for one in found.conditions] == ["missed sofa"]


def test_that_photos_go_before_their_time_is_no_fault_and_told_once_in_a_quiet_sentence(
    db: Database, tmp_path: Path, clock: FakeClock
):
    album = Album(db, tmp_path, clock=clock)
    with db.write() as connection:
        record(connection, Slot("sofa", SUNDAY, filled=True))
    stays = timedelta(hours=19, minutes=10)
    found = health.judge(health.facts_of(album, ["sofa"], now=SUNDAY, interval_s=300, stays=stays))
    assert found.ok
    (short,) = found.conditions
    assert short.quiet
    assert "photos go after about 19 hours" in short.sentence
    assert state(album, "sofa").conditions == ()
