"""The kernel's structures for video capture, and the numbers of the requests that carry them.

Only those a webcam needs, as in linux/videodev2.h. ctypes lays them out as the machine's C compiler
does, so they are right on 32 and on 64 bits; a test holds them against linuxpy's, which knows all of
them and takes 0.6 s to import on a small Pi.
"""

import ctypes
from typing import ClassVar, Final

_U32 = ctypes.c_uint32


class Capability(ctypes.Structure):
    """struct v4l2_capability."""

    _fields_: ClassVar = [
        ("driver", ctypes.c_char * 16),
        ("card", ctypes.c_char * 32),
        ("bus_info", ctypes.c_char * 32),
        ("version", _U32),
        ("capabilities", _U32),
        ("device_caps", _U32),
        ("reserved", _U32 * 3),
    ]


class FormatDescription(ctypes.Structure):
    """struct v4l2_fmtdesc."""

    _fields_: ClassVar = [
        ("index", _U32),
        ("type", _U32),
        ("flags", _U32),
        ("description", ctypes.c_char * 32),
        ("pixelformat", _U32),
        ("mbus_code", _U32),
        ("reserved", _U32 * 3),
    ]


class FrameSize(ctypes.Structure):
    """struct v4l2_frmsizeenum; the size is right where `type` is 1, discrete."""

    _fields_: ClassVar = [
        ("index", _U32),
        ("pixel_format", _U32),
        ("type", _U32),
        ("width", _U32),
        ("height", _U32),
        ("rest", _U32 * 4),
        ("reserved", _U32 * 2),
    ]


class _Pix(ctypes.Structure):
    _fields_: ClassVar = [
        ("width", _U32),
        ("height", _U32),
        ("pixelformat", _U32),
        ("field", _U32),
        ("bytesperline", _U32),
        ("sizeimage", _U32),
        ("colorspace", _U32),
        ("priv", _U32),
        ("flags", _U32),
        ("ycbcr_enc", _U32),
        ("quantization", _U32),
        ("xfer_func", _U32),
    ]


class _FormatUnion(ctypes.Union):
    # The kernel's union holds pointers, which align it to the machine's word.
    _fields_: ClassVar = [("pix", _Pix), ("word", ctypes.c_void_p), ("raw", ctypes.c_char * 200)]


class Format(ctypes.Structure):
    """struct v4l2_format."""

    _fields_: ClassVar = [("type", _U32), ("fmt", _FormatUnion)]


class BufferRequest(ctypes.Structure):
    """struct v4l2_requestbuffers."""

    _fields_: ClassVar = [
        ("count", _U32),
        ("type", _U32),
        ("memory", _U32),
        ("capabilities", _U32),
        ("flags", ctypes.c_uint8),
        ("reserved", ctypes.c_uint8 * 3),
    ]


class _Time(ctypes.Structure):
    _fields_: ClassVar = [("seconds", ctypes.c_long), ("microseconds", ctypes.c_long)]


class _Where(ctypes.Union):
    _fields_: ClassVar = [("offset", _U32), ("userptr", ctypes.c_ulong)]


class Buffer(ctypes.Structure):
    """struct v4l2_buffer."""

    _fields_: ClassVar = [
        ("index", _U32),
        ("type", _U32),
        ("bytesused", _U32),
        ("flags", _U32),
        ("field", _U32),
        ("timestamp", _Time),
        ("timecode", _U32 * 4),
        ("sequence", _U32),
        ("memory", _U32),
        ("m", _Where),
        ("length", _U32),
        ("reserved2", _U32),
        ("request_fd", _U32),
    ]


def _request(direction: int, number: int, carried: type) -> int:
    """Return the number of a request, made as _IOC in asm-generic/ioctl.h makes it."""
    return direction << 30 | ctypes.sizeof(carried) << 16 | ord("V") << 8 | number


_WRITE, _READ, _BOTH = 1, 2, 3
QUERYCAP: Final = _request(_READ, 0, Capability)
ENUM_FMT: Final = _request(_BOTH, 2, FormatDescription)
S_FMT: Final = _request(_BOTH, 5, Format)
REQBUFS: Final = _request(_BOTH, 8, BufferRequest)
QUERYBUF: Final = _request(_BOTH, 9, Buffer)
QBUF: Final = _request(_BOTH, 15, Buffer)
DQBUF: Final = _request(_BOTH, 17, Buffer)
STREAMON: Final = _request(_WRITE, 18, ctypes.c_int)
STREAMOFF: Final = _request(_WRITE, 19, ctypes.c_int)
ENUM_FRAMESIZES: Final = _request(_BOTH, 74, FrameSize)
