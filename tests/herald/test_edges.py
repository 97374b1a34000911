"""When something is told: never twice, never because it flapped, never without an end."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from pucci.health import Condition
from pucci.herald.edges import QUIET, Known, News, step
from tests.fakes import SUNDAY

LOST = Condition("camera sofa", "unplugged", "back", told_after=timedelta(minutes=10))
MINUTE = timedelta(minutes=1)


def story(present: list[bool]) -> list[tuple[int, str]]:
    """Play one look a minute; return at which minute what was told."""
    known: dict[str, Known] = {}
    told: list[tuple[int, str]] = []
    for minute, there in enumerate(present):
        known, news = step(known, [LOST] if there else [], SUNDAY + minute * MINUTE)
        told += [(minute, "start" if one.condition else "end") for one in news]
    return told


def test_what_lasts_is_told_once_when_it_began_and_once_when_it_ended():
    assert story([False] * 3 + [True] * 60 + [False] * 60) == [(13, "start"), (73, "end")]


def test_what_passes_by_itself_is_not_told():
    assert story([True] * 9 + [False] * 60) == []


def test_what_comes_and_goes_is_told_as_one():
    flapping = [True] * 20 + ([False] * 5 + [True] * 5) * 10 + [False] * 30
    assert [what for _, what in story(flapping)] == ["start", "end"]


def test_what_is_still_so_after_a_restart_is_not_told_again():
    known, _ = step({}, [LOST], SUNDAY)
    known, news = step(known, [LOST], SUNDAY + 10 * MINUTE)
    assert len(news) == 1
    _, news = step(known, [LOST], SUNDAY + timedelta(days=3))
    assert news == []


def test_its_beginning_is_what_the_slots_say_not_when_it_was_first_looked_at():
    begun = SUNDAY - timedelta(hours=2)
    known, _ = step({}, [Condition("camera sofa", "a", "b", since=begun)], SUNDAY)
    assert known["camera sofa"].since == begun


def test_the_word_that_it_is_over_is_the_one_that_was_known():
    known, _ = step({}, [LOST], SUNDAY)
    known, _ = step(known, [LOST], SUNDAY + 10 * MINUTE)
    known, _ = step(known, [], SUNDAY + 11 * MINUTE)
    _, news = step(known, [], SUNDAY + 11 * MINUTE + QUIET)
    assert news == [
        News(Known("camera sofa", SUNDAY, SUNDAY, SUNDAY + 10 * MINUTE, SUNDAY + 11 * MINUTE, "back"))
    ]


@given(st.lists(st.tuples(st.booleans(), st.integers(-100_000, 100_000)), max_size=60))
def test_whatever_the_clock_does_starts_and_ends_take_turns(looks: list[tuple[bool, int]]):
    known: dict[str, Known] = {}
    told: list[bool] = []
    now = SUNDAY
    for there, seconds in looks:
        now += timedelta(seconds=seconds)
        known, news = step(known, [LOST] if there else [], now)
        told += [one.condition is not None for one in news]
    assert told == [number % 2 == 0 for number in range(len(told))]
