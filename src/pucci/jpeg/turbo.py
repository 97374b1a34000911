"""libjpeg-turbo's decoder, made strict, by ctypes: whatever it would warn of is an error.

The functions are those of TurboJPEG 1.4 and newer (turbojpeg.h), which every Debian since 9 has.
A handle is made for each picture: one used again after an error has crashed.
"""

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from pucci.errors import MissingPart

_GREY: Final = 6  # TJPF_GRAY
_FAST_DCT: Final = 2048  # TJFLAG_FASTDCT
_STOP_ON_WARNING: Final = 8192  # TJFLAG_STOPONWARNING
_SHRINK: Final = 8

OUT_OF_MEMORY: Final = "decoder could not start"


@cache
def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libturbojpeg.so.0")
    except OSError:
        return None
    library.tjInitDecompress.restype = ctypes.c_void_p
    library.tjGetErrorStr2.restype = ctypes.c_char_p
    library.tjGetErrorStr2.argtypes = [ctypes.c_void_p]
    library.tjDestroy.argtypes = [ctypes.c_void_p]
    library.tjDecompress2.argtypes = [
        ctypes.c_void_p, ctypes.c_char_p, ctypes.c_ulong, ctypes.c_void_p,
        ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_int,
    ]  # fmt: skip
    return library


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


def decode_grey(data: bytes, width: int, height: int, *, strict: bool = True) -> tuple[bytes, str]:
    """Decode a picture of that size at 1/8.

    Returns:
        Its grey rows, ceil(width/8) by ceil(height/8) bytes, and the decoder's complaint in its own
        words, empty for none. With a complaint the rows are as far as it came.
    """
    across, down = -(-width // _SHRINK), -(-height // _SHRINK)
    rows = ctypes.create_string_buffer(across * down)
    flags = _FAST_DCT | (_STOP_ON_WARNING if strict else 0)
    complaint = _with_handle(
        lambda turbo, handle: turbo.tjDecompress2(
            handle, data, len(data), rows, across, across, down, _GREY, flags
        )
    )
    return rows.raw, complaint
