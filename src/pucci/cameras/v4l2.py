"""Webcams by the kernel's own interface: the camera's JPEG as the camera made it.

Where a camera offers MJPEG its bytes are passed on untouched; where it offers only raw pictures
(YUYV) they are encoded here, as the last resort. A camera that hangs costs no thread and has its USB
port reset, one that is pulled out is noticed at once, and one that comes back as another /dev/videoN is
found again.
"""

import errno
import logging
import os
import pwd
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from pucci.cameras import Stream
from pucci.cameras.devices import Webcam, first_webcam, holders
from pucci.cameras.limits import Line, within
from pucci.cameras.rescue import Rescue
from pucci.clock import Clock
from pucci.errors import (
    CameraBusy,
    CameraDenied,
    CameraError,
    CameraFailed,
    CameraMissing,
    CameraSilent,
)
from pucci.photo import Frame
from pucci.settings import CameraSettings

if TYPE_CHECKING:
    from pucci.cameras.kernel import Filled, Format, VideoDevice

# What the camera encodes itself comes first.
ENCODINGS = ("MJPG", "JPEG", "YUYV")
# A buffer that lay this long without being read shows the past.
STALE_S = 1.0
CLOSE_S = 2.0

_log = logging.getLogger(__name__)


def make(
    name: str,
    settings: CameraSettings,
    *,
    clock: Clock,
    find: Callable[[], Webcam | None] = first_webcam,
) -> "V4l2Camera":
    """Return a webcam: the settings' device, or the one `find` finds at each opening."""
    return V4l2Camera(name, settings, clock=clock, find=find)


class V4l2Camera:
    """A webcam."""

    stands_in = False

    def __init__(
        self, name: str, settings: CameraSettings, *, clock: Clock, find: Callable[[], Webcam | None]
    ) -> None:
        self.name = name
        self._settings = settings
        self._clock = clock
        self._find = find
        self._described = settings.device or "the first webcam"
        self._line = Line()
        self._rescue = Rescue(name, clock=clock)

    def open(self) -> Stream:
        """Open the camera, wait its delay, throw away its first frames."""
        settings = self._settings
        with self._rescue.watched():
            path = self._path()
            self._rescue.help(path)
            until = self._clock.monotonic() + settings.timeout_s
            device, card, form = self._opened(path)
        self._described = f"{card}, {form.width}×{form.height}"
        _log.debug("camera %s: %s gives %s, %d×%d", self.name, path, form.encoding, form.width, form.height)
        stream = _Stream(
            self.name, path, device, form, clock=self._clock, line=self._line, rescue=self._rescue
        )
        try:
            self._clock.sleep(settings.delay_s)
            for _ in range(settings.skip):
                stream.pass_over(until + settings.delay_s - self._clock.monotonic())
        except CameraError:
            stream.close()
            raise
        return stream

    def describe(self) -> str:
        """Say which camera it is, and its size once it was open."""
        return self._described

    def _path(self) -> Path:
        if self._settings.device:
            return Path(self._settings.device)
        found = self._find()
        if found is None:
            raise CameraMissing("No webcam is plugged in. Plug one in; it goes on by itself.")
        return found.path

    def _opened(self, path: Path) -> "tuple[VideoDevice, str, Format]":
        from pucci.cameras.kernel import VideoDevice

        def start() -> "tuple[VideoDevice, str, Format]":
            device = VideoDevice(path)
            try:
                card = device.card()
                form = choose_format(device, self._settings)
                device.start()
            except OSError:
                device.close()
                raise
            return device, card, form

        try:
            limit_s = self._settings.timeout_s
            return within(limit_s, start, late=lambda opened: opened[0].close(), line=self._line)
        except TimeoutError as error:
            raise _silent(self.name) from error
        except OSError as error:
            raise explain(error, path) from error


def choose_format(device: "VideoDevice", settings: CameraSettings) -> "Format":
    """Set the size nearest to the one asked for, in the best encoding; return what the camera took.

    Raises:
        OSError: the kernel's reason. EMEDIUMTYPE where the camera offers no encoding known here.
    """
    offered = device.encodings()
    encoding = next((wanted for wanted in ENCODINGS if wanted in offered), None)
    if encoding is None:
        raise OSError(errno.EMEDIUMTYPE, ", ".join(offered) or "nothing")
    width, height = nearest(device.sizes(encoding), settings.width, settings.height)
    return device.set_format(width, height, encoding)


def nearest(sizes: list[tuple[int, int]], width: int, height: int) -> tuple[int, int]:
    """Return the offered size nearest to the one asked for, of two the larger; as asked if none is."""
    return min(
        sizes,
        key=lambda size: (abs(size[0] - width) + abs(size[1] - height), -size[0]),
        default=(width, height),
    )


class _Stream:
    def __init__(
        self,
        name: str,
        path: Path,
        device: "VideoDevice",
        form: "Format",
        *,
        clock: Clock,
        line: Line,
        rescue: Rescue,
    ) -> None:
        self._name, self._path, self._form = name, path, form
        self._line, self._rescue = line, rescue
        self._device: VideoDevice | None = device
        self._clock = clock

    def read(self, timeout_s: float) -> Frame:
        """Return the newest frame; what lay unread for more than a second is thrown away."""
        filled = self._next(timeout_s)
        now, age = self._clock.now(), self._age(filled)
        data, proves = filled.data, True
        flagged = filled.flagged
        if self._form.encoding == "YUYV":
            from pucci.cameras.yuyv import to_jpeg

            flagged = flagged or len(data) < self._form.stride * self._form.height
            data, proves = to_jpeg(data, self._form), False
        return Frame(data, now - timedelta(seconds=min(age, 10.0)), proves=proves, flagged=flagged)

    def pass_over(self, timeout_s: float) -> None:
        """Wait for one frame and throw it away."""
        self._next(timeout_s)

    def close(self) -> None:
        """Let the camera go; one that hangs is left behind after two seconds, to finish by itself."""
        device, self._device = self._device, None
        if device is None:
            return
        try:
            within(CLOSE_S, device.close, line=self._line)
        except TimeoutError:
            _log.warning("Camera %s does not answer, not even to be closed. Unplug it.", self._name)

    def _next(self, timeout_s: float) -> "Filled":
        if self._device is None:
            raise CameraFailed(f"The camera {self._name} is closed.")
        with self._rescue.watched():
            try:
                filled = self._waiting(self._device) or self._coming(self._device, timeout_s)
            except OSError as error:
                raise explain(error, self._path) from error
        self._rescue.well()
        return filled

    def _waiting(self, device: "VideoDevice") -> "Filled | None":
        """Return the newest frame that lies ready, unless it has lain too long."""
        newest = None
        while filled := device.take():
            newest = filled
        return newest if newest is not None and self._age(newest) <= STALE_S else None

    def _coming(self, device: "VideoDevice", timeout_s: float) -> "Filled":
        until = self._clock.monotonic() + timeout_s
        while (left := until - self._clock.monotonic()) > 0 and device.wait(left):
            if filled := device.take():
                return filled
        raise _silent(self._name)

    def _age(self, filled: "Filled") -> float:
        return 0.0 if filled.at is None else max(0.0, self._clock.monotonic() - filled.at)


def _silent(name: str) -> CameraSilent:
    return CameraSilent(f"The camera {name} sends nothing. Unplug it and plug it in again.")


def explain(error: OSError, path: Path) -> CameraError:
    """Return the kernel's error about a camera as what the owner can do about it."""
    match error.errno:
        case errno.ENOENT | errno.ENODEV | errno.ENXIO:
            return CameraMissing(f"{path} is unplugged. Plug it in; it goes on by itself.")
        case errno.EACCES | errno.EPERM:
            return CameraDenied(f"Pucci may not open {path}. {how_to_permit()}")
        case errno.EBUSY:
            return CameraBusy(f"{path} is taken: {who_holds(path)}. Stop it, or use another camera.")
        case errno.ENOTTY:
            return CameraFailed(
                f"{path} is no camera, or only the part of one that tells about pictures. "
                "Take another from `pucci cameras`."
            )
        case errno.EMEDIUMTYPE:
            return CameraFailed(
                f'{path} offers no JPEG and no YUYV, only {error.strerror}. Set driver = "ffmpeg" for it.'
            )
        case errno.ENOSPC:
            return CameraFailed(
                f"{path} needs more than its USB port has left. Ask for a smaller size, or use another port."
            )
        case _:
            reason = error.strerror or str(error)
            return CameraFailed(f"{path} failed: {reason}. Unplug it and plug it in again.")


def how_to_permit() -> str:
    """Return the command that lets this account open cameras."""
    try:
        user = pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        user = str(os.geteuid())
    return (
        f"It belongs to the group video: sudo usermod -aG video {user}, then sign in again or restart Pucci."
    )


def who_holds(path: Path) -> str:
    """Return in words which programs have a device open."""
    found = holders(path)
    others = [holder for holder in found if holder.pid != os.getpid()]
    if not others:
        return "another camera of Pucci's settings has it open" if found else "another program has it open"
    return ", ".join(f"{holder.program} (process {holder.pid})" for holder in others) + " has it open"
