"""The disk under the data folder: can it be written, how much is left, how fast is it."""

import os
import time
from pathlib import Path
from typing import Final

from pucci.doctor.finding import Finding, fine, needs, note

_MB: Final = 1_000_000
_LEAST_FREE: Final = 300 * _MB
_LEAST_SHARE: Final = 0.03
_LEAST_FILES: Final = 2000
# What is written to measure it, in pieces, and for how long at most.
_PIECE: Final = 512 * 1024
_PIECES: Final = 8
_LONGEST_S: Final = 1.5
# A photo is 50 KB and three fsyncs: at this speed it takes a second.
_SLOW_MB_S: Final = 0.5
_SLOW_SYNC_S: Final = 1.0


def space(folder: Path) -> Finding:
    """Say whether the data folder's disk can be written, and how much is left on it."""
    status = os.statvfs(folder)
    return judge_space(
        free=status.f_bavail * status.f_frsize,
        total=status.f_blocks * status.f_frsize,
        files=status.f_favail if status.f_files else _LEAST_FILES,
        read_only=bool(status.f_flag & os.ST_RDONLY),
    )


def judge_space(*, free: int, total: int, files: int, read_only: bool) -> Finding:
    """Judge a disk's free and total bytes, and how many more files it takes."""
    text = f"{free / 1e9:.1f} GB of {total / 1e9:.1f} GB free"
    if read_only:
        return needs(
            "disk space",
            "the disk can only be read",
            "A failing card is set so by the kernel. Copy the data folder to another disk with `cp -a`, then "
            "look at `sudo dmesg`.",
        )
    if files < _LEAST_FILES:
        return needs("disk space", f"room for {files} more files", "Remove what is not needed on this disk.")
    if free < max(_LEAST_FREE, _LEAST_SHARE * total):
        return needs(
            "disk space", text, "Lower retention.max_age_h, let go of kept photos, or get a larger card."
        )
    return fine("disk space", text)


def speed(folder: Path) -> Finding:
    """Write 4 MB at most, in 1.5 seconds at most, to a file without a name, and say how fast it went."""
    syncs: list[float] = []
    piece = os.urandom(_PIECE)
    begun = time.monotonic()
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o600)
    except OSError as error:
        return note("disk speed", f"not measured: {error.strerror}")
    try:
        while len(syncs) < _PIECES and time.monotonic() - begun < _LONGEST_S:
            at = time.monotonic()
            os.write(descriptor, piece)
            os.fsync(descriptor)
            syncs.append(time.monotonic() - at)
    except OSError as error:
        return note("disk speed", f"not measured: {error.strerror}")
    finally:
        os.close(descriptor)
    return judge_speed(len(syncs) * _PIECE / _MB / sum(syncs), max(syncs))


def judge_speed(mb_s: float, longest_s: float) -> Finding:
    """Judge how many MB a second are written, fsynced every half, and the longest single one."""
    text = f"{mb_s:.1f} MB/s written and synced, {longest_s * 1000:.0f} ms at most for half a MB"
    if mb_s < _SLOW_MB_S or longest_s > _SLOW_SYNC_S:
        return needs("disk speed", text, "The card is slow or near its end. Make a backup, and try another.")
    return fine("disk speed", text)
