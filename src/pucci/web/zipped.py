"""Many photos as one ZIP, sent while it is made: in memory there is one photo at a time."""

import re
from datetime import tzinfo
from typing import Final
from urllib.parse import parse_qs
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from pucci.photo import Photo

# Photos asked for by name in one address; without names it is all that are kept.
MOST_NAMED: Final = 500
# The kept photos, to be chosen from, with a word that none was.
NOTHING_CHOSEN: Final = b"/kept?select=1&none=1"


class _Pipe:
    """Takes what ZipFile writes; it cannot go back, so sizes come after each photo."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class Zip:
    """A ZIP under way: each photo's part comes as it is added, the list of all at the end."""

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._pipe = _Pipe()
        self._file = ZipFile(self._pipe, "w", ZIP_STORED)  # type: ignore[arg-type]

    def add(self, photo: Photo, data: bytes) -> bytes:
        """Return a photo's part; its name says camera and local time."""
        self._file.writestr(_entry(photo, self._zone), data)
        return self._pipe.take()

    def end(self) -> bytes:
        """Return what closes the ZIP."""
        self._file.close()
        return self._pipe.take()


def _entry(photo: Photo, zone: tzinfo | None) -> ZipInfo:
    local = photo.taken_at.astimezone(zone)
    entry = ZipInfo(
        f"{photo.camera}-{local:%Y-%m-%d-%H%M}-{photo.id}.jpg", _since_1980(local.timetuple()[:6])
    )
    entry.external_attr = 0o644 << 16
    return entry


def _since_1980(time: tuple[int, ...]) -> tuple[int, int, int, int, int, int]:
    """Return a time as ZIP can write it; a clock that was not set said 1970."""
    year, *rest = time
    return (min(max(year, 1980), 2107), *rest)  # type: ignore[return-value]


def named(query: str) -> list[int] | None:
    """Return the photos a query names (`chosen=1&chosen=2`); None where it names none."""
    ids = parse_qs(query).get("chosen", [])
    return [int(one) for one in ids[:MOST_NAMED] if re.fullmatch(r"[0-9]{1,18}", one)] if ids else None
