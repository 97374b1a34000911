"""JPEGs into H.264, by ffmpeg fed through a pipe, at the lowest priority, in little memory."""

import contextlib
import os
import select
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Final

from pucci.errors import MissingPart, NoFilm

# Seconds that ffmpeg may take for one picture: a Pi takes about two for 640 × 480, behind all else.
_PICTURE_S: Final = 120.0
_END_S: Final = 300.0

# What x264 holds is frames, of 1.3 MB each at 640 × 480. One thread, one reference, a look one frame ahead
# and no B-frames are 15 MB less than two, ten and two, for a film 6 % larger and no worse (SSIM 0.908, was
# 0.905). The camera's JPEGs use the full range of levels, films the narrower one: else black is grey.
_X264: Final = "rc-lookahead=1:threads=1:lookahead-threads=1:sync-lookahead=0:ref=1:bframes=0:weightp=0"
_FILTER: Final = (
    "scale={w}:{h}:force_original_aspect_ratio=decrease:in_range=full:out_range=tv,"
    "pad={w}:{h}:-1:-1:black,setsar=1,format=yuv420p"
)


def encode(pictures: Iterable[bytes], target: Path, *, size: tuple[int, int], fps: int) -> int:
    """Write a film of these JPEGs to `target`; return how many pictures it has.

    MP4 with H.264 in 4:2:0, its index first, so that Safari, Chrome and Firefox play it at once.

    Raises:
        MissingPart: ffmpeg is not installed.
        NoFilm: it failed, or hangs. What was written is removed.
    """
    command = _command(target, size, fps)
    try:
        said = tempfile.TemporaryFile()  # noqa: SIM115 - its `with` follows
    except OSError as error:
        raise _no_film(error.strerror or str(error)) from error
    with said as errors:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=errors)
        done = False
        try:
            count = _feed(child, pictures)
            code = child.wait(_END_S)
            done = code == 0 and count > 0
        except (OSError, subprocess.TimeoutExpired) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
            raise _no_film(_last_line(errors) or why) from error
        finally:
            _end(child)
            if not done:
                with contextlib.suppress(OSError):
                    target.unlink()
        if not count:
            raise NoFilm("There are no photos to make a film of. Choose another span.")
        if code:
            raise _no_film(_last_line(errors) or f"ffmpeg ended with {code}")
    return count


def _no_film(why: str) -> NoFilm:
    return NoFilm(
        f"The film could not be made: {why.rstrip('.')}. Look whether the disk is full, and try again."
    )


def _command(target: Path, size: tuple[int, int], fps: int) -> list[str]:
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        raise MissingPart("ffmpeg is not installed, and films are made by it: sudo apt install ffmpeg")
    quiet = [shutil.which("nice") or "", "-n", "19"] if shutil.which("nice") else []
    idle = [shutil.which("ionice") or "", "-c", "3"] if shutil.which("ionice") else []
    # By default ffmpeg reads, and holds, 5 MB to find out what comes.
    reads = ["-probesize", "500000", "-f", "image2pipe", "-framerate", str(fps)]
    reads += ["-threads", "1", "-c:v", "mjpeg", "-i", "pipe:0"]
    makes = ["-vf", _FILTER.format(w=size[0], h=size[1]), "-color_range", "tv", "-filter_threads", "1"]
    h264 = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "24",
        "-profile:v",
        "high",
        "-x264-params",
        _X264,
    ]
    writes = ["-g", str(fps * 2), "-an", "-movflags", "+faststart", "-f", "mp4", "-y", str(target)]
    return [*quiet, *idle, ffmpeg, "-hide_banner", "-loglevel", "error", *reads, *makes, *h264, *writes]


def _feed(child: subprocess.Popen[bytes], pictures: Iterable[bytes]) -> int:
    """Write the pictures into ffmpeg's standard input, waiting for it with a limit."""
    count = 0
    assert child.stdin is not None  # noqa: S101 - it was asked for
    pipe = child.stdin.fileno()
    os.set_blocking(pipe, False)
    try:
        for picture in pictures:
            _write(pipe, memoryview(picture))
            count += 1
    finally:
        with contextlib.suppress(OSError):
            child.stdin.close()
    return count


def _write(pipe: int, data: memoryview) -> None:
    end = time.monotonic() + _PICTURE_S
    while data:
        if not select.select([], [pipe], [], max(0.0, end - time.monotonic()))[1]:
            raise TimeoutError(f"ffmpeg took nothing for {_PICTURE_S:g} seconds")
        data = data[os.write(pipe, data) :]


def _last_line(errors: IO[bytes]) -> str:
    errors.seek(0)
    lines = errors.read(20_000).decode(errors="replace").strip().splitlines()
    return lines[-1][:200] if lines else ""


def _end(child: subprocess.Popen[bytes]) -> None:
    if child.poll() is None:
        child.kill()
        child.wait(10)


def poster(picture: bytes, size: tuple[int, int]) -> bytes:
    """Return a film's poster: one of its pictures, at its size."""
    import io

    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(picture)) as image:
        out = io.BytesIO()
        ImageOps.pad(image.convert("RGB"), size).save(out, "JPEG", quality=80)
    return out.getvalue()
