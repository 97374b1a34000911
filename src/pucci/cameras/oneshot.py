"""Streams of drivers that take one picture at a time and hold nothing between two."""

from collections.abc import Callable

from pucci.errors import CameraFailed
from pucci.photo import Frame


class OneShotStream:
    """Takes its first picture when it is opened, within the camera's own time limit.

    So the delay that such a camera needs before every picture counts as opening, and a reader that
    allows a frame a few seconds gets the first at once.
    """

    def __init__(self, name: str, take: Callable[[float], Frame], *, timeout_s: float) -> None:
        self._name = name
        self._take: Callable[[float], Frame] | None = take
        self._first: Frame | None = take(timeout_s)

    def read(self, timeout_s: float) -> Frame:
        """Return the first picture, and after that a new one each time."""
        if self._take is None:
            raise CameraFailed(f"The camera {self._name} is closed.")
        frame, self._first = self._first or self._take(timeout_s), None
        return frame

    def close(self) -> None:
        """Forget the picture; nothing else is held."""
        self._take = self._first = None
