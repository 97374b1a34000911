"""Tune finds what the camera needs, and says how sure it is."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pucci.capture.eye import Sight
from pucci.capture.tune import Trial, Tuner
from pucci.clock import Clock
from pucci.errors import CameraMissing
from pucci.photo import Frame, State, Verdict
from pucci.settings import CameraSettings
from tests.fakes import FakeClock

WHOLE, BROKEN = Verdict(State.WHOLE), Verdict(State.DAMAGED, ("cut short",))


class Recorded:
    """A camera whose verdicts after opening are known: it is right from a frame, a delay or a size on."""

    name = "sofa"

    def __init__(
        self, settings: CameraSettings, clock: Clock, *, grey: int, slow_s: float, widest: int
    ) -> None:
        self.settings, self.clock = settings, clock
        self.grey, self.slow_s, self.widest = grey, slow_s, widest

    def open(self) -> "Recorded":
        self.clock.sleep(0.2 + self.settings.delay_s)
        right_at = 0 if self.settings.delay_s >= self.slow_s else 10_000
        right_at = right_at if self.settings.width <= self.widest else 10_000
        self.frames: Iterator[int] = iter(range(self.settings.skip, 10_000))
        self.right_from = max(right_at, self.grey)
        return self

    def read(self, timeout_s: float, *, not_before: float = 0.0, deep: bool = True) -> Sight:
        self.clock.sleep(0.1)
        verdict = WHOLE if next(self.frames) >= self.right_from else BROKEN
        return Sight(Frame(b"x", self.clock.now()), verdict)

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("grey", "slow_s", "widest", "found"),
    [
        (0, 0, 9999, (640, 0, 0)),
        (7, 0, 9999, (640, 0, 7)),
        (0, 3, 9999, (640, 3, 2)),
        (2, 0, 320, (320, 0, 2)),
    ],
)
def test_the_smallest_that_is_right_every_time_is_found_within_three_minutes(
    grey: int, slow_s: float, widest: int, found: tuple[int, float, int], clock: FakeClock
):
    start = clock.monotonic()
    tuner = Tuner(
        lambda tried: Recorded(tried, clock, grey=grey, slow_s=slow_s, widest=widest),
        clock=clock,
        limit_s=600,
    )
    tuning = tuner.run(CameraSettings())
    best = tuning.best.settings
    assert (best.width, best.delay_s, best.skip) == found
    assert tuning.best.wrong == 0
    assert tuning.best.at_most_wrong < 0.05
    assert (not tuning.in_question) is (found == (640, 0, 0))
    if not slow_s and widest > 640:
        assert clock.monotonic() - start < 180


def test_a_camera_that_is_never_right_ends_in_time_with_the_frames_in_question(clock: FakeClock):
    start = clock.monotonic()
    tuner = Tuner(
        lambda tried: Recorded(tried, clock, grey=99, slow_s=0, widest=9999), clock=clock, limit_s=60
    )
    tuning = tuner.run(CameraSettings())
    assert tuning.best.wrong or not tuning.best.tries
    assert 1 <= len(tuning.in_question) <= 8
    assert clock.monotonic() - start < 90


def test_a_camera_that_is_not_there_says_so(clock: FakeClock):
    from pucci.cameras import open_camera
    from pucci.capture import Eye

    unplugged = CameraSettings(driver="synthetic", device="unplugged")
    with pytest.raises(CameraMissing):
        Tuner(
            lambda tried: Eye(open_camera("sofa", tried, clock=clock), clock=clock), clock=clock, limit_s=60
        ).run(unplugged)


def test_how_sure_it_is_is_the_exact_bound():
    trial = Trial(CameraSettings(), tries=60)
    assert trial.at_most_wrong == pytest.approx(0.0487, abs=1e-4)  # the rule of three says 3/60
    assert replace(trial, wrong=6).at_most_wrong == pytest.approx(0.18, abs=0.02)
    assert Trial(CameraSettings()).at_most_wrong == 1
