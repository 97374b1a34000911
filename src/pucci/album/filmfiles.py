"""The names of films' files, and what the files tell: all that is left of a film whose row was lost.

`sofa-20261122T0000-20261123T0000-day-12.mp4`: camera, beginning and end in UTC, kind and number; of one
picture a day also the time, as in `-daily1200-`.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

_NAME: Final = re.compile(
    r"([a-z][a-z0-9-]{0,31})-(\d{8}T\d{4})-(\d{8}T\d{4})-(day|span|daily(\d\d)(\d\d))-(\d{1,12})\.(?:mp4|jpg)",
    re.ASCII,
)
_MINUTE: Final = "%Y%m%dT%H%M"
# The index of a film of five minutes has 200 KB.
_MOST_INDEX: Final = 16_000_000


@dataclass(frozen=True, slots=True)
class FilmNamed:
    """What a film's name tells. `start` and `end` are UTC, `hour` is local, "12:00"."""

    camera: str
    kind: str
    start: datetime
    end: datetime
    hour: str
    number: int


@dataclass(frozen=True, slots=True)
class Shape:
    """What a video's index tells: how long it plays, how many pictures it has, and their size in pixels."""

    seconds: float
    photos: int
    width: int
    height: int


def name_of(film: FilmNamed) -> str:
    """Return the name of a film's video; its poster's ends in .jpg."""
    begins, ends = (f"{moment.astimezone(UTC):{_MINUTE}}" for moment in (film.start, film.end))
    hour = film.hour.replace(":", "").zfill(4) if film.hour else ""
    return f"{film.camera}-{begins}-{ends}-{film.kind}{hour}-{film.number}.mp4"


def parse(name: str) -> FilmNamed | None:
    """Return what the name of a video or poster tells; None where it is none of ours."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    camera, begins, ends, kind, hour, minute, number = match.groups()
    try:
        start, end = (datetime.strptime(f"{text}+0000", f"{_MINUTE}%z") for text in (begins, ends))
    except ValueError:
        return None
    said = f"{hour}:{minute}" if hour else ""
    return FilmNamed(camera, kind.rstrip("0123456789"), start, end, said, int(number))


def shape_of(path: Path) -> Shape | None:
    """Return what a video is; None where it is cut off, or no MP4 as we write them (ISO 14496-12).

    Raises:
        OSError: it cannot be read.
    """
    index = _index(path)
    try:
        times, track = _inside(index, "mvhd"), _inside(index, "trak")
        table = _inside(track, "mdia", "minf", "stbl", "stsz")
        is_long = times[0] == 1
        scale, length = (times[20:24], times[24:32]) if is_long else (times[12:16], times[16:20])
        # Width and height end the track's header, in 65536ths of a pixel.
        width, height = (int.from_bytes(_inside(track, "tkhd")[at:][:2]) for at in (-8, -4))
        seconds, count = int.from_bytes(length) / int.from_bytes(scale), int.from_bytes(table[8:12])
    except (LookupError, ZeroDivisionError):
        return None
    return Shape(seconds, count, width, height) if count and width and height else None


def _index(path: Path) -> bytes:
    """Return what is in a video's `moov`; nothing where its parts do not fill the file to its last byte."""
    found, at = b"", 0
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        while at < size:
            file.seek(at)
            head = file.read(16)
            length = int.from_bytes(head[:4])
            begins = 8 if length != 1 else 16
            length = length if length != 1 else int.from_bytes(head[8:])
            if length < begins or at + length > size:
                return b""
            if head[4:8] == b"moov" and length <= _MOST_INDEX:
                file.seek(at + begins)
                found = file.read(length - begins)
            at += length
    return found


def _inside(data: bytes, *names: str) -> bytes:
    """Return the contents of a box within boxes.

    Raises:
        LookupError: there is none.
    """
    for name in names:
        data = next((body for kind, body in _boxes(data) if kind == name.encode()), b"")
    if not data:
        raise LookupError(names)
    return data


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        if length < 8:
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length
