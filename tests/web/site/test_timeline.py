"""A day worked out: its hours, also when there are 23 or 25, its curve, its sun."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pucci.photo import Photo
from pucci.web.site import sky, timeline
from pucci.web.site.words import Words
from tests.fakes import SUNDAY

BERLIN = Words(ZoneInfo("Europe/Berlin"))
MIDNIGHT = SUNDAY.replace(hour=0, minute=0)
DAY = timedelta(days=1)
STEP = timedelta(minutes=5)


def photo(number: int, at: datetime, activity: int | None = 0) -> Photo:
    return Photo(number, "sofa", number, at, f"{number}.jpg", 1, 640, 480, activity=activity)


def a_day(start: datetime = MIDNIGHT, count: int = 288, activity: int | None = 0) -> list[Photo]:
    return [photo(number, start + STEP * number, activity) for number in range(count)]


@pytest.mark.parametrize(
    ("day", "count", "clocks"),
    [
        (date(2026, 11, 22), 24, ["00:00", "01:00", "02:00", "03:00", "04:00"]),
        (date(2026, 3, 29), 23, ["00:00", "01:00", "03:00", "04:00", "05:00"]),
        (date(2026, 10, 25), 25, ["00:00", "01:00", "02:00", "02:00", "03:00"]),
    ],
)
def test_a_day_has_the_hours_it_has(day: date, count: int, clocks: list[str]):
    start, end = BERLIN.midnight(day).astimezone(UTC), BERLIN.midnight(day + DAY).astimezone(UTC)
    photos = a_day(start, count * 12)
    hours = timeline.hours(photos, start, end)
    assert [BERLIN.clock(hour.start) for hour in hours[:5]] == clocks
    assert [len(hour.photos) for hour in hours] == [12] * count
    labels = [str(BERLIN.local(hour.start).hour) for hour in hours]
    ticks = timeline.ticks(hours, labels)
    assert len(ticks) == count + 1
    assert [tick for tick in ticks if tick] == ["0", "3", "6", "9", "12", "15", "18", "21", "24"]
    assert all(tick in ("", label) for tick, label in zip(ticks, labels, strict=False))


def test_what_goes_on_is_said_in_words():
    assert [timeline.said(n) for n in (None, 0, 7, 8, 29, 30, 1000)] == [
        "",
        "still",
        "still",
        "a little going on",
        "a little going on",
        "much going on",
        "much going on",
    ]


def test_the_curve_ends_where_there_was_no_photo():
    photos = [*a_day(count=10), photo(99, MIDNIGHT + timedelta(hours=2))]
    lines = timeline.runs(photos, MIDNIGHT, MIDNIGHT + DAY, STEP * 2)
    assert [len(line) for line in lines] == [10, 1]
    assert timeline.stroke(lines).count("M") == 2
    assert "nan" not in timeline.fill(lines) + timeline.stroke(lines)


def test_the_curve_of_a_photo_a_minute_is_no_longer_than_of_one_in_five():
    photos = [photo(n, MIDNIGHT + timedelta(minutes=n), 100 * (n % 5 == 4)) for n in range(1440)]
    (line,) = timeline.runs(photos, MIDNIGHT, MIDNIGHT + DAY, STEP)
    assert len(line) <= 289
    assert max(y for _, y in line[1:]) < 30  # the liveliest of each five counts


def test_the_curve_goes_up_with_what_goes_on_and_stays_in_its_box():
    heights = [
        timeline.runs([photo(1, MIDNIGHT, activity)], MIDNIGHT, MIDNIGHT + DAY, STEP)[0][0][1]
        for activity in (None, 0, 10, 50, 1000)
    ]
    assert heights == sorted(heights, reverse=True)
    assert all(0 < height < 40 for height in heights)


@pytest.mark.parametrize(("interval_s", "steps"), [(300, 288), (60, 1440), (1, 1440), (3600, 24), (1e6, 1)])
def test_the_scrubber_has_a_step_a_slot_but_no_more_than_one_a_minute(interval_s: float, steps: int):
    assert timeline.steps(MIDNIGHT, MIDNIGHT + DAY, interval_s) == steps


@pytest.mark.parametrize(
    ("zone", "day", "rise", "set_"),
    [  # the almanac's times for these places, in local time
        ("Europe/Berlin", date(2026, 6, 21), "04:43", "21:33"),
        ("Europe/Berlin", date(2026, 12, 21), "08:15", "15:54"),
        ("Australia/Sydney", date(2026, 12, 21), "05:41", "20:05"),
        ("America/Los_Angeles", date(2026, 3, 20), "06:57", "19:06"),
        ("Pacific/Auckland", date(2026, 6, 21), "07:33", "17:11"),
    ],
)
def test_the_sun_rises_where_the_zone_is(zone: str, day: date, rise: str, set_: str):
    words = Words(ZoneInfo(zone))
    start, end = words.midnight(day), words.midnight(day + DAY)
    found = sky.sun(start, end, sky.place_of(zone))
    for share, said in ((found.rise, rise), (found.set, set_)):
        moment = start.astimezone(UTC) + (end.astimezone(UTC) - start.astimezone(UTC)) * share
        hour, minute = map(int, said.split(":"))
        wanted = moment.astimezone(words.zone).replace(hour=hour, minute=minute)
        assert abs(moment - wanted) < timedelta(minutes=25), (zone, moment.astimezone(words.zone))
    assert found.dawn < found.rise < found.set < found.dusk


def test_a_zone_of_no_place_and_the_midnight_sun_have_a_sky_too():
    assert sky.place_of("Nowhere/Land")[0] == 48.0
    for place in (sky.place_of("UTC"), (78.0, 15.0), (-78.0, 15.0)):
        found = sky.sun(MIDNIGHT, MIDNIGHT + DAY, place)
        assert found.dawn <= found.rise <= found.set <= found.dusk
