"""When next?"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci.album.slots import NOT_RUNNING, Slot, with_gaps
from pucci.capture.schedule import due_slot, seconds_to_next
from tests.fakes import SUNDAY


@pytest.mark.parametrize(
    ("now", "interval_s", "due"),
    [("21:37:12", 300, "21:35:00"), ("21:40:00", 300, "21:40:00"), ("21:59:59", 3600, "21:00:00")],
)
def test_slots_are_on_the_clocks_round_times(now: str, interval_s: float, due: str):
    day = "2026-11-22T"
    moment = datetime.fromisoformat(f"{day}{now}+00:00")
    assert due_slot(moment, interval_s) == datetime.fromisoformat(f"{day}{due}+00:00")


@given(
    st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.sampled_from([1.0, 5.0, 60.0, 300.0, 420.0, 86_400.0]),
)
def test_the_wait_for_the_next_slot_ends_at_the_next_slot(now: datetime, interval_s: float):
    wait = seconds_to_next(now, interval_s)
    assert 0 < wait <= interval_s
    assert due_slot(now, interval_s) <= now
    assert due_slot(now + timedelta(seconds=wait), interval_s) > due_slot(now, interval_s)


def test_a_slot_nobody_recorded_is_missed_because_nothing_ran():
    first = Slot("sofa", SUNDAY, filled=True, photo_id=1, tries=1)
    last = Slot("sofa", SUNDAY + timedelta(minutes=15), filled=False, reason="camera unplugged", tries=9)
    slots = with_gaps([first, last], "sofa", SUNDAY, SUNDAY + timedelta(minutes=20), 300)
    assert [slot.reason for slot in slots] == ["", NOT_RUNNING, NOT_RUNNING, "camera unplugged"]
