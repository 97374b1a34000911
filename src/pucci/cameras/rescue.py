"""A webcam that hangs has its USB port reset, once; what that did is in every sentence after it.

When is decided by a pure function (`is_due`), how is in `pucci.cameras.usb`. Why so: docs/design/shape.md.
"""

import errno
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pucci.cameras import usb
from pucci.cameras.devices import ROOT
from pucci.cameras.limits import Line, within
from pucci.clock import Clock
from pucci.errors import CameraError, CameraFailed, CameraMissing, CameraSilent, CameraStuck

# A camera that is slow to wake gives its frame within this many seconds and tries.
LEAST_S: Final = 60.0
LEAST_TRIES: Final = 3
# From one reset to the next, though the camera was well meanwhile: a reset is no way to live.
APART_S: Final = 3600.0
# Resetting takes a tenth of a second on a good port; the video node is back a second or two later.
RESET_S: Final = 10.0
BACK_S: Final = 10.0
# What the kernel says of a device that is there and does not do its part.
_HANGS: Final = (
    errno.EIO, errno.ETIMEDOUT, errno.EPIPE, errno.EPROTO, errno.EILSEQ, errno.EREMOTEIO, errno.ECOMM,
)  # fmt: skip

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Fault:
    """A camera that hangs: since when (monotonic), for how many tries, and what a reset did about it.

    `tried` is what became of the reset in words, "" before it; `gone` that the camera was not seen since;
    `refused` that a reset is not permitted.
    """

    since: float
    tries: int = 0
    tried: str = ""
    gone: bool = False
    refused: bool = False


def is_due(fault: Fault | None, *, now: float, last: float | None) -> bool:
    """Whether a reset is worth trying: once in a fault that has lasted, and not soon after the `last` one."""
    if fault is None or fault.tried or fault.refused:
        return False
    has_lasted = fault.tries >= LEAST_TRIES and now - fault.since >= LEAST_S
    return has_lasted and (last is None or now - last >= APART_S)


def hangs(error: CameraError) -> bool:
    """Whether an error is that of a camera that hangs: no reset helps one that is busy, or not there."""
    if isinstance(error, CameraFailed):
        return isinstance(error.__cause__, OSError) and error.__cause__.errno in _HANGS
    return isinstance(error, CameraSilent)


def worded(error: CameraError, fault: Fault, name: str) -> CameraError:
    """Return a hanging camera's error with what is known of its reset, and what is left to do."""
    if not hangs(error) and not (fault.gone and isinstance(error, CameraMissing)):
        return error
    if fault.refused:  # the error's class says what the camera does: no reset was tried
        text = (
            f"The camera {name} hangs, and Pucci may not reset its USB port. Pull its plug and put it back."
        )
        return type(error)(text)
    if fault.tried:
        return CameraStuck(f"The camera {name} hangs, and {fault.tried}. Pull its plug and put it back.")
    return error


class Rescue:
    """Watches one webcam's tries, and resets its port when that is due."""

    def __init__(
        self,
        name: str,
        *,
        clock: Clock,
        root: Path = ROOT,
        reset: Callable[[Path], None] = usb.reset,
        limit_s: float = RESET_S,
    ) -> None:
        self._name = name
        self._clock = clock
        self._root = root
        self._reset = reset
        self._limit_s = limit_s
        self._fault: Fault | None = None
        self._last: float | None = None
        # Not the camera's own line: a reset is what frees a call that hangs there.
        self._line = Line()

    def well(self) -> None:
        """Take note of a frame, whole or not: the camera does not hang."""
        if self._fault is not None and self._fault.tried:
            _log.info("%s: the camera sends frames again.", self._name)
        self._fault = None

    def failed(self, error: CameraError) -> CameraError:
        """Take note of a failed try, and return its error in the words it deserves by now."""
        if hangs(error):
            fault = self._fault or Fault(self._clock.monotonic())
            self._fault = replace(fault, tries=fault.tries + 1, gone=False)
        elif isinstance(error, CameraMissing) and self._fault is not None and not self._fault.tried:
            self._fault = None  # somebody pulled its plug
        return error if self._fault is None else worded(error, self._fault, self._name)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Take note of what a `with` block tries on the camera and fails at."""
        try:
            yield
        except CameraError as error:
            told = self.failed(error)
            if told is error:
                raise
            raise told from error

    def help(self, path: Path) -> None:
        """Reset the port of the camera at `path`, if that is due, and wait until the camera is back.

        Never raises; takes `limit_s` and `BACK_S` seconds at most.
        """
        now, fault = self._clock.monotonic(), self._fault
        if fault is None or not is_due(fault, now=now, last=self._last):
            return
        node = usb.usb_node(path, self._root)
        if node is None:
            return
        if not usb.may_reset(node):
            self._fault = replace(fault, refused=True)
            _log.warning(
                "%s: the camera hangs, and this account may not write to %s to reset it.", self._name, node
            )
            return
        self._last = now
        _log.warning(
            "%s: the camera hangs for %.0f s, so its USB port is reset.", self._name, now - fault.since
        )
        self._fault = replace(fault, tried=self._try(node))
        until = now + self._limit_s + BACK_S
        # The node is there at once, but for a moment it is root's alone.
        while not os.access(path, os.R_OK | os.W_OK) and self._clock.monotonic() < until:
            self._clock.sleep(0.2)
        if not path.exists():
            tried = "it did not come back from a reset of its USB port"
            self._fault = replace(fault, tried=tried, gone=True)

    def _try(self, node: Path) -> str:
        """Reset a port, and return what there is to say if the camera hangs all the same."""
        try:
            within(self._limit_s, lambda: self._reset(node), line=self._line)
        except TimeoutError:
            return f"a reset of its USB port was not done within {self._limit_s:g} s"
        except OSError as error:
            return f"its USB port could not be reset ({error.strerror or error})"
        return "a reset of its USB port did not help"
