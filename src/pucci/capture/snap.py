"""One whole picture: open the camera, look until a frame is whole, close it."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from pucci.album import Tally
from pucci.capture.eye import Look, Opens
from pucci.clock import Clock
from pucci.errors import CameraError, CameraOff, NoWholeFrame, PucciError
from pucci.photo import Frame, State, Verdict

log = logging.getLogger(__name__)

# Damaged frames looked at before the camera is closed and opened again: some recover only so.
_LOOKS = 20
# Seconds to wait for one frame of an open camera.
_FRAME_S = 5.0


@dataclass(frozen=True, slots=True)
class Shot:
    """A whole frame, with what it took."""

    frame: Frame
    verdict: Verdict
    tally: Tally


class Attempt:
    """Looks for one whole frame until its time is up, however the camera behaves."""

    def __init__(
        self,
        camera: Opens,
        *,
        clock: Clock,
        limit_s: float,
        pause_s: float = 2.0,
        stopped: Callable[[], bool] = lambda: False,
        first_failure: Callable[[PucciError], None] = lambda _error: None,
    ) -> None:
        """Prepare. `first_failure` hears the error once: pages know at once, the card is spared the rest."""
        self._camera = camera
        self._clock = clock
        self._until = clock.monotonic() + limit_s
        self._pause_s = pause_s
        self._stopped = stopped
        self._first_failure = first_failure
        self._tries = 0
        self._refused: Counter[str] = Counter()
        self._aside: tuple[Frame, str] | None = None

    @property
    def tally(self) -> Tally:
        """What it took so far."""
        return Tally(self._tries, dict(self._refused), self._aside)

    def run(self) -> Shot:
        """Return a whole frame.

        Raises:
            CameraError: the camera gave no frame to the end.
            NoWholeFrame: it gave some, and all were damaged.
        """
        failures = 0
        while True:
            try:
                return self._open_and_look()
            except CameraOff:
                raise  # by the family's will: it is not tried again
            except (CameraError, NoWholeFrame) as error:
                log.debug("%s: try %d failed: %s", self._camera.name, self._tries, error)
                failures += 1
                if failures == 1:
                    self._first_failure(error)
                if self._left() <= self._pause_s or self._stopped():
                    raise
            self._clock.sleep(self._pause_s)

    def _left(self) -> float:
        return self._until - self._clock.monotonic()

    def _open_and_look(self) -> Shot:
        try:
            look = self._camera.open()
        except CameraOff:
            raise
        except CameraError:
            self._tries += 1
            raise
        try:
            return self._look(look)
        finally:
            look.close()

    def _look(self, look: Look) -> Shot:
        verdict = None
        for _ in range(_LOOKS):
            if verdict is not None and (self._left() <= 0 or self._stopped()):
                break
            self._tries += 1
            sight = look.read(max(0.5, min(_FRAME_S, self._left())))
            verdict = sight.verdict
            if verdict.is_whole:
                return Shot(sight.frame, verdict, self.tally)
            if verdict.state is State.DAMAGED:  # a suspicion only asks for another look
                self._refused[verdict.reason] += 1
                self._aside = sight.frame, verdict.reason
            log.debug("%s: frame refused: %s", self._camera.name, verdict.reason)
        raise NoWholeFrame(_in_words(verdict))


def reason_of(error: PucciError) -> str:
    """Return the few words a missed slot shows."""
    return error.reason if isinstance(error, CameraError) else str(error)


def _in_words(verdict: Verdict | None) -> str:
    if verdict is None:
        return "no frame"
    return f"{'damaged' if verdict.state is State.DAMAGED else 'in doubt'}: {verdict.reason}"
