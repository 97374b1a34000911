"""A camera that is well until it is told to be ill, in fourteen ways and six mixes of two."""

import random
from collections.abc import Callable
from datetime import datetime
from itertools import combinations
from typing import Final

from pucci.cameras import Stream
from pucci.cameras.scene import Painter
from pucci.cameras.synthetic import WAYS, damage
from pucci.clock import Clock
from pucci.errors import CameraBusy, CameraFailed, CameraMissing, CameraSilent
from pucci.photo import Frame

# What may be wrong with a camera. "drops": it breaks off after some frames; "throws": so does its driver.
SINGLE: Final = (
    *WAYS, "black end", "flicker", "freeze",
    "silent", "unplugged", "busy", "drops", "throws", "slow",
)  # fmt: skip
MIXED: Final = (
    ("truncate", "unplugged"),
    ("garbage", "silent"),
    ("stale", "drops"),
    ("lost", "busy"),
    ("flicker", "freeze"),
    ("flicker", "throws"),
)
ALL: Final = (*((mode,) for mode in SINGLE), *MIXED)
PAIRS: Final = tuple(combinations(SINGLE, 2))


class FaultyCamera:
    """Draws a dog. While `modes` are set, each opening and each frame suffers from one of them."""

    name = "sofa"
    stands_in = False

    def __init__(self, clock: Clock, *, size: tuple[int, int] = (320, 240)) -> None:
        self.clock = clock
        self.modes: tuple[str, ...] = ()
        self.well_at: datetime | None = None  # when the fault ends by itself
        # Every frame as it was shown; and as it should have been, with the one before it.
        self.given: dict[bytes, tuple[bytes, bytes]] = {}
        self.dice = random.Random(8)
        self.painter = Painter(self.name, *size)
        self.before = b""  # the last frame, whole
        self.buffer = b""  # what the driver's memory holds: what it was given, and behind that the old rest

    def describe(self) -> str:
        return "a camera that may be ill"

    def mode(self) -> str:
        """Return what is wrong at this moment; empty for nothing."""
        if self.well_at is not None and self.clock.now() >= self.well_at:
            self.modes, self.well_at = (), None
        return self.dice.choice(self.modes) if self.modes else ""

    def open(self) -> Stream:
        match self.mode():
            case "unplugged":
                raise CameraMissing("The camera is unplugged. Plug it in.")
            case "busy":
                raise CameraBusy("The camera is used by motion. Stop it.")
            case "throws":
                raise OSError(5, "Input/output error")
        return _Stream(self)

    def frame(self) -> bytes:
        """Return the next frame's bytes, whole."""
        return self.painter.paint(self.clock.now())


class _Stream:
    def __init__(self, camera: FaultyCamera) -> None:
        self._camera = camera
        self._left = camera.dice.randint(1, 30)

    def read(self, timeout_s: float) -> Frame:
        camera, mode = self._camera, self._camera.mode()
        self._left -= 1
        if mode == "silent":
            camera.clock.sleep(timeout_s)
            raise CameraSilent("The camera sends nothing. Unplug it and plug it in again.")
        if mode == "unplugged" or (mode == "drops" and self._left <= 0):
            raise CameraFailed("The camera broke off.")
        if mode == "throws":
            raise OSError(19, "No such device")
        camera.clock.sleep(min(4.0, timeout_s) if mode == "slow" else 0.1)
        if mode == "freeze" and camera.before:
            camera.given[camera.before] = camera.before, camera.before
            return Frame(camera.before, camera.clock.now())
        whole = camera.frame()
        shown = self._damaged(mode, whole)
        camera.given[shown] = whole, camera.before or whole
        camera.before, camera.buffer = whole, shown + camera.buffer[len(shown) :]
        return Frame(shown, camera.clock.now())

    def _damaged(self, mode: str, whole: bytes) -> bytes:
        camera = self._camera
        if mode == "flicker":
            mode = camera.dice.choice(("", *WAYS))
        if mode == "black end":
            return whole[: len(whole) // 2].ljust(len(whole), b"\0")
        return damage(mode, whole, before=camera.buffer, dice=camera.dice) if mode in WAYS else whole

    def close(self) -> None:
        """Nothing is held."""


class Stuck:
    """A camera whose driver never comes back from `open` or from a read, until it is let go."""

    name = "sofa"
    stands_in = False

    def __init__(self, camera: FaultyCamera, wait: Callable[[], object], *, in_open: bool) -> None:
        self._camera = camera
        self._wait = wait
        self._in_open = in_open
        self.opened = 0

    def describe(self) -> str:
        return "a camera that hangs"

    def open(self) -> Stream:
        self.opened += 1
        if self._in_open:
            self._wait()
        stream = self._camera.open()
        if not self._in_open:
            wait, read = self._wait, stream.read

            class Hangs:
                close = stream.close

                def read(self, timeout_s: float) -> Frame:
                    wait()
                    return read(timeout_s)

            return Hangs()
        return stream
