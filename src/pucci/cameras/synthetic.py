"""The drawn dog: a camera where there is none. It runs the demo and the tests, and stands in for a webcam.

Frames show the dog in her room at the local time, ten a second at most. `device` may hold a fault,
for tests and for showing what the pages say then:

    truncate 40    only the first 40 % of every frame arrives
    garbage        random bytes
    empty          frames without a byte
    flicker 70     70 % of the frames are damaged, each in one of five ways
    freeze         the same bytes for ever
    silent         it opens, and no frame comes
    unplugged      it is not there

The damage is done to the bytes, and is the same at every start.
"""

import ctypes
import random
from datetime import datetime
from typing import TYPE_CHECKING

from pucci.cameras import Stream
from pucci.clock import Clock
from pucci.errors import CameraFailed, CameraMissing, CameraSilent, SettingsError
from pucci.photo import Frame
from pucci.settings import CameraSettings

if TYPE_CHECKING:
    from pucci.cameras.scene import Painter

FAULTS = ("truncate", "garbage", "empty", "flicker", "freeze", "silent", "unplugged")
WAYS = ("truncate", "garbage", "empty", "lost", "stale")
FRAMES_PER_S = 10.0


def make(name: str, settings: CameraSettings, *, clock: Clock, stands_in: bool = False) -> "SyntheticCamera":
    """Return the drawn dog; `stands_in` says that it does so for want of a webcam."""
    return SyntheticCamera(name, settings, clock=clock, stands_in=stands_in)


class SyntheticCamera:
    """A camera whose frames are drawn."""

    def __init__(self, name: str, settings: CameraSettings, *, clock: Clock, stands_in: bool = False) -> None:
        self.name = name
        self.stands_in = stands_in
        self._settings = settings
        self._clock = clock
        self._fault, self._percent = parse_fault(settings.device)

    def open(self) -> Stream:
        """Open at once, after the camera's delay. Frames to be skipped are not even drawn."""
        if self._fault == "unplugged":
            raise CameraMissing(f"The camera {self.name} is unplugged. Plug it in; it goes on by itself.")
        self._clock.sleep(self._settings.delay_s)
        return _Stream(self.name, self._settings, self._fault, self._percent, clock=self._clock)

    def describe(self) -> str:
        """Say that the dog is drawn, and why."""
        drawn = f"the drawn dog, {self._settings.width}×{self._settings.height}"
        return f"no webcam found: {drawn}" if self.stands_in else drawn


class _Stream:
    def __init__(
        self, name: str, settings: CameraSettings, fault: str, percent: int, *, clock: Clock
    ) -> None:
        from pucci.cameras.scene import Painter

        self._name, self._clock = name, clock
        self._fault, self._percent = fault, percent
        self._dice = random.Random(name)
        self._painter: Painter | None = Painter(name, settings.width, settings.height)
        self._next_at = clock.monotonic()
        self._first: bytes = b""
        self._before: bytes = b""

    def read(self, timeout_s: float) -> Frame:
        """Return the next frame, a tenth of a second after the one before."""
        if self._painter is None:
            raise CameraFailed(f"The camera {self._name} is closed.")
        if self._fault == "silent":
            self._clock.sleep(timeout_s)
            raise CameraSilent(f"The camera {self._name} sends nothing. Unplug it and plug it in again.")
        wait = self._next_at - self._clock.monotonic()
        if wait > 0:
            self._clock.sleep(wait)
        self._next_at = max(self._next_at, self._clock.monotonic()) + 1 / FRAMES_PER_S
        taken_at = self._clock.now()
        return Frame(self._shown(self._painter, taken_at), taken_at)

    def _shown(self, painter: "Painter", taken_at: datetime) -> bytes:
        if self._fault == "freeze" and self._first:
            return self._first
        whole = painter.paint(taken_at.astimezone())
        self._first = self._first or whole
        shown = self._damaged(whole)
        self._before = whole
        return shown

    def _damaged(self, whole: bytes) -> bytes:
        if self._fault == "flicker":
            if self._dice.random() * 100 >= self._percent:
                return whole
            return damage(self._dice.choice(WAYS), whole, before=self._before, dice=self._dice)
        if self._fault in WAYS:
            return damage(self._fault, whole, percent=self._percent, dice=self._dice)
        return whole

    def close(self) -> None:
        """Forget the pictures, and give their memory back."""
        self._painter = None
        self._first = self._before = b""
        give_back_memory()


def damage(way: str, whole: bytes, *, dice: random.Random, percent: int = 40, before: bytes = b"") -> bytes:
    """Return a whole JPEG's bytes as a bad cable makes them.

    truncate: cut after `percent` %. garbage: random bytes, as many. empty: none. lost: 512 bytes
    missing from the second half. stale: the end is that of the frame `before`.
    """
    middle = dice.randrange(len(whole) // 2, max(len(whole) - 1024, len(whole) // 2 + 1))
    match way:
        case "truncate":
            return whole[: len(whole) * percent // 100]
        case "garbage":
            return dice.randbytes(len(whole))
        case "empty":
            return b""
        case "stale" if before:
            return whole[:middle] + before[middle:]
        case _:
            return whole[:middle] + whole[middle + 512 :]


def parse_fault(device: str) -> tuple[str, int]:
    """Return the fault a device text names, and its percentage; ("", 0) for none.

    Raises:
        SettingsError: the text names no fault.
    """
    word, _, rest = device.strip().partition(" ")
    if not word:
        return "", 0
    if word not in FAULTS or (rest and not rest.isdecimal()):
        raise SettingsError(
            f"The drawn dog has no fault {device!r}. Leave its device empty, or take one of: "
            + ", ".join(FAULTS)
        )
    return word, min(int(rest), 100) if rest else {"flicker": 70}.get(word, 40)


def give_back_memory() -> None:
    """Let glibc return what drawing needed: it would keep 7 MB of a Pi's 512 for the next time."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
