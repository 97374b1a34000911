"""Find the smallest delay, skip and size at which a camera is right every time, by trying.

First a look at what the camera does after opening: how many frames until all that follow are whole.
Then the proof: the camera is opened again and again as a slot would, and its first frame after delay and
skip must be whole each time. If it is not, the next larger skip, then a delay, then the next smaller
size is tried.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from pucci.capture.eye import Opens, Sight
from pucci.clock import Clock
from pucci.errors import CameraError
from pucci.settings import CameraSettings

# Frames looked at after opening, to see how the camera starts.
_FIRST_LOOK = 15
_FIRST_LOOKS = 3
# Openings that must all give a whole frame. None wrong of 60 means at most 5 % wrong, 95 % sure.
_PROOFS = 60
_DELAYS_S = (0.0, 1.0, 3.0)
_SMALLER = ((1280, 720), (640, 480), (320, 240))
_FRAMES_SHOWN = 8


@dataclass(slots=True)
class Trial:
    """One setting that was tried: of `tries` openings, `wrong` gave no whole frame."""

    settings: CameraSettings
    tries: int = 0
    wrong: int = 0
    reasons: dict[str, int] = field(default_factory=dict)

    @property
    def at_most_wrong(self) -> float:
        """The share of openings that may go wrong, at most, 95 % sure.

        Exact for none wrong (1 - 0.05^(1/n), Clopper and Pearson); else Wilson's score bound, one-sided.
        """
        if not self.tries:
            return 1.0
        if not self.wrong:
            return 1 - 0.05 ** (1 / self.tries)
        z, n, p = 1.645, self.tries, self.wrong / self.tries
        spread = z * ((p * (1 - p) + z * z / (4 * n)) / n) ** 0.5
        return min(1.0, (p + z * z / (2 * n) + spread) / (1 + z * z / n))


@dataclass(frozen=True, slots=True)
class Tuning:
    """What came out. `best` is right every time if `best.wrong` is 0; `in_question` are damaged frames."""

    best: Trial
    trials: list[Trial]
    frames: int
    refused: int
    in_question: list[Sight]


class Tuner:
    """Tries settings of one camera until some are right, or the time is up."""

    def __init__(
        self,
        make: Callable[[CameraSettings], Opens],
        *,
        clock: Clock,
        limit_s: float,
        progress: Callable[[float, str], None] = lambda _share, _words: None,
    ) -> None:
        """Prepare. `make` gives the camera with some settings; `progress` hears the share done, 0 to 1."""
        self._make = make
        self._clock = clock
        self._start = clock.monotonic()
        self._limit_s = limit_s
        self._progress = progress
        self._trials: list[Trial] = []
        self._frames = 0
        self._refused = 0
        self._in_question: list[Sight] = []

    def run(self, settings: CameraSettings) -> Tuning:
        """Return the first settings that are right, else those that were wrong least often.

        Raises:
            CameraError: the camera gave no frame at all.
        """
        for candidate in self._candidates(settings):
            trial = self._prove(candidate)
            if not trial.wrong and trial.tries:
                break
            if self._left() <= 0:
                break
        best = min(self._trials, key=lambda trial: (trial.at_most_wrong, trial.settings.skip))
        return Tuning(best, self._trials, self._frames, self._refused, self._in_question)

    def _candidates(self, settings: CameraSettings) -> Iterator[CameraSettings]:
        for width, height in self._sizes(settings):
            sized = replace(settings, width=width, height=height)
            skip = self._frames_until_right(sized)
            for delay_s in _DELAYS_S:
                for more in (0, 3) if delay_s == 0 else (0,):
                    yield replace(sized, delay_s=delay_s, skip=skip + more)

    def _sizes(self, settings: CameraSettings) -> list[tuple[int, int]]:
        asked = (settings.width, settings.height)
        return [asked] + [size for size in _SMALLER if size[0] < asked[0]]

    def _frames_until_right(self, settings: CameraSettings) -> int:
        """Return how many frames after opening are wrong before a steady stream: the worst of three."""
        worst = 0
        eye = self._make(replace(settings, delay_s=0, skip=0))
        for _ in range(_FIRST_LOOKS):
            self._say("a first look", settings)
            look = eye.open()
            try:
                whole = [self._see(look.read(settings.timeout_s)) for _ in range(_FIRST_LOOK)]
            finally:
                look.close()
            worst = max(worst, _start_that_is_wrong(whole))
        return worst

    def _prove(self, settings: CameraSettings) -> Trial:
        trial = Trial(settings)
        self._trials.append(trial)
        eye = self._make(settings)
        while trial.tries < _PROOFS and trial.wrong < 3 and self._left() > 0:
            self._say("proving", settings, trial.tries / _PROOFS)
            trial.tries += 1
            reason = self._once(eye, settings)
            if reason:
                trial.wrong += 1
                trial.reasons[reason] = trial.reasons.get(reason, 0) + 1
        return trial

    def _once(self, eye: Opens, settings: CameraSettings) -> str:
        try:
            look = eye.open()
            try:
                sight = look.read(settings.timeout_s)
            finally:
                look.close()
        except CameraError as error:
            return error.reason
        return "" if self._see(sight) else sight.verdict.reason

    def _see(self, sight: Sight) -> bool:
        self._frames += 1
        if not sight.verdict.is_whole:
            self._refused += 1
            self._in_question = [*self._in_question[-(_FRAMES_SHOWN - 1) :], sight]
        return sight.verdict.is_whole

    def _left(self) -> float:
        return self._start + self._limit_s - self._clock.monotonic()

    def _say(self, what: str, settings: CameraSettings, done: float = 0.0) -> None:
        by_time = 1 - max(0.0, self._left()) / self._limit_s
        size = f"{settings.width}×{settings.height}"
        words = f"{size}, delay {settings.delay_s:g} s, skip {settings.skip}: {what}"
        self._progress(max(done, by_time), words)


def _start_that_is_wrong(whole: list[bool]) -> int:
    """Return the number of frames to skip: up to the last wrong one before the first five right in a row."""
    for start in range(len(whole) - 4):
        if all(whole[start : start + 5]):
            return start
    return 2
