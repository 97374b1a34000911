"""The camera's faults are what their names say; these tests need no machine."""

from random import Random

import pytest

from tests.frames import jpeg_bytes
from tests.pi.uvccam.faults import FAULTS, mixed

WORDS = {"truncate": ["40"], "corrupt": ["20"], "zerotail": ["30"], "lost": ["512"]}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_fault_changes_the_frame_and_the_same_dice_change_it_alike(kind: str):
    frame, before = jpeg_bytes(1, (320, 240)), jpeg_bytes(2, (320, 240))
    broken, again = (FAULTS[kind](frame, before, Random(1), WORDS.get(kind, [])) for _ in range(2))
    assert broken != frame
    assert broken == again


def test_a_mix_breaks_as_many_as_it_says_and_the_same_ones_each_time():
    faults = [mixed("7", 70, number) for number in range(2000)]
    assert faults == [mixed("7", 70, number) for number in range(2000)]
    assert faults != [mixed("8", 70, number) for number in range(2000)]
    assert 0.66 < sum(fault is not None for fault in faults) / len(faults) < 0.74
