from datetime import UTC, date, datetime, timedelta

import pytest

from pucci.profile import Age, VagueDate
from pucci.web.site.words import a_or_an, ago, in_words, old, span, vaguely, words_for
from tests.fakes import SUNDAY

BERLIN = words_for("Europe/Berlin")


def test_times_are_said_on_the_familys_clock():
    assert BERLIN.clock(SUNDAY) == "22:35"
    assert BERLIN.day(SUNDAY) == "Sunday 22 November"
    late = SUNDAY + timedelta(hours=2)
    assert BERLIN.day(late) == "Monday 23 November"
    assert BERLIN.when(SUNDAY, SUNDAY) == "22:35"
    assert BERLIN.when(SUNDAY, late) == "Sunday 22 November, 22:35"


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 22), 24)]
)
def test_a_day_is_as_long_as_it_is(day: date, hours: int):
    length = BERLIN.midnight(day + timedelta(days=1)).astimezone(UTC) - BERLIN.midnight(day).astimezone(UTC)
    assert length == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2024, 3, 1), date(2026, 3, 1), ("2024", "2026")),
        (date(2026, 3, 9), date(2026, 11, 1), ("Mar 2026", "Nov 2026")),
        (date(2026, 3, 9), date(2026, 3, 12), ("9 Mar 2026", "12 Mar 2026")),
    ],
)
def test_the_ends_of_a_span_are_told_apart(first: date, last: date, said: tuple[str, str]):
    assert BERLIN.span_ends(first, last) == said


def test_without_a_zone_it_is_the_machines():
    here = words_for("")
    start = here.midnight(date(2026, 11, 22))
    assert start.tzinfo is not None
    assert here.clock(start) == "00:00"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "just now"),
        (59, "just now"),
        (60, "1 minute ago"),
        (150, "2 minutes ago"),
        (3599, "59 minutes ago"),
        (3600, "1 hour ago"),
        (86_400, "24 hours ago"),
        (2 * 86_400, "2 days ago"),
        (-500, "just now"),
    ],
)
def test_how_long_ago(seconds: int, said: str):
    assert ago(SUNDAY - timedelta(seconds=seconds), SUNDAY) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (300, "every five minutes"),
        (60, "every minute"),
        (90, "every 90 seconds"),
        (1, "every second"),
        (7200, "every two hours"),
        (2.5, "every 2.5 seconds"),
    ],
)
def test_how_often(seconds: float, said: str):
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (0, "none"),
        (8, "eight"),
        (18, "eighteen"),
        (20, "twenty"),
        (21, "twenty-one"),
        (99, "ninety-nine"),
        (100, "100"),
    ],
)
def test_numbers_in_words(number: int, said: str):
    assert in_words(number) == said


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (Age(18), "eighteen years old"),
        (Age(1), "one year old"),
        (Age(0, 5), "five months old"),
        (Age(0, 1), "one month old"),
        (Age(0, 0), "newly born"),
        (Age(0), "not a year old"),
    ],
)
def test_how_old(age: Age, said: str):
    assert old(age) == said


def test_dates_are_as_vague_as_they_are_known():
    assert vaguely(VagueDate(2008)) == "2008"
    assert vaguely(VagueDate(2015, 12)) == "December 2015"
    assert vaguely(VagueDate(2008, 5, 17)) == "17 May 2008"


def test_a_breed_has_its_article():
    assert [a_or_an(breed) for breed in ("Pomeranian", "Akita", "island dog")] == [
        "A Pomeranian",
        "An Akita",
        "An island dog",
    ]


def test_moments_are_aware():
    assert BERLIN.local(datetime(2026, 7, 1, tzinfo=UTC)).hour == 2
