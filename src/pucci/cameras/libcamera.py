"""A Pi's own camera, on the ribbon cable, by the programs of Raspberry Pi OS.

`rpicam-vid` (older: `libcamera-vid`) writes JPEG after JPEG, so one start serves a photo and the
live view; the picture's light is settled by the frames that are skipped. `device` may be the
camera's number, where a Pi has two.
"""

import shutil

from pucci.cameras import Stream, program
from pucci.cameras.pipe import PipeStream
from pucci.cameras.v4l2 import how_to_permit
from pucci.clock import Clock
from pucci.errors import CameraBusy, CameraDenied, CameraError, CameraFailed, CameraMissing, SettingsError
from pucci.settings import CameraSettings

PROGRAMS = ("rpicam-vid", "libcamera-vid")
REMEDY = "Run: sudo apt install rpicam-apps-lite."
FRAMES_PER_S = 10
QUALITY = 85


def make(name: str, settings: CameraSettings, *, clock: Clock) -> "LibcameraCamera":
    """Return the Pi's own camera; the settings' device may be its number."""
    return LibcameraCamera(name, settings, clock=clock)


class LibcameraCamera:
    """A camera on the Pi's ribbon cable."""

    stands_in = False

    def __init__(self, name: str, settings: CameraSettings, *, clock: Clock) -> None:
        if settings.device and not settings.device.isdecimal():
            raise SettingsError(f"device must be the camera's number, 0 or 1, not {settings.device!r}.")
        self.name = name
        self._settings = settings
        self._clock = clock

    def open(self) -> Stream:
        """Start the program, wait the delay, throw away the first frames."""
        settings = self._settings
        stream = PipeStream(
            self.name,
            self._words(next(filter(shutil.which, PROGRAMS), PROGRAMS[0])),
            clock=self._clock,
            remedy=REMEDY,
            explain=explain,
            proves=True,
        )
        try:
            stream.warm_up(delay_s=settings.delay_s, skip=settings.skip, timeout_s=settings.timeout_s)
        except CameraError:
            stream.close()
            raise
        return stream

    def describe(self) -> str:
        """Say which camera and size."""
        number = f" {self._settings.device}" if self._settings.device else ""
        return f"the Pi's camera{number}, {self._settings.width}×{self._settings.height}"

    def _words(self, program_name: str) -> list[str]:
        settings = self._settings
        camera = ["--camera", settings.device] if settings.device else []
        return [
            program_name, "--nopreview", "--timeout", "0", *camera,
            "--width", str(settings.width), "--height", str(settings.height),
            "--framerate", str(FRAMES_PER_S), "--codec", "mjpeg", "--quality", str(QUALITY),
            "--flush", "--output", "-",
        ]  # fmt: skip


def explain(told: str) -> CameraError:
    """Return what rpicam-vid said as what the owner can do about it."""
    said = told.lower()
    if "no cameras available" in said or "no camera" in said:
        return CameraMissing(
            "The Pi finds no camera on its ribbon cable. Switch it off, seat the cable anew, and start again."
        )
    if "permission denied" in said:
        return CameraDenied(f"Pucci may not open the Pi's camera. {how_to_permit()}")
    if "busy" in said or "failed to acquire camera" in said:
        return CameraBusy("The Pi's camera is taken by another program. Stop that one.")
    return CameraFailed(f"The Pi's camera failed: {program.last_line(told)}. Seat its cable anew.")
