"""What age deletes: pure, so it is tried on thousands of albums."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pucci.album.retention import expired
from pucci.photo import Photo
from tests.fakes import SUNDAY

DAY = timedelta(days=1)


def photo(sequence: int, age: timedelta, *, kept: bool = False, certain: bool = True) -> Photo:
    return Photo(
        sequence, "sofa", sequence, SUNDAY - age, f"{sequence}.jpg", 1, 1, 1, kept=kept, certain=certain
    )


def numbers(photos: list[Photo]) -> list[int]:
    return [p.sequence for p in photos]


def test_photos_older_than_a_day_go_oldest_first():
    photos = [photo(3, DAY / 2), photo(2, DAY * 2), photo(1, DAY * 3)]
    assert numbers(expired(photos, now=SUNDAY, keep=DAY, trusted=True)) == [1, 2]


def test_nothing_goes_while_the_clock_is_not_trusted():
    assert expired([photo(1, DAY * 9), photo(2, DAY * 8)], now=SUNDAY, keep=DAY, trusted=False) == []


def test_the_newest_stays_however_old():
    assert expired([photo(1, DAY * 9)], now=SUNDAY, keep=DAY, trusted=True) == []


def test_a_kept_photo_stays():
    photos = [photo(1, DAY * 9, kept=True), photo(2, DAY * 8), photo(3, DAY * 0)]
    assert numbers(expired(photos, now=SUNDAY, keep=DAY, trusted=True)) == [2]


def test_a_photo_of_an_unset_clock_is_not_old_because_it_says_1970():
    in_1970 = SUNDAY - datetime(1970, 1, 1, tzinfo=UTC)
    photos = [photo(1, DAY / 4), photo(2, in_1970, certain=False), photo(3, DAY / 8)]
    assert expired(photos, now=SUNDAY, keep=DAY, trusted=True) == []


def test_a_photo_of_an_unset_clock_goes_with_the_certain_ones_that_came_after_it():
    in_1970 = SUNDAY - datetime(1970, 1, 1, tzinfo=UTC)
    photos = [photo(1, in_1970, certain=False), photo(2, DAY * 2), photo(3, DAY / 8)]
    assert numbers(expired(photos, now=SUNDAY, keep=DAY, trusted=True)) == [1, 2]


ages = st.timedeltas(min_value=timedelta(days=-4000), max_value=timedelta(days=30_000))


@given(
    st.lists(st.tuples(ages, st.booleans(), st.booleans()), max_size=30),
    st.timedeltas(min_value=timedelta(minutes=1), max_value=timedelta(days=400)),
    st.booleans(),
)
def test_whatever_the_clock_did_the_newest_the_kept_and_the_young_stay(
    given_photos: list[tuple[timedelta, bool, bool]], keep: timedelta, trusted: bool
):
    photos = [
        photo(number, age, kept=kept, certain=certain)
        for number, (age, kept, certain) in enumerate(given_photos, 1)
    ]
    gone = expired(photos, now=SUNDAY, keep=keep, trusted=trusted)
    assert not gone or trusted
    assert all(not p.kept and p.sequence != len(photos) for p in gone)
    assert all(SUNDAY - p.taken_at > keep for p in gone if p.certain)
    assert numbers(gone) == sorted(numbers(gone))
