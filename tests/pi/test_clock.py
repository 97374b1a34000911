"""The machine's own clock set wrong by `date -s` while everything runs: nothing goes by what it says then."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.pi.lab import Household, Pi, wait_for

pytestmark = pytest.mark.pi

INTERVAL_S = 5
# The kernel takes no time before its own start, so 1970 is its second day.
LEAPS = ("+10 years", "@100000", "+1 hour", "-1 hour")
# Two minutes round the hour that Berlin has twice, and round the one it leaves out.
CHANGES = ("2026-10-25 00:59:50 UTC", "2026-03-29 00:59:50 UTC")


@pytest.fixture
def put_right(pi: Pi) -> Iterator[Callable[[], None]]:
    """Sets the guest's clock to what it is; so it is when the test ends."""

    def do() -> None:
        pi.ok(f"date -s @{time.time():.0f}")

    yield do
    do()


def wait_for_more(home: Household, before: set[str], count: int) -> None:
    wait_for(lambda: len(set(home.photos()) - before) >= count, 12 * INTERVAL_S, f"{count} more photos")


def test_a_clock_set_wrong_deletes_nothing_and_the_slots_go_on(
    pi: Pi, household: Callable[..., Household], put_right: Callable[[], None]
):
    home = household(
        driver="v4l2",
        capture__interval_s=str(INTERVAL_S),
        retention__max_age_h="2",
        clock__trust="always",
        clock__timezone="Europe/Berlin",
    )
    with home.serving():
        wait_for(lambda: len(home.photos()) >= 2, 90, "first photos")
        for leap in (*LEAPS, *CHANGES):
            before = set(home.photos())
            pi.ok(f"date -s '{leap}'")
            # The third is after the hour that is there twice, or not at all.
            wait_for_more(home, before, 3)
            assert before <= set(home.photos()), f"{leap} deleted photos"
            put_right()
            wait_for_more(home, before, 5)
            assert before <= set(home.photos()), f"back from {leap} deleted photos"
        # On a busy host the camera, a program too, may be silent; nothing else keeps a slot from its photo.
        assert {slot["reason"] for slot in home.slots() if not slot["filled"]} <= {"camera silent"}
    code, said = home.run("check-album")
    assert code == 0, said
