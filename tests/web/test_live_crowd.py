"""Many watchers, some of whom stall, and a thousand who come and go: nothing is left behind."""

import itertools
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from threading import Thread

import pytest

from pucci import services as parts_list
from tests.people import BOB
from tests.web.house import house_settings, move_in
from tests.web.running import Browser, Process, pucci_serve
from tests.web.test_live import Reader, state, wait_for

pytestmark = pytest.mark.slow

HOUSE = {
    "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
    "PUCCI_CAMERAS_SOFA_WIDTH": "320",
    "PUCCI_CAMERAS_SOFA_HEIGHT": "240",
    "PUCCI_CAPTURE_INTERVAL_S": "86400",
    "PUCCI_LIVE_MAX_WATCHERS": "60",
    "PUCCI_LIVE_STALL_S": "600",  # nobody is dropped: the stalled ones stay, and cost what they cost
}
GOOD = STALLED = 25
LOOK_S = 8.0
ROUND, LEAK_BYTES = 500, 1000
# Ten threads of the pools, each with its connection to the database: a file, its log, its index.
MOST_POOLED = 40


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    folder = Path(tmp_path_factory.mktemp("house"))
    built = parts_list.build(house_settings(folder))
    move_in(built, BOB)
    built.close()
    with pucci_serve(folder, **HOUSE) as process:
        yield process


@pytest.fixture
def bob(house: Process) -> Browser:
    browser = house.browser()
    browser.sign_in(BOB)
    return browser


@pytest.fixture
def many(house: Process) -> list[Browser]:
    """Return enough browsers for all who watch: each may have four streams."""
    browsers = [house.browser() for _ in range((GOOD + STALLED) // 4 + 1)]
    for browser in browsers:
        browser.sign_in(BOB)
    return browsers


def memory_of(process: Process) -> int:
    """Return a process's own bytes: its share of what others have, too, does not count."""
    lines = Path(f"/proc/{process.child.pid}/smaps_rollup").read_text().splitlines()
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith(("Private_", "Swap:")))


def left_behind(process: Process) -> tuple[int, int]:
    """Return the number of descriptors and of threads, when they have settled."""
    folder = Path(f"/proc/{process.child.pid}")
    looks = [(-1, -1)]

    def is_settled() -> bool:
        time.sleep(0.5)
        looks.append((len(list((folder / "fd").iterdir())), len(list((folder / "task").iterdir()))))
        return looks[-1] == looks[-2]

    wait_for(is_settled)
    return looks[-1]


def rates(readers: list[Reader]) -> list[float]:
    """Read them all side by side for a while; return frames a second of each."""
    counts = [0] * len(readers)
    end = time.monotonic() + LOOK_S

    def read(number: int) -> None:
        while time.monotonic() < end:
            readers[number].part()
            counts[number] += 1

    threads = [Thread(target=read, args=(number,)) for number in range(len(readers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [count / LOOK_S for count in counts]


def test_twenty_five_who_stall_cost_the_other_twenty_five_nothing(
    house: Process, bob: Browser, many: list[Browser]
):
    with closing(Reader(bob)) as first:
        alone = rates([first])[0]
    wait_for(lambda: state(bob)["state"] == "closed")
    with ExitStack() as stack:
        turn = itertools.cycle(many)
        good = [stack.enter_context(closing(Reader(next(turn)))) for _ in range(GOOD)]
        rates(good)
        before = memory_of(house)
        for _ in range(STALLED):
            stack.enter_context(closing(Reader(next(turn), buffer=4096)))
        assert state(bob)["watchers"] == GOOD + STALLED
        together = rates(good)
        grown = memory_of(house) - before
    assert min(together) > 0.9 * alone
    assert grown < 5_000_000
    wait_for(lambda: state(bob)["state"] == "closed")
    assert memory_of(house) - before < 2_000_000


def test_a_thousand_who_come_and_go_leave_nothing(house: Process, bob: Browser):
    def come_and_go(times: int) -> int:
        """Let so many come and go; return the memory when they have gone."""
        with closing(Reader(bob)):  # so that the camera is not opened so many times
            for number in range(times):
                with closing(Reader(bob)) as reader:
                    if number % 2:
                        reader.part()
            wait_for(lambda: state(bob)["watchers"] == 1)
        wait_for(lambda: state(bob)["state"] == "closed")
        return memory_of(house)

    come_and_go(20)
    before = left_behind(house)
    sizes, left = [come_and_go(1000)], [left_behind(house)]
    # The allocator takes what it needs in steps, at any time, and so do the pools of threads, which have
    # an end. A leak grows with every round.
    while len(sizes) == 1 or sizes[-1] - sizes[-2] >= LEAK_BYTES * ROUND or left[-1] > left[-2]:
        assert len(sizes) <= 5, (sizes, left)
        sizes.append(come_and_go(ROUND))
        left.append(left_behind(house))
    assert sizes[-1] - sizes[0] < 5_000_000
    assert all(now < was + MOST_POOLED for now, was in zip(left[-1], before, strict=True)), (before, left)
    assert state(bob)["watchers"] == 0
