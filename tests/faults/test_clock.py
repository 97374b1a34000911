"""A clock that leaps: what it says is not believed, and nothing goes by it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pucci import jpeg
from pucci.album import Album
from pucci.album.retention import expired
from pucci.capture.schedule import due_slot
from pucci.clock import WaryClock, trusted_now, zone
from pucci.db import Database
from pucci.photo import Photo
from tests.fakes import SUNDAY, FakeClock
from tests.frames import frame

DAY = timedelta(days=1)
LEAP = timedelta(hours=1)


@pytest.mark.parametrize("leap", [3650 * DAY, -20_000 * DAY, timedelta(hours=2), timedelta(hours=-2)])
def test_a_leap_is_doubted_until_it_is_undone(leap: timedelta, clock: FakeClock):
    wary = WaryClock(clock)
    assert wary.is_trusted()
    clock.jump(clock.now() + leap)
    assert not wary.is_trusted()
    clock.advance(days=6)
    assert not wary.is_trusted()
    clock.jump(clock.now() - leap)
    assert wary.is_trusted()


def test_a_correction_is_no_leap(clock: FakeClock):
    wary = WaryClock(clock)
    for seconds in (30, -50, 600):
        assert wary.is_trusted()
        clock.jump(clock.now() + timedelta(seconds=seconds))
    assert wary.is_trusted()


def test_what_goes_on_for_a_week_is_believed(clock: FakeClock):
    wary = WaryClock(clock)
    assert wary.is_trusted()
    clock.jump(clock.now() + 90 * DAY)
    assert not wary.is_trusted()
    clock.advance(days=7)
    assert wary.is_trusted()
    clock.advance(days=400)
    assert wary.is_trusted()


@pytest.mark.parametrize(
    ("days", "trusted"), [(0, True), (59, True), (61, False), (3650, False), (-1, False)]
)
def test_after_a_restart_the_time_must_be_near_what_was_certain(days: int, trusted: bool, clock: FakeClock):
    assert WaryClock(clock, seen=SUNDAY - days * DAY).is_trusted() is trusted


def test_an_unset_clock_that_is_set_at_last_was_no_leap(clock: FakeClock):
    clock.trusted = False
    clock.jump(datetime(1970, 1, 1, tzinfo=UTC))
    wary = WaryClock(clock, seen=SUNDAY - DAY)
    assert not wary.is_trusted()
    clock.jump(SUNDAY)
    clock.trusted = True
    assert wary.is_trusted()


def test_a_photo_of_an_unset_clock_gets_its_true_time_when_it_is_known(
    db: Database, tmp_path: Path, clock: FakeClock
):
    clock.trusted = False
    clock.jump(datetime(1970, 1, 1, 0, 2, tzinfo=UTC))
    album = Album(db, tmp_path, clock=WaryClock(clock))
    first, second = [_add(album, clock) for _ in range(2)]
    assert not first.certain
    assert album.redate() == 0
    clock.jump(SUNDAY)
    clock.trusted = True
    third = _add(album, clock)
    assert album.redate() == 2
    photos = list(album.all_photos())
    assert [photo.sequence for photo in photos] == [1, 2, 3]
    assert all(photo.certain for photo in photos)
    # Each was taken as its five minutes began.
    ages = [third.taken_at - photo.taken_at for photo in photos]
    assert ages == [timedelta(minutes=10), timedelta(minutes=5), timedelta()]
    assert [photo.file for photo in photos[:2]] == [first.file, second.file]
    assert album.redate() == 0


def _add(album: Album, clock: FakeClock) -> Photo:
    taken = frame(clock.now(), 0)
    photo = album.add("sofa", taken, jpeg.judge(taken.data))
    clock.advance(minutes=5)
    return photo


def test_ten_years_forward_delete_nothing_and_1970_loses_no_photo(
    db: Database, tmp_path: Path, clock: FakeClock
):
    album = Album(db, tmp_path, clock=WaryClock(clock))
    for _ in range(3):
        _add(album, clock)
    clock.jump(SUNDAY + 3650 * DAY)
    _add(album, clock)
    assert album.purge(DAY) == 0
    clock.jump(datetime(1970, 1, 1, tzinfo=UTC))
    _add(album, clock)
    assert album.purge(DAY) == 0
    assert [photo.sequence for photo in album.all_photos()] == [1, 2, 3, 4, 5]


def test_a_frame_of_before_a_leap_is_stored_by_the_clock_of_after_it(
    db: Database, tmp_path: Path, clock: FakeClock
):
    album = Album(db, tmp_path, clock=WaryClock(clock))
    right, wrong = _add(album, clock), SUNDAY + 3650 * DAY
    for before, after in ((clock.now(), wrong), (wrong + LEAP, SUNDAY + LEAP / 2)):
        clock.jump(before)
        taken = replace(frame(clock.now(), 0), up=clock.monotonic())
        clock.advance(seconds=3)
        clock.jump(after)
        photo = album.add("sofa", taken, jpeg.judge(taken.data))
        assert photo.taken_at == after - timedelta(seconds=3)
        assert photo.certain is (after != wrong)
    assert album.redate() == 1
    dates = [photo.taken_at for photo in album.all_photos()]
    assert dates[0] == right.taken_at
    assert all(abs(date - SUNDAY) < 2 * DAY for date in dates)


def test_a_clock_that_is_set_while_it_is_asked_is_not_believed():
    class Set(FakeClock):
        def is_trusted(self) -> bool:
            self.jump(SUNDAY)
            return True

    assert trusted_now(Set(SUNDAY + 3650 * DAY)) is None
    assert trusted_now(Set(SUNDAY)) == SUNDAY
    assert trusted_now(FakeClock(trusted=False)) is None


@pytest.mark.parametrize(
    "start", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)]
)
def test_the_days_of_23_and_25_hours_have_no_hole_and_no_double(start: datetime):
    berlin = zone("Europe/Berlin")
    due = {
        due_slot((start + timedelta(seconds=second)).astimezone(berlin), 300).astimezone(UTC)
        for second in range(0, 36 * 3600, 60)
    }
    assert len(due) == 36 * 12


steps = st.lists(
    st.tuples(
        st.sampled_from(["leap", "year", "right", "kernel"]),
        st.integers(-500_000_000, 500_000_000),  # seconds: 16 years
        st.integers(1, 43_200),
    ),
    min_size=50,
    max_size=50,
)


def _no_young_photo_goes(jumps: list[tuple[str, int, int]]) -> None:
    """Take photos while the clock leaps as it likes, and hold what goes by age against the true time."""
    clock = FakeClock()
    wary = WaryClock(clock)
    assert wary.is_trusted()
    start, wrong_since = clock.monotonic(), 0.0
    photos: dict[int, tuple[Photo, float]] = {}
    for number, (what, by, wait) in enumerate(jumps, 1):
        up = clock.monotonic()
        right = SUNDAY + timedelta(seconds=up - start)
        if what == "right" or up - wrong_since > 6 * 86_400:
            clock.jump(right)
            wrong_since = up
        elif what == "kernel":
            clock.trusted = not clock.trusted
        else:
            clock.jump(right + timedelta(seconds=by if what == "year" else by % 20_000 - 10_000))
        photos[number] = (
            Photo(number, "sofa", number, wary.now(), f"{number}.jpg", 1, 1, 1, certain=wary.is_trusted()),
            up,
        )
        gone = expired(
            [photo for photo, _ in photos.values()], now=wary.now(), keep=DAY, trusted=wary.is_trusted()
        )
        for photo in gone:
            age = timedelta(seconds=up - photos.pop(photo.sequence)[1])
            assert age > DAY - 2 * LEAP
        clock.advance(wait)


@given(steps)
@settings(max_examples=20, deadline=None)
def test_whatever_the_clock_did_no_young_photo_goes_by_age(jumps: list[tuple[str, int, int]]):
    _no_young_photo_goes(jumps)


@pytest.mark.soak
@given(steps)
@settings(max_examples=200, deadline=None)
def test_ten_thousand_leaps_delete_no_young_photo(jumps: list[tuple[str, int, int]]):
    _no_young_photo_goes(jumps)
