"""The first webcam there is; while there has never been one, the drawn dog stands in.

It looks again at every `open()`, so a webcam plugged in later is found. Once a webcam was seen the
drawing is over: an unplugged camera says so, and nothing poses as it.
"""

import logging
from collections.abc import Callable

from pucci.cameras import Camera, Stream, synthetic, v4l2
from pucci.cameras.devices import Webcam, first_webcam
from pucci.clock import Clock
from pucci.settings import CameraSettings

_log = logging.getLogger(__name__)


def make(
    name: str,
    settings: CameraSettings,
    *,
    clock: Clock,
    seen: bool = False,
    find: Callable[[], Webcam | None] = first_webcam,
) -> "AutoCamera":
    """Return a camera that finds itself one; `seen` says that it had a webcam before this start."""
    return AutoCamera(name, settings, clock=clock, seen=seen, find=find)


class AutoCamera:
    """A webcam if there is or was one, else the drawn dog."""

    def __init__(
        self,
        name: str,
        settings: CameraSettings,
        *,
        clock: Clock,
        seen: bool,
        find: Callable[[], Webcam | None],
    ) -> None:
        self.name = name
        self.seen = seen or bool(settings.device)
        self._find = find
        self._webcam = v4l2.make(name, settings, clock=clock, find=find)
        self._drawn = None if self.seen else synthetic.make(name, settings, clock=clock, stands_in=True)
        self._said = False

    @property
    def stands_in(self) -> bool:
        """True while the drawn dog stands in. A named device is never stood in for."""
        return self._chosen() is self._drawn

    def open(self) -> Stream:
        """Open the webcam; the drawn dog while no webcam was ever there."""
        camera = self._chosen()
        if camera is self._drawn and not self._said:
            self._said = True
            _log.info("No webcam is plugged in, so camera %s shows the drawn dog until one is.", self.name)
        return camera.open()

    def describe(self) -> str:
        """Say which webcam it is, or that there is none."""
        return self._chosen().describe()

    def _chosen(self) -> Camera:
        if self._drawn is not None and self._find() is not None:
            if self._said:
                _log.info("A webcam is plugged in: camera %s now shows what it sees.", self.name)
            self.seen, self._drawn = True, None
        return self._drawn or self._webcam
