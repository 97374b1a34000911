"""`pucci film`: which span is meant by what is said, and a film of some hours by the real program."""

import os
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import pytest

from pucci.cli.film import Bound, Moment, span
from pucci.errors import SettingsError
from pucci.services import build
from tests.fakes import FakeClock
from tests.web.house import add_photo, house_settings

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = date(2026, 11, 22)
HOUR = timedelta(hours=1)


def bound(text: str) -> Bound | None:
    return Moment().convert(text, None, None) if text else None


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        ("2026-11-20", "2026-11-21", "2026-11-19T23:00", "2026-11-21T23:00"),  # the last day is in it
        ("2026-11-20", "", "2026-11-19T23:00", "2026-11-22T23:00"),
        ("", "2026-11-20", "2026-11-19T23:00", "2026-11-20T23:00"),
        ("18:00", "20:30", "2026-11-22T17:00", "2026-11-22T19:30"),
        ("", "7:05", "2026-11-21T23:00", "2026-11-22T06:05"),
        ("2026-11-20 22:00", "2026-11-21T07:30", "2026-11-20T21:00", "2026-11-21T06:30"),
        ("2026-11-20 22:00", "2026-11-21", "2026-11-20T21:00", "2026-11-21T23:00"),
        ("2026-10-25", "2026-10-25", "2026-10-24T22:00", "2026-10-25T23:00"),  # it has 25 hours
        ("2026-03-29 01:00", "2026-03-29 04:00", "2026-03-29T00:00", "2026-03-29T02:00"),  # this one 23
    ],
)
def test_a_span_is_of_local_days_and_times(first: str, last: str, start: str, end: str):
    found = span(bound(first), bound(last), TODAY, BERLIN)
    assert [f"{moment:%Y-%m-%dT%H:%M}" for moment in found] == [start, end]
    assert [moment.tzinfo for moment in found] == [UTC, UTC]


@pytest.mark.parametrize(
    ("first", "last"), [("20:00", "18:00"), ("2026-11-23", ""), ("2026-11-21 10:00", "2026-11-20")]
)
def test_one_that_ends_before_it_begins_is_none(first: str, last: str):
    with pytest.raises(SettingsError, match="Say a later --to"):
        span(bound(first), bound(last), TODAY, BERLIN)


@pytest.mark.parametrize("text", ["", "yesterday", "25:00", "2026-13-01", "2026-11-20 8", "18:00 2026-11-20"])
def test_what_is_no_day_and_no_time_is_said_with_how_to_write_it(text: str):
    with pytest.raises(click.BadParameter, match="Write it as 2026-11-26, 18:00 or '2026-11-26 18:00'"):
        Moment().convert(text, None, None)


def test_both_ways_to_write_a_moment_are_one():
    assert bound("2026-11-20T22:00") == bound(" 2026-11-20 22:00 ") == Bound(date(2026, 11, 20), time(22))


def film(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environ = {
        **os.environ,
        "PUCCI_CLOCK_TIMEZONE": "Europe/Berlin",
        "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
    }
    command = [sys.executable, "-m", "pucci", "--data-dir", str(folder), "film", *words]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def evening(tmp_path: Path, clock: FakeClock) -> Path:
    """A folder with photos of 18:00 to 21:50 in Berlin, one in ten minutes."""
    services = build(house_settings(tmp_path), clock=clock)
    for number in range(24):
        add_photo(services, datetime(2026, 11, 22, 17, tzinfo=UTC) + number * HOUR / 6, number)
    services.close()
    return tmp_path


def test_a_film_of_some_hours_has_their_photos_and_no_others(evening: Path):
    done = film(evening, "--from", "2026-11-22 19:00", "--to", "2026-11-22 20:30")
    assert done.returncode == 0, done.stderr
    assert "sofa-20261122T1800-20261122T1930-span-1.mp4: 9 photos, " in done.stdout


def test_what_cannot_be_is_said_in_a_sentence(evening: Path):
    for words, sentence in {
        ("--from", "2020-11-22 19:00", "--to", "2020-11-22 20:30"): "There are no photos to make a film of.",
        ("--from", "2026-11-22 19:00", "--same-time", "12:00"): "--same-time is of whole days.",
        ("--day", "2026-11-22", "--to", "20:00"): "Say either --day, or --from and --to.",
    }.items():
        done = film(evening, *words)
        assert done.returncode
        assert done.stderr.startswith(sentence)
        assert "Traceback" not in done.stderr


def test_a_film_of_a_day_that_is_not_over_is_not_that_days_film(tmp_path: Path):
    services = build(house_settings(tmp_path))
    now = services.clock.now()
    add_photo(services, now - timedelta(seconds=1))
    services.close()
    day = f"{now.astimezone(BERLIN):%Y-%m-%d}"
    assert "-span-1.mp4: " in film(tmp_path, "--day", day).stdout
