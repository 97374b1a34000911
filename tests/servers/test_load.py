"""A flood by wrk, with people watching: it makes answers slower, and does not stop the slots."""

from pathlib import Path

import pytest

from bench.load import INTERVAL_S, Flood, flood

pytestmark = pytest.mark.servers

P99_MS = 1000.0


def is_well(found: Flood, *, seconds: float, watchers: int) -> None:
    assert found.slots >= seconds / INTERVAL_S - 2
    assert found.missed == {}
    assert found.faults == {}
    assert (found.timeouts, found.broken) == (0, 0)
    assert found.p99_ms < P99_MS
    assert found.answers["200"] > 20 * seconds
    assert found.watching == watchers
    assert found.fewest > 1


def test_a_flood_makes_the_page_slower_and_stops_no_slot(tmp_path: Path):
    found = flood(tmp_path, seconds=12, connections=200, watchers=50)
    is_well(found, seconds=12, watchers=50)


@pytest.mark.soak
def test_a_flood_of_a_minute_stops_no_slot(tmp_path: Path):
    found = flood(tmp_path, seconds=60, connections=200, watchers=50)
    is_well(found, seconds=60, watchers=50)


def test_a_crowd_that_is_too_large_is_told_so_and_stops_no_slot(tmp_path: Path):
    """More than may be connected: those who are in are answered, the others told to come again, or cut."""
    found = flood(tmp_path, seconds=12, connections=700, watchers=20)
    assert found.missed == {}
    assert found.faults == {}
    assert found.answers["200"] > 100 * 12
    assert found.answers["503-later"] > 0
    assert found.watching == 20
