from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pucci.album import Slot
from pucci.photo import Photo
from pucci.web.site.day import Bar, Missed, bars, is_stale, missed_runs, trouble
from tests.fakes import SUNDAY

MIDNIGHT = SUNDAY.replace(hour=0, minute=0)
END = MIDNIGHT + timedelta(days=1)
STEP = timedelta(minutes=5)


def slots(kinds: str, start: datetime = MIDNIGHT, step: timedelta = STEP) -> list[Slot]:
    """Return slots by letters: `.` is filled, `u` unplugged, `d` damaged."""
    reasons = {".": "", "u": "camera unplugged", "d": "damaged: cut short"}
    return [
        Slot("sofa", start + step * number, filled=kind == ".", reason=reasons[kind])
        for number, kind in enumerate(kinds)
    ]


def test_missed_slots_of_one_reason_in_a_row_are_one_line_newest_first():
    found = missed_runs(slots("..d..uuu.du"))
    assert [(run.count, run.reason) for run in found] == [
        (1, "camera unplugged"),
        (1, "damaged: cut short"),
        (3, "camera unplugged"),
        (1, "damaged: cut short"),
    ]
    assert found[2] == Missed(MIDNIGHT + 5 * STEP, MIDNIGHT + 7 * STEP, 3, "camera unplugged")


def test_trouble_is_what_goes_on_to_the_last_slot():
    assert trouble([]) is None
    assert trouble(slots("uu.")) is None
    found = trouble(slots("..dduuu"))
    assert found is not None
    assert (found.start, found.count) == (MIDNIGHT + 4 * STEP, 3)


def test_a_photo_is_stale_after_two_intervals():
    photo = Photo(1, "sofa", 1, SUNDAY, "x", 1, 1, 1)
    assert not is_stale(photo, SUNDAY + 2 * STEP, 300)
    assert is_stale(photo, SUNDAY + 2 * STEP + timedelta(seconds=1), 300)
    assert not is_stale(photo, SUNDAY - STEP, 300)  # a clock that was set back


def test_the_bar_joins_what_is_alike_and_leaves_the_rest_of_the_day_empty():
    assert bars(slots("...uu."), MIDNIGHT, END) == [Bar("ok", 0, 3), Bar("miss", 3, 2), Bar("ok", 5, 1)]
    assert bars([], MIDNIGHT, END) == []


def test_one_missed_second_shows_in_the_bar():
    seconds = slots("." * 400 + "d" + "." * 400, step=timedelta(seconds=1))
    assert bars(seconds, MIDNIGHT, END) == [Bar("ok", 0, 1), Bar("miss", 1, 1), Bar("ok", 2, 1)]


@given(st.text(alphabet=".ud", max_size=400), st.sampled_from([1, 7, 60, 300, 3600]))
def test_the_bar_never_leaves_the_day_and_its_pieces_never_overlap(kinds: str, seconds: int):
    found = bars(slots(kinds, step=timedelta(seconds=seconds)), MIDNIGHT, END)
    at = 0
    for bar in found:
        assert bar.start >= at
        at = bar.start + bar.width
    assert at <= 288
