"""Webcams by Debian's `fswebcam`, as the first version had it: `-r 320x240 --jpeg 80 -D 3 -S 13 --no-banner`.

fswebcam ends with 0 whatever happens, so only bytes count. What it writes as its picture it has
decoded and encoded again, damage and all; `--dumpframe` also hands over the frame as it came. That is
taken where the camera makes JPEG itself, and the re-encoded picture (`proves=False`) only where the
camera is raw. Both go to files in memory: nothing is written to the card.
"""

import math
import os
import re
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from pucci.cameras import Stream, program
from pucci.cameras.devices import Webcam, first_webcam
from pucci.cameras.markers import START, without_tail
from pucci.cameras.oneshot import OneShotStream
from pucci.cameras.v4l2 import how_to_permit, who_holds
from pucci.clock import Clock
from pucci.errors import CameraBusy, CameraDenied, CameraError, CameraFailed, CameraMissing, CameraSilent
from pucci.photo import Frame
from pucci.settings import CameraSettings

REMEDY = "Run: sudo apt install fswebcam."
# The first version's; it matters only for a camera that makes no JPEG.
QUALITY = 80


def make(
    name: str,
    settings: CameraSettings,
    *,
    clock: Clock,
    find: Callable[[], Webcam | None] = first_webcam,
) -> "FswebcamCamera":
    """Return a camera read by fswebcam: the settings' device, or the one `find` finds at each opening."""
    return FswebcamCamera(name, settings, clock=clock, find=find)


class FswebcamCamera:
    """A camera for which fswebcam is run anew for every picture."""

    stands_in = False

    def __init__(
        self, name: str, settings: CameraSettings, *, clock: Clock, find: Callable[[], Webcam | None]
    ) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._find = find

    def open(self) -> Stream:
        """Take the first picture; fswebcam itself waits the delay and skips the first frames."""
        device = self._device()
        return OneShotStream(
            self.name, lambda timeout_s: self._take(device, timeout_s), timeout_s=self._settings.timeout_s
        )

    def describe(self) -> str:
        """Say which device fswebcam is run for."""
        return f"fswebcam, {self._settings.device or 'the first webcam'}"

    def _device(self) -> str:
        if self._settings.device:
            return self._settings.device
        found = self._find()
        if found is None:
            raise CameraMissing("No webcam is plugged in. Plug one in; it goes on by itself.")
        return str(found.path)

    def _take(self, device: str, timeout_s: float) -> Frame:
        with ExitStack() as stack:
            files = [stack.enter_context(_memory_file(name)) for name in ("dump", "picture")]
            fds = [file.fileno() for file in files]
            outcome = program.run(
                self._words(device, *(f"/proc/self/fd/{fd}" for fd in fds)),
                clock=self._clock,
                timeout_s=timeout_s,
                remedy=REMEDY,
                pass_fds=fds,
            )
            if outcome.code is None:
                raise CameraSilent(
                    f"fswebcam gave no picture of {device} within {timeout_s:g} s. "
                    "Unplug the camera and plug it in again."
                )
            dump, picture = (file.read(program.MOST_BYTES) for file in files)
        return self._frame(device, dump, picture, outcome)

    def _words(self, device: str, dump: str, picture: str) -> list[str]:
        settings = self._settings
        return [
            "fswebcam", "-v", "-d", device,
            "-r", f"{settings.width}x{settings.height}",
            "-D", str(math.ceil(settings.delay_s)),
            "-S", str(settings.skip),
            "--dumpframe", dump, "--no-banner", "--jpeg", str(QUALITY), picture,
        ]  # fmt: skip

    def _frame(self, device: str, dump: bytes, picture: bytes, outcome: program.Outcome) -> Frame:
        taken_at = self._clock.now()
        if dump.startswith(START) or _sends_jpeg(outcome.told):
            # Garbage, or nothing, where a JPEG should be: that is the frame, whatever fswebcam made of it.
            # fswebcam dumps the whole buffer, 12 times the frame; what is after its end is not the frame's.
            return Frame(without_tail(dump), taken_at)
        if not picture:
            raise explain(outcome, device)
        return Frame(picture, taken_at, proves=False)


def _memory_file(name: str):  # noqa: ANN202  its type has no name of its own
    return os.fdopen(os.memfd_create(f"pucci-{name}"), "rb")


def _sends_jpeg(told: str) -> bool:
    """Whether fswebcam captured a frame that the camera said to be JPEG."""
    palette = re.search(r"Using palette (\w+)", told)
    return bool(palette) and palette[1] in {"JPEG", "MJPEG"} and "Captured" in told


def explain(outcome: program.Outcome, device: str) -> CameraError:
    """Return what fswebcam said as what the owner can do about it."""
    said = outcome.told.lower()
    path = Path(device)
    if "permission denied" in said:
        return CameraDenied(f"fswebcam may not open {device}. {how_to_permit()}")
    if "busy" in said:
        return CameraBusy(f"{device} is taken: {who_holds(path)}. Stop it, or use another camera.")
    if "no such" in said or "unable to find a source" in said:
        return CameraMissing(f"{device} is unplugged. Plug it in; it goes on by itself.")
    if "timed out" in said:
        return CameraSilent(f"{device} sends nothing. Unplug it and plug it in again.")
    last = re.sub(r"\x1b\[[0-9;]*m", "", outcome.last_words)
    return CameraFailed(f'fswebcam gave no picture of {device}: {last}. Try driver = "v4l2" for it.')
