"""Which photos a film shows, and how fast."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci.forms import clock_time
from pucci.timelapse.choose import commonest_size, local_days, local_moment, rate, thinned
from pucci.timelapse.maker import span_of_days

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(("count", "fps"), [(1, 4), (96, 4), (288, 12), (600, 25), (4320, 30)])
def test_a_days_film_plays_twenty_four_seconds(count: int, fps: int):
    assert rate(count) == fps


@given(st.integers(0, 5000), st.integers(2, 900))
def test_thinning_keeps_order_first_and_last(count: int, most: int):
    kept = thinned(range(count), most)
    assert len(kept) == min(count, most)
    assert kept == sorted(set(kept))
    if count:
        assert (kept[0], kept[-1]) == (0, count - 1)


def test_the_commonest_size_is_even():
    assert commonest_size([(641, 481), (320, 240), (641, 481)]) == (640, 480)


def test_a_day_has_23_or_25_hours_where_the_clocks_change():
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 11, 26), 24)):
        start, end = (one.astimezone(UTC) for one in span_of_days(day, day, BERLIN))
        assert end - start == timedelta(hours=hours)
        assert local_days(start, end, BERLIN) == [day]


def test_a_local_time_is_that_days():
    assert local_moment(date(2026, 7, 1), time(12), BERLIN) == datetime(2026, 7, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(("text", "at"), [("12:00", time(12)), ("7:05", time(7, 5))])
def test_a_time_of_day_is_read(text: str, at: time):
    assert clock_time(text) == at


@pytest.mark.parametrize("text", ["", "noon", "25:00", "12", "12:5", "²:00", "-1:00", "12:00:00"])
def test_what_is_no_time_of_day_is_none(text: str):
    assert clock_time(text) is None
