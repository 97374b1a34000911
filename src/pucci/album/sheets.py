"""Contact sheets: many small pictures in one JPEG, so that a day costs a few requests and not hundreds.

A sheet's version is made of the photos on it, and stands in its address: the browser keeps it for ever.
"""

import contextlib
import io
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zlib import crc32

from pucci import jpeg
from pucci.album.thumbs import store
from pucci.photo import Photo

if TYPE_CHECKING:
    from PIL.Image import Image

# A tile of an hour, and of an hour in a day's strip, in pixels.
TILE: Final = (160, 120)
MOST_TILES: Final = 60
_QUALITY: Final = 60
_HOUR: Final = timedelta(hours=1)
_LONGEST: Final = timedelta(hours=26)


class Kind(StrEnum):
    """An hour's photos side by side; a day as a strip of hours; and one of two hours each, for a phone."""

    HOUR = "hour"
    DAY = "day"
    PHONE = "phone"


# Pixels an hour takes in a strip, and its height.
STRIP: Final = {Kind.DAY: (72, 96), Kind.PHONE: (40, 120)}
_HOURS_A_TILE: Final = {Kind.DAY: 1, Kind.PHONE: 2}


@dataclass(frozen=True, slots=True)
class Tile:
    """A place on a sheet: its photo, and the one before it, which shows where something moved."""

    photo: Photo | None = None
    before: Photo | None = None
    hours: float = 1.0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet as it is to be: one camera's, from `start` up to `end`."""

    kind: Kind
    camera: str
    start: datetime
    end: datetime
    tiles: tuple[Tile, ...]

    @property
    def version(self) -> str:
        """What changes when another photo is on it."""
        ids = (str(tile.photo.id) if tile.photo else "" for tile in self.tiles)
        return f"{crc32(','.join(ids).encode()):08x}"

    @property
    def name(self) -> str:
        """Its address below /media/sheet/, and its file's name: kind, camera, span and version."""
        start, end = int(self.start.timestamp()), int(self.end.timestamp())
        return f"{self.kind}/{self.camera}/{start}-{end}-{self.version}.jpg"

    @property
    def size(self) -> tuple[int, int]:
        """Its width and height in pixels."""
        if self.kind is Kind.HOUR:
            return TILE[0] * max(1, len(self.tiles)), TILE[1]
        wide, high = STRIP[self.kind]
        return max(1, round(wide * sum(tile.hours for tile in self.tiles))), high


def plan(kind: Kind, camera: str, start: datetime, end: datetime, photos: Sequence[Photo]) -> Sheet:
    """Return the sheet of a span; `photos` are those of it, oldest first."""
    if kind is Kind.HOUR:
        tiles = [Tile(photo) for photo in chosen(photos)]
    else:
        step = _HOURS_A_TILE[kind] * _HOUR
        count = math.ceil((end - start) / step)
        spans = [(start + step * n, min(start + step * (n + 1), end)) for n in range(count)]
        tiles = [_liveliest(photos, *span) for span in spans]
    return Sheet(kind, camera, start, end, tuple(tiles))


def is_span(start: datetime, end: datetime) -> bool:
    """Whether a sheet may be asked for: so that nobody fills the disk with sheets of any second."""
    whole = not (start.timestamp() % 900 or end.timestamp() % 900)
    return whole and timedelta() < end - start <= _LONGEST


def chosen(photos: Sequence[Photo]) -> Sequence[Photo]:
    """Return the photos that an hour shows: all, or every second, third … of very many."""
    return photos[:: tile_every(photos)]


def tile_every(photos: Sequence[Photo]) -> int:
    """Return of how many photos in a row one is on the sheet."""
    return max(1, math.ceil(len(photos) / MOST_TILES))


def _liveliest(photos: Sequence[Photo], start: datetime, end: datetime) -> Tile:
    """Return the tile of the photo with most going on."""
    best = Tile(hours=(end - start) / _HOUR)
    before = None
    for photo in photos:
        if start <= photo.taken_at < end:
            if best.photo is None or (photo.activity or 0) > (best.photo.activity or 0):
                best = Tile(photo, before, best.hours)
        elif photo.taken_at >= end:
            break
        before = photo
    return best


class Sheets:
    """Sheets as files under one folder. All can be made again."""

    def __init__(self, root: Path, path_of: Callable[[Photo], Path]) -> None:
        self._root = root
        self._path_of = path_of

    def get(self, sheet: Sheet) -> bytes:
        """Return a sheet's JPEG, made now where it was not yet.

        Raises:
            FileNotFoundError: one of its photos has gone.
        """
        path = self._folder(sheet.camera, sheet.start) / sheet.name.replace("/", "_")
        with contextlib.suppress(FileNotFoundError):
            data = path.read_bytes()
            if data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"):
                return data
        data = self._make(sheet)
        for older in self._files(sheet.camera, sheet.start):
            if older.name.rpartition("-")[0] == path.name.rpartition("-")[0]:
                older.unlink(missing_ok=True)
        store(path, data)
        return data

    def across(self, photo: Photo, others: Iterable[Photo]) -> float:
        """Return about where across a photo is what the others have not, from 0 at the left to 1."""
        try:
            return self._where(self._path_of(photo).read_bytes(), others)
        except OSError:
            return 0.5

    def forget(self, photo: Photo) -> None:
        """Remove the sheets a photo may be on: it has gone, so it must be gone from them, too."""
        for day in {photo.taken_at - back for back in (timedelta(), _HOUR, _LONGEST)}:
            for path in self._files(photo.camera, day):
                start, end, _ = path.stem.rpartition("_")[2].split("-")
                if int(start) <= photo.taken_at.timestamp() < int(end):
                    path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self._folder(photo.camera, day).rmdir()

    def _folder(self, camera: str, start: datetime) -> Path:
        return self._root / camera / start.astimezone(UTC).date().isoformat()

    def _files(self, camera: str, start: datetime) -> list[Path]:
        try:
            return list(self._folder(camera, start).glob("*_*_*-*-*.jpg"))
        except OSError:
            return []

    def _make(self, sheet: Sheet) -> bytes:
        from PIL import Image

        picture = Image.new("RGB", sheet.size)
        at = 0.0
        for tile in sheet.tiles:
            wide, high = self._room(sheet, tile)
            if tile.photo is not None:
                picture.paste(self._small(sheet, tile, round(at + wide) - round(at), high), (round(at), 0))
            at += wide
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=_QUALITY)
        return out.getvalue()

    def _room(self, sheet: Sheet, tile: Tile) -> tuple[float, int]:
        if sheet.kind is Kind.HOUR:
            return TILE
        return STRIP[sheet.kind][0] * tile.hours, STRIP[sheet.kind][1]

    def _small(self, sheet: Sheet, tile: Tile, wide: int, high: int) -> "Image":
        """Return a tile's photo, cut to the tile's shape about where something moved."""
        from PIL import Image

        assert tile.photo is not None  # noqa: S101 - for the type checker
        data = self._path_of(tile.photo).read_bytes()
        across = 0.5
        if sheet.kind is not Kind.HOUR and tile.before is not None:
            across = self._where(data, [tile.before])
        with Image.open(io.BytesIO(data)) as photo:
            scale = max(wide / photo.width, high / photo.height)
            size = max(wide, round(photo.width * scale)), max(high, round(photo.height * scale))
            photo.draft("RGB", size)
            small = photo.convert("RGB").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        left = min(max(round(across * size[0] - wide / 2), 0), size[0] - wide)
        top = (size[1] - high) // 2
        return small.crop((left, top, left + wide, top + high))

    def _where(self, data: bytes, others: Iterable[Photo]) -> float:
        sketches: list[jpeg.Sketch | None] = []
        for other in others:
            with contextlib.suppress(OSError):
                sketches.append(jpeg.sketch(self._path_of(other).read_bytes()))
        return jpeg.where(jpeg.sketch(data), *sketches)
