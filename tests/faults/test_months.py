"""Ninety days in fast motion: rows are files, and memory, descriptors and threads stay what they were."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.acts import environ
from tests.faults.months import SLOTS

GROWTH_KB = 2000
KEPT_A_DAY = 1


def _live(folder: Path, days: int) -> list[dict[str, int]]:
    command = [sys.executable, "-m", "tests.faults.months", str(folder / "album"), str(days)]
    done = subprocess.run(command, env=environ(folder), capture_output=True, text=True, check=True)
    *told, end = [json.loads(line) for line in done.stdout.splitlines()]
    assert end == {"found": []}
    assert len(told) == days
    return told


def _hold(told: list[dict[str, int]]) -> None:
    for day in told:
        assert day["rows"] == day["files"]
        assert (day["slots"], day["without reason"]) == (SLOTS, 0)
        # A day and an hour of photos, and the kept ones.
        assert day["rows"] <= SLOTS + SLOTS // 24 + 1 + KEPT_A_DAY * day["day"]
    settled = told[1]
    # The second day, in which the camera was ill in ten ways, may have left a hole or two in the heap.
    assert told[-1]["pss_kb"] - min(day["pss_kb"] for day in told[1:3]) <= GROWTH_KB
    assert max(day["descriptors"] for day in told[1:]) <= settled["descriptors"] + 1
    assert max(day["threads"] for day in told[1:]) <= settled["threads"]
    assert told[-1]["films"] == len(told) - 1


@pytest.mark.slow
def test_three_days_leave_no_more_than_two(tmp_path: Path):
    _hold(_live(tmp_path, 3))


@pytest.mark.soak
def test_ninety_days_leave_no_more_than_two(tmp_path: Path):
    told = _live(tmp_path, 90)
    print(told[1], told[-1])
    _hold(told)
