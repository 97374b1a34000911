"""Room on the disk: the oldest photos and films make place for a new photo, and the disk never fills (S4)."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from pucci import tables
from pucci.album.film import Film
from pucci.album.films import Films
from pucci.album.index import Index
from pucci.db import Database
from pucci.errors import AlbumFull
from pucci.photo import Photo

ONLY_KEPT: Final = (
    "The card is nearly full. Only kept photos are left, so no new ones are stored. "
    "Delete some kept photos, or fit a larger card."
)
FILLED: Final = (
    "The card is full, and not of photos. Nothing was deleted for it, and no new ones are stored. "
    "Free some room: it goes on by itself."
)
AT_ITS_LIMIT: Final = (
    "The album is as large as disk.album_max_mb lets it be. Only kept photos are left, so no new ones are "
    "stored. Raise that limit, or delete some kept photos."
)
READ_ONLY: Final = (
    "The card can only be read, so no photos are stored. "
    "It may be worn out: save the photos, then fit a new one."
)
# The reserve is never more than this share of the disk; and of it, this share is not for photos at all.
_SHARE: Final = 10
# A new photo makes no more than this many times its own size go to win back the reserve: what another
# program fills in a minute does not cost a year of photos.
_BACK: Final = 2
# Candidates read of each camera, and of the films: more than these never go for one photo.
_LOOK: Final = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """`reserve`: bytes kept free, at most a tenth of the disk. `most`: bytes of photos and films, 0: any."""

    reserve: int = 500_000_000
    most: int = 0


@dataclass(frozen=True, slots=True)
class RoomState:
    """`word` is "ok", "full", "filled" (by something else) or "read-only"; `sentence` says it, "" for ok."""

    word: str
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Space:
    """A disk, in bytes: its size, and what is free for us."""

    size: int
    free: int
    read_only: bool = False

    @classmethod
    def of(cls, folder: Path) -> "Space":
        """Ask the file system a folder is on."""
        found = os.statvfs(folder)
        unit = found.f_frsize
        return cls(found.f_blocks * unit, found.f_bavail * unit, bool(found.f_flag & os.ST_RDONLY))


def shortage(space: Space, used: int, new: int, limits: Limits) -> int | None:
    """Return how many bytes of photos and films must go before `new` bytes are stored: 0 for none.

    None means that the disk is so full that photos cannot help: something else filled it.
    """
    reserve = min(limits.reserve, space.size // _SHARE)
    over = max(0, used + new - limits.most) if limits.most else 0
    short = max(0, new + reserve - space.free)
    if space.free < reserve // _SHARE + new and not over:
        return None
    return max(over, min(short, _BACK * new))


def retired(
    cameras: Iterable[Sequence[Photo]], need: int, films: Iterable[tuple[Film, int]] = ()
) -> list[Photo | Film]:
    """Return what goes to win `need` bytes: the oldest photos and films, and no more than needed.

    Each sequence holds one camera's photos that may go, in order. Age is told by the order in which photos
    were stored, never by a clock. One that was adopted late is as old as those that come after it. With each
    film comes the id of the last photo up to its end, 0 where none is left: that old it is.
    """
    aged: list[tuple[int, int, Photo | Film]] = []
    for photos in cameras:
        age = None
        for place in range(len(photos) - 1, -1, -1):
            age = photos[place].id if age is None else min(age, photos[place].id)
            aged.append((age, place, photos[place]))
    beyond = len(aged)  # behind the photo it ends with
    aged += [(age, beyond + place, film) for place, (film, age) in enumerate(films)]
    gone: list[Photo | Film] = []
    for _, _, one in sorted(aged, key=lambda one: one[:2]):
        if need <= 0:
            break
        gone.append(one)
        need -= one.size
    return gone


class Room:
    """Says what must go before a photo is stored."""

    def __init__(self, database: Database, index: Index, films: Films, folder: Path, limits: Limits) -> None:
        self._db = database
        self._index = index
        self._films = films
        self._folder = folder
        self._limits = limits

    def retiring(self, new: int) -> list[Photo | Film]:
        """Return what must go before `new` bytes are stored.

        Raises:
            AlbumFull: only kept photos are left, or something else filled the disk.
        """
        space, used = self._space(), self._used()
        need = shortage(space, used, new, self._limits)
        if need is None:
            raise AlbumFull(FILLED)
        if not need:
            return []
        cameras = [self._index.oldest_not_kept(camera, _LOOK) for camera in self._index.cameras()]
        films = self._films.oldest(_LOOK)
        gone = retired(cameras, need, films)
        there_is_more = any(len(found) == _LOOK for found in (*cameras, films))
        enough = sum(one.size for one in gone) >= need
        # Where the limit was made much smaller, the album comes down to it within some slots.
        if not enough and not there_is_more and not self._fits(space, used, new, gone, self._limits):
            on_the_disk = self._fits(space, used, new, gone, replace(self._limits, most=0))
            raise AlbumFull(AT_ITS_LIMIT if on_the_disk else ONLY_KEPT)
        return gone

    def state(self) -> RoomState:
        """Return how the disk is, in a word and a sentence; in every process the same."""
        space = self._space()
        if space.read_only:
            return RoomState("read-only", READ_ONLY)
        try:
            self.retiring(self._usual())
        except AlbumFull as error:
            return RoomState("filled" if str(error) == FILLED else "full", str(error))
        return RoomState("ok")

    def free(self) -> int:
        """Return the bytes that are free for us on the disk."""
        return self._space().free

    def _usual(self) -> int:
        newest = map(self._index.newest, self._index.cameras())
        return max((photo.size for photo in newest if photo is not None), default=1)

    def _fits(self, space: Space, used: int, new: int, gone: Iterable[Photo | Film], limits: Limits) -> bool:
        freed = sum(one.size for one in gone)
        after = Space(space.size, space.free + freed)
        return shortage(after, used - freed, new, limits) == 0

    def _space(self) -> Space:
        folder = self._folder
        while not folder.exists():
            folder = folder.parent
        return Space.of(folder)

    def _used(self) -> int:
        if not self._limits.most:
            return 0
        sizes = [sa.select(sa.func.sum(table.c.size)) for table in (tables.photo, tables.film)]
        with self._db.read() as connection:
            return sum(int(connection.scalar(size) or 0) for size in sizes)
