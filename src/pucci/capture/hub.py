"""The hub: one open camera for all who look at it, and the newest whole frame.

A thread reads the camera only while somebody looks: a slot that wants its photo, or a watcher. It lets
the camera go some seconds after the last watcher left, at once after a slot. Whoever looks sees every
frame from the moment they came, but nobody waits for another: a slow one gets the newest.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from pucci import jpeg
from pucci.capture.eye import Look, Opens, Sight
from pucci.clock import Clock
from pucci.errors import CameraError, CameraFailed, CameraSilent, PucciError

log = logging.getLogger(__name__)

# Seconds the camera stays open after the last watcher: a page that is loaded again finds it open.
LINGER_S = 5.0
# Seconds between two tries to open a camera that somebody wants to see.
_RETRY_S = 2.0
# Seconds to wait for one frame of an open camera.
_FRAME_S = 5.0


@dataclass(frozen=True, slots=True)
class Now:
    """What there is to see at this moment.

    `sight` is the newest whole frame, `picture` its bytes as browsers want them, `at` when it came
    (monotonic seconds), `number` counts whole frames; `fault` is why there are none at present, empty
    while they come; `rate` is whole frames a second, over the last few.
    """

    sight: Sight | None = None
    picture: bytes = b""
    at: float = 0.0
    number: int = 0
    fault: str = ""
    rate: float = 0.0


class Hub:
    """Shares one camera."""

    def __init__(
        self, eye: Opens, *, clock: Clock, linger_s: float = LINGER_S, max_fps: float = 15.0
    ) -> None:
        self._eye = eye
        self._clock = clock
        self._linger_s = linger_s
        # A tenth less, so that a camera of just this rate loses no frame to its own jitter.
        self._shortest_s = 0.9 / max_fps
        self._changed = threading.Condition()
        self._seats: set[Seat] = set()
        self._thread: threading.Thread | None = None
        self._close_at = 0.0
        self._stopped = False
        self._now = Now()
        self._last: Sight | None = None  # whole or not
        self._last_number = 0
        self._error: PucciError | None = None
        self._silence: CameraSilent | None = None  # what the driver said of it, until a frame comes

    @property
    def name(self) -> str:
        """The camera's name."""
        return self._eye.name

    @property
    def now(self) -> Now:
        """What there is to see; nothing once the camera is closed, so nothing stale poses as new."""
        return self._now

    @property
    def is_open(self) -> bool:
        """Whether the camera is open, or being opened: its lamp is lit."""
        return self._thread is not None

    def open(self) -> "Seat":
        """Look until a photo is taken: the camera closes at once afterwards, if nobody else looks."""
        return self._sit(Seat(self, tell=None))

    def watch(self, tell: Callable[[], None]) -> "Seat":
        """Watch: `tell` is called, from the camera's thread, whenever `now` has changed."""
        return self._sit(Seat(self, tell=tell))

    @property
    def watchers(self) -> int:
        """How many watch."""
        return sum(1 for seat in list(self._seats) if seat.tell is not None)

    def stop(self) -> None:
        """Close the camera and turn everybody away, for good."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def wait_closed(self, limit_s: float) -> None:
        """Wait until the camera is closed and what was learned of it is stored; a hung one is left behind."""
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(limit_s)

    def _sit(self, seat: "Seat") -> "Seat":
        with self._changed:
            seat.seen = self._last_number
            self._seats.add(seat)
            if self._error is not None:
                # Whoever comes anew is not told of an old fault: the camera is tried again at once.
                self._error, self._now = None, Now(number=self._now.number)
                self._changed.notify_all()
            if self._thread is None and not self._stopped:
                self._thread = threading.Thread(target=self._run, name=f"hub-{self.name}", daemon=True)
                self._thread.start()
        return seat

    def leave(self, seat: "Seat") -> None:
        """Take a seat away. Leaving twice does no harm."""
        with self._changed:
            if seat in self._seats:
                self._seats.remove(seat)
                if seat.tell is not None:
                    self._close_at = self._clock.monotonic() + self._linger_s
                self._changed.notify_all()

    def wait(self, seat: "Seat", timeout_s: float) -> Sight:
        """Return the newest frame this seat has not seen, waiting for it."""
        with self._changed:
            came = self._changed.wait_for(lambda: self._last_number > seat.seen or self._error, timeout_s)
            if self._last_number > seat.seen and self._last is not None:
                seat.seen = self._last_number
                return self._last
            if came and self._error is not None:
                raise self._error
        raise self._silence or CameraSilent(
            f"The camera {self.name} is open, but sends nothing. Pull its plug, and put it back."
        )

    # -- the camera's thread ----------------------------------------------------------------

    def _wanted(self) -> bool:
        return not self._stopped and (bool(self._seats) or self._clock.monotonic() < self._close_at)

    def _wants_photo(self) -> bool:
        return any(seat.tell is None for seat in list(self._seats))

    def _run(self) -> None:
        while True:
            try:
                self._look_while_wanted()
            except Exception as error:
                # The outermost loop of a thread that nobody would start again: the camera is tried anew.
                log.exception("%s: something broke while looking.", self.name)
                self._fail(CameraFailed(f"The camera {self.name} broke off: {error}. It is tried again."))
            with self._changed:
                if not self._wanted():
                    self._thread, self._now, self._last = None, Now(number=self._now.number), None
                    break
                self._changed.wait_for(lambda: not self._wanted() or self._error is None, _RETRY_S)
        self._tell()

    def _look_while_wanted(self) -> None:
        look: Look | None = None
        try:
            look = self._eye.open()
            while self._wanted():
                not_before = self._now.at + self._shortest_s
                self._show(look.read(_FRAME_S, not_before=not_before, deep=self._wants_photo()))
        except PucciError as error:
            self._fail(error)
        finally:
            if look is not None:
                look.close()

    def _show(self, sight: Sight) -> None:
        moment = self._clock.monotonic()
        whole = sight.verdict.is_whole
        picture = jpeg.showable(sight.frame.data) if whole and self.watchers else b""
        with self._changed:
            self._last, self._last_number, self._error = sight, self._last_number + 1, None
            self._silence = None
            if whole:
                self._now = Now(sight, picture, moment, self._now.number + 1, "", self._rate(moment))
            self._changed.notify_all()
        if whole:
            self._tell()

    def _rate(self, moment: float) -> float:
        before = self._now
        if before.sight is None or moment <= before.at:
            return 0.0
        rate = 1 / (moment - before.at)
        return rate if not before.rate else before.rate + (rate - before.rate) / 5

    def _fail(self, error: PucciError) -> None:
        reason = error.reason if isinstance(error, CameraError) else str(error)
        with self._changed:
            # The last picture goes: a camera that is gone shows nothing.
            self._error, self._last = error, None
            self._silence = error if isinstance(error, CameraSilent) else None
            self._now = Now(number=self._now.number, fault=reason)
            self._changed.notify_all()
        log.debug("%s: %s", self.name, error)
        self._tell()

    def _tell(self) -> None:
        for seat in list(self._seats):
            if seat.tell is not None:
                seat.tell()


class Seat:
    """One who looks."""

    def __init__(self, hub: Hub, *, tell: Callable[[], None] | None) -> None:
        self._hub = hub
        self.tell = tell
        self.seen = 0

    def read(self, timeout_s: float, *, not_before: float = 0.0, deep: bool = True) -> Sight:  # noqa: ARG002
        """Return the next frame, judged; of several that came meanwhile, the newest.

        Raises:
            CameraError: none came in time, or the camera is gone.
        """
        return self._hub.wait(self, timeout_s)

    def close(self) -> None:
        """Look no more."""
        self._hub.leave(self)
