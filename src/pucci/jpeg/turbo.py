"""libjpeg-turbo's decoder, made strict, by ctypes: whatever it would warn of is an error.

The functions are those of TurboJPEG 1.4 and newer (turbojpeg.h), which every Debian since 9 has.
A handle is made for each picture: one used again after an error has crashed.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from pucci.errors import MissingPart
from pucci.jpeg.markers import Layout
from pucci.jpeg.planes import Plane, Planes, shape_of

_FAST_DCT: Final = 2048  # TJFLAG_FASTDCT
_STOP_ON_WARNING: Final = 8192  # TJFLAG_STOPONWARNING

OUT_OF_MEMORY: Final = "decoder could not start"


@cache
def _library() -> ctypes.CDLL | None:
    # Debian's name, and that of the link which other systems have.
    for name in ("libturbojpeg.so.0", "libturbojpeg.so"):
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.tjInitDecompress.restype = ctypes.c_void_p
        library.tjGetErrorStr2.restype = ctypes.c_char_p
        library.tjGetErrorStr2.argtypes = [ctypes.c_void_p]
        library.tjDestroy.argtypes = [ctypes.c_void_p]
        library.tjDecompressToYUVPlanes.argtypes = [
            ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_void_p,
            ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int,
        ]  # fmt: skip
        return library
    return None


def is_there() -> bool:
    """Whether the decoder's library is installed."""
    return _library() is not None


def library() -> ctypes.CDLL:
    """Return the decoder's library.

    Raises:
        MissingPart: it is not installed.
    """
    found = _library()
    if found is None:
        raise MissingPart(
            "The JPEG decoder that proves pictures whole is missing. "
            "Install it with: sudo apt install libturbojpeg0"
        )
    return found


def _with_handle(work: Callable[[ctypes.CDLL, Any], int]) -> str:
    """Run `work` with a handle of its own; return the decoder's complaint, or an empty string."""
    turbo = library()
    handle = turbo.tjInitDecompress()
    if not handle:
        return OUT_OF_MEMORY
    try:
        if work(turbo, handle) == 0:
            return ""
        return (turbo.tjGetErrorStr2(handle) or b"unknown").decode("ascii", "replace")
    finally:
        turbo.tjDestroy(handle)


def decode_planes(data: bytes, layout: Layout, shrink: int = 8) -> tuple[Planes, str]:
    """Decode a picture at 1/8, or at 1/1, strictly.

    Returns:
        Its colour planes, and the decoder's complaint in its own words, empty for none. With a
        complaint the planes are as far as it came, and grey or black after that.
    """
    shape = shape_of(layout, shrink)
    rooms = [ctypes.create_string_buffer(wide * high) for wide, high, _ in shape]
    pointers = (ctypes.c_void_p * 3)(*[ctypes.addressof(room) for room in rooms])
    wide, high = -(-layout.width // shrink), -(-layout.height // shrink)
    complaint = _with_handle(
        lambda turbo, handle: turbo.tjDecompressToYUVPlanes(
            handle, data, len(data), pointers, wide, None, high, _FAST_DCT | _STOP_ON_WARNING
        )
    )
    planes = (Plane(room.raw, *part) for room, part in zip(rooms, shape, strict=True))
    return tuple(planes), complaint
