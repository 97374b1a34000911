"""A camera whose every frame is judged before anybody sees it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Protocol

from pucci.cameras import Camera
from pucci.capture.recall import Recall
from pucci.clock import Clock
from pucci.errors import CameraFailed, DatabaseError
from pucci.jpeg import Witness
from pucci.photo import Frame, Verdict

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sight:
    """A frame with its verdict."""

    frame: Frame
    verdict: Verdict


class Look(Protocol):
    """An open eye."""

    def read(self, timeout_s: float, *, not_before: float = 0.0, deep: bool = True) -> Sight:
        """Return the next frame, judged; none that comes before the monotonic moment `not_before`.

        `deep` judges as closely as can be, for a frame that will be a photo.
        Frames that come too early are taken off the camera and not looked at: that spares a Pi the
        judging, and the camera's buffers never hold the past.

        Raises:
            CameraError: none came within `timeout_s` seconds, or the camera is gone.
        """
        ...

    def close(self) -> None:
        """Look no more."""
        ...


class Opens(Protocol):
    """What looks can be had from: an eye alone, or the hub, where many share one."""

    @property
    def name(self) -> str:
        """The camera's name."""
        ...

    def open(self) -> Look:
        """Start looking.

        Raises:
            CameraError: the camera cannot be opened.
            MissingPart: a library or program its driver needs is not installed.
        """
        ...


class Eye:
    """One camera and the judge of its frames. Without `recall` it starts knowing nothing of the camera."""

    def __init__(self, camera: Camera, *, clock: Clock, recall: Recall | None = None) -> None:
        self.camera = camera
        self._clock = clock
        self._recall = recall
        self._own = Witness()

    @property
    def name(self) -> str:
        """The camera's name."""
        return self.camera.name

    def open(self) -> Look:
        """Open the camera."""
        witness = self._recall.witness() if self._recall else self._own
        return _Look(self.camera, witness, self._recall, clock=self._clock)


@contextmanager
def _told(camera: str) -> Iterator[None]:
    """Tell what a driver lets through of the kernel's as what it is: a failing camera."""
    try:
        yield
    except OSError as error:
        raise CameraFailed(
            f"The camera {camera} failed: {error.strerror}. Unplug it and plug it in."
        ) from error


class _Look:
    def __init__(self, camera: Camera, witness: Witness, recall: Recall | None, *, clock: Clock) -> None:
        self._camera = camera
        with _told(camera.name):
            self._stream = camera.open()
        self._witness = witness
        self._recall = recall
        self._clock = clock

    def read(self, timeout_s: float, *, not_before: float = 0.0, deep: bool = True) -> Sight:
        with _told(self._camera.name):
            frame = self._stream.read(timeout_s)
            while self._clock.monotonic() < not_before:
                frame = self._stream.read(timeout_s)
        frame = replace(frame, up=self._clock.monotonic())
        return Sight(frame, self._witness.judge(frame.data, flagged=frame.flagged, deep=deep))

    def close(self) -> None:
        self._stream.close()
        if self._recall:
            try:
                self._recall.keep(webcam=getattr(self._camera, "seen", False))
            except DatabaseError as error:  # it is kept at another closing; the camera is closed all the same
                log.debug("%s: what was learned is not kept yet: %s", self._camera.name, error)
