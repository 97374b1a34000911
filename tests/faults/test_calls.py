"""Every call that writes made to fail once, in the real program, in all that it does."""

import random
import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

from tests.faults.acts import ACTS, Act, Ended, Made, files_of, look, reported, run
from tests.faults.injected import ERRORS, Fault, calls_of, with_fault

# Exit code of errors.py for a database or an album that cannot be used.
REFUSED = {6}
SAMPLE = 4


def _is_a_sentence(ended: Ended) -> bool:
    """Whether the last words say what happened, and what to do."""
    lines = ended.err.strip().splitlines()
    return bool(lines) and re.search(r"[a-z].*[.:;] [A-Z][a-z].*\.$", lines[-1]) is not None


def _survives(act: Act, folder: Path, fault: Fault) -> bool:
    """Do an act with a fault, look, do it again without, and look; return whether the fault was met."""
    before = files_of(folder)
    outcome = with_fault(act, folder, fault)
    ended = outcome.ended
    if not outcome.elsewhere:
        assert "Traceback" not in ended.said, ended.said[-3000:]
        assert "Exception ignored" not in ended.said
        assert ended.code == 0 or (ended.code in REFUSED and _is_a_sentence(ended)), ended
    stored = reported(ended.said)
    # Its slots were filled after all. strace counts by threads: what fails in each slot's own fails often.
    is_once = len(outcome.hit) + len(outcome.elsewhere) <= 1
    assert len(stored) >= act.goes_on or ended.code or not is_once
    assert stored or ended.code or not act.takes_photos or not is_once
    look(folder, stored=stored if act.may_delete else [*before, *stored], said=ended.said)
    again = run(act, folder)
    assert again.code == 0, again
    assert "Traceback" not in again.said
    new = reported(again.said)
    assert new or not act.takes_photos
    # What was stored first may be retired by the second run.
    all_stored = new if act.may_delete else [*before, *stored, *new]
    look(folder, stored=all_stored, said=ended.said + again.said, clean=True)
    return bool(outcome.hit)


def _all_faults(act: Act, made: Made) -> list[Fault]:
    return [Fault(call, number, error) for call, number in calls_of(act, made(act)) for error in ERRORS]


def _sample(faults: list[Fault], count: int) -> list[Fault]:
    """Return some faults, of as many kinds of calls as there are: most are SQLite's writes of a page."""
    chance = random.Random(8)
    chance.shuffle(faults)
    turns: Counter[str] = Counter()
    ranked: list[tuple[int, Fault]] = []
    for fault in faults:
        turns[fault.call] += 1
        ranked.append((turns[fault.call], fault))
    return [fault for _, fault in sorted(ranked, key=lambda one: one[0])[:count]]


@pytest.mark.slow
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_call_that_fails_costs_a_sentence_and_no_photo(act: Act, made: Made):
    faults = _sample(_all_faults(act, made), SAMPLE)
    met = [_survives(act, made(act), fault) for fault in faults]
    assert sum(met) > len(met) // 2  # the threads of a daemon do not always do the same


@pytest.mark.soak
@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_each_call_that_writes_made_to_fail_costs_a_sentence_and_no_photo(act: Act, made: Made):
    faults = _all_faults(act, made)
    met = 0
    for fault in faults:
        folder = made(act)
        met += _survives(act, folder, fault)
        shutil.rmtree(folder)
    print(f"{act.name}: {len(faults)} faults, {met} met")
    assert met > len(faults) * (0.5 if act.goes_on else 0.95)
