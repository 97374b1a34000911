"""Lighthouse on the pages most often seen: as on a cheap phone on a slow line (bench/lighthouse.py)."""

from collections.abc import Iterator

import pytest

from bench import lighthouse

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEAST = 95
LARGEST_S = 2.5
SHIFT = 0.05


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[str, str]]:
    with lighthouse.house() as found:
        yield found


@pytest.mark.parametrize("page", list(lighthouse.PAGES))
def test_lighthouse_gives_95_or_more_in_everything(house: tuple[str, str], page: str):
    # The times are computed from one real load, so a machine busy with other things has two more.
    runs = []
    for _ in range(3):
        runs.append(lighthouse.visit(house, page))
        if is_good(runs[-1]):
            return
    pytest.fail("\n".join(map(str, runs)))


def is_good(found: lighthouse.Found) -> bool:
    return found.worst >= LEAST and found.largest_s < LARGEST_S and found.shift < SHIFT
