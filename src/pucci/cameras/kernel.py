"""The kernel's video interface (V4L2), as little of it as a webcam needs.

linuxpy does the same and more, but blocks for ever on a camera that hangs, and its import takes
longer than a picture. The descriptor here never blocks, and every wait has a limit.
https://docs.kernel.org/userspace-api/media/v4l/capture.c.html
"""

import ctypes
import errno
import fcntl
import mmap
import os
import select
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pucci.cameras import structures as raw

# Two are filled by the camera while one is read. Each costs the kernel width × height × 2 bytes.
BUFFERS = 3
_CAPTURE = 1  # V4L2_BUF_TYPE_VIDEO_CAPTURE
_MMAP = 1  # V4L2_MEMORY_MMAP
_CAN_CAPTURE = 0x1 | 0x04000000  # V4L2_CAP_VIDEO_CAPTURE and V4L2_CAP_STREAMING
_HAS_DEVICE_CAPS = 0x80000000
_FLAG_ERROR = 0x40
_FLAG_MONOTONIC = 0x2000
_DISCRETE = 1
_FULL_RANGE = 1
# Ends of the kernel's lists: EINVAL by its documents, ENOTTY where there is no list at all.
_END = (errno.EINVAL, errno.ENOTTY)


@dataclass(frozen=True, slots=True)
class Format:
    """What the camera was set to: pixels, four letters of encoding, bytes in a row and in a picture."""

    width: int
    height: int
    encoding: str
    stride: int
    size: int
    full_range: bool


@dataclass(frozen=True, slots=True)
class Filled:
    """One buffer that the camera filled. `at`: monotonic clock; None where the driver's is another."""

    data: bytes
    flagged: bool
    at: float | None


class VideoDevice:
    """An open video device. Every method may raise OSError with the kernel's reason."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        self._maps: list[mmap.mmap] = []
        self._poll = select.poll()
        self._poll.register(self._fd, select.POLLIN)

    def card(self) -> str:
        """Return the camera's name, or raise OSError (ENOTTY) where it gives no pictures."""
        capability = self._ask(raw.QUERYCAP, raw.Capability())
        does = capability.capabilities
        does = capability.device_caps if does & _HAS_DEVICE_CAPS else does
        if does & _CAN_CAPTURE != _CAN_CAPTURE:
            raise OSError(errno.ENOTTY, "gives no pictures")
        return capability.card.decode(errors="replace")

    def encodings(self) -> list[str]:
        """Return the encodings on offer, as four letters each ("MJPG")."""
        entry = raw.FormatDescription()
        entry.type = _CAPTURE
        return [_letters(found.pixelformat) for found in self._list(raw.ENUM_FMT, entry)]

    def sizes(self, encoding: str) -> list[tuple[int, int]]:
        """Return the sizes on offer in an encoding; none where the camera takes any size within a range."""
        entry = raw.FrameSize()
        entry.pixel_format = _number(encoding)
        offered = self._list(raw.ENUM_FRAMESIZES, entry)
        return [(size.width, size.height) for size in offered if size.type == _DISCRETE]

    def set_format(self, width: int, height: int, encoding: str) -> Format:
        """Ask for a format; return the one the driver chose."""
        wanted = raw.Format()
        wanted.type = _CAPTURE
        pix = wanted.fmt.pix
        pix.width, pix.height, pix.pixelformat, pix.field = width, height, _number(encoding), 0
        pix = self._ask(raw.S_FMT, wanted).fmt.pix
        full = pix.quantization == _FULL_RANGE
        return Format(pix.width, pix.height, _letters(pix.pixelformat), pix.bytesperline, pix.sizeimage, full)

    def start(self) -> None:
        """Let the camera fill buffers. Its lamp is lit."""
        request = raw.BufferRequest()
        request.count, request.type, request.memory = BUFFERS, _CAPTURE, _MMAP
        granted = self._ask(raw.REQBUFS, request).count
        for index in range(granted):
            buffer = self._ask(raw.QUERYBUF, _buffer(index))
            self._maps.append(mmap.mmap(self._fd, buffer.length, offset=buffer.m.offset))
            self._ask(raw.QBUF, _buffer(index))
        self._ask(raw.STREAMON, ctypes.c_int(_CAPTURE))

    def wait(self, seconds: float) -> bool:
        """Return whether a buffer was filled within so many seconds. A camera pulled out raises OSError."""
        events = self._poll.poll(max(0.0, seconds) * 1000)
        if events and not events[0][1] & select.POLLIN:
            self.card()  # raises ENODEV where the camera is gone
            raise OSError(errno.EIO, "the stream broke off")
        return bool(events)

    def take(self) -> Filled | None:
        """Return the oldest filled buffer's bytes and give the buffer back; None if there is none."""
        try:
            buffer = self._ask(raw.DQBUF, _buffer(0))
        except BlockingIOError:
            return None
        data = self._maps[buffer.index][: buffer.bytesused]
        stamp = buffer.timestamp
        at = stamp.seconds + stamp.microseconds / 1e6 if buffer.flags & _FLAG_MONOTONIC else None
        self._ask(raw.QBUF, _buffer(buffer.index))
        return Filled(data, bool(buffer.flags & _FLAG_ERROR), at)

    def close(self) -> None:
        """Stop the camera and let it go; never raises."""
        if self._fd < 0:
            return
        if self._maps:
            _quietly(lambda: self._ask(raw.STREAMOFF, ctypes.c_int(_CAPTURE)))
        for mapped in self._maps:
            mapped.close()
        self._maps.clear()
        fd, self._fd = self._fd, -1
        _quietly(lambda: os.close(fd))

    def _ask(self, request: int, argument: Any) -> Any:
        fcntl.ioctl(self._fd, request, argument)
        return argument

    def _list(self, request: int, entry: Any) -> Iterator[Any]:
        for index in range(256):
            entry.index = index
            try:
                yield self._ask(request, entry)
            except OSError as error:
                if error.errno in _END:
                    return
                raise


def _buffer(index: int) -> Any:
    buffer = raw.Buffer()
    buffer.type, buffer.memory, buffer.index = _CAPTURE, _MMAP, index
    return buffer


def _quietly(work: Callable[[], Any]) -> None:
    try:
        work()
    except OSError:
        return  # It was pulled out: there is nothing left to stop.


def _letters(number: int) -> str:
    return number.to_bytes(4, "little").decode("ascii", errors="replace")


def _number(letters: str) -> int:
    return int.from_bytes(letters.encode("ascii"), "little")
