"""Cameras: named sources of frames, each behind one small driver.

A driver is one module here with a class of two methods (`open`, and the stream's `read`). It is
imported only when its camera is opened, so that a Pi without a library starts and says what is
missing. Whatever a driver reports is a `CameraError` with its cause; its word on a frame being
good counts for nothing (`pucci.jpeg` decides).
"""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from pucci.clock import Clock
from pucci.photo import Frame
from pucci.setting import settings_of
from pucci.settings import CameraSettings

DRIVERS: tuple[str, ...] = settings_of(CameraSettings)["driver"].metadata["choices"]


class Stream(Protocol):
    """An open camera. Its lamp is lit."""

    def read(self, timeout_s: float) -> Frame:
        """Return the next frame, as it came.

        Raises:
            CameraError: none came within `timeout_s` seconds, or the camera is gone. The stream
                is then of no more use, but for closing.
        """
        ...

    def close(self) -> None:
        """Let the camera go. Never raises, never waits more than a second or two."""
        ...


class Camera(Protocol):
    """A named source of frames, closed.

    `stands_in` is True while frames are drawn for want of a webcam: the page then says so.
    """

    name: str

    @property
    def stands_in(self) -> bool:
        """Whether the drawn dog stands in for a webcam that nobody has plugged in yet."""
        ...

    def open(self) -> Stream:
        """Open the camera, wait its delay, throw away its first `skip` frames.

        Raises:
            CameraError: it cannot be opened within the camera's `timeout_s`.
            MissingPart: a library or program that the driver needs is not installed.
        """
        ...

    def describe(self) -> str:
        """Say in a few words where frames come from ("Lab USB camera, 640×480")."""
        ...


def open_camera(name: str, settings: CameraSettings, *, clock: Clock, seen: bool = False) -> Camera:
    """Return the camera of this name. Nothing is opened, and no device touched, until `open()`.

    `seen` says that it was a webcam before: the driver `auto` then lets no drawing stand in for it.
    """
    module = importlib.import_module(f"pucci.cameras.{settings.driver}")
    if settings.driver == "auto":
        return module.make(name, settings, clock=clock, seen=seen)
    return module.make(name, settings, clock=clock)


@contextmanager
def opened(camera: Camera) -> Iterator[Stream]:
    """Open a camera for a `with` block, and close it whatever happens."""
    stream = camera.open()
    try:
        yield stream
    finally:
        stream.close()
