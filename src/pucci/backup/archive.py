"""The tar of a backup: its head, then files, and at its end the SHA-256 of each.

Only plain files under names of ours go in, and only those come out. The headers are read one by one, not
by tarfile's reader: that one knows links, sparse files and headers as long as somebody likes.
"""

import hashlib
import io
import re
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final

from pucci.errors import BackupError
from pucci.jpeg import MOST_BYTES

HEAD: Final = "pucci-backup.json"
SUMS: Final = "SHA256SUMS"  # as sha256sum writes it, so that `sha256sum -c` can check a backup by hand
DATABASE: Final = "pucci.db"
KEY: Final = "secret.key"
SETTINGS: Final = "pucci.toml"
PHOTOS: Final = "photos/"
FILMS: Final = "films/"
DAILIES: Final = "films/daily/"

_CAMERA: Final = r"[a-z][a-z0-9-]{0,31}"
_DAY: Final = r"\d{4}-\d\d-\d\d"
_FILM: Final = rf"{_CAMERA}-\d{{8}}T\d{{4}}-\d{{8}}T\d{{4}}-[a-z]{{3,5}}(?:\d{{4}})?-\d{{1,12}}"
_MOST: Final = 8 * 2**30  # what a header of this kind of tar can say
# Every name there may be, with the most bytes it may have.
_NAMES: Final = (
    (re.compile(re.escape(HEAD)), 10_000),
    (re.compile(re.escape(SETTINGS)), 1_000_000),
    (re.compile(re.escape(KEY)), 32),
    (re.compile(rf"photos/{_CAMERA}/{_DAY}/\d{{6}}-\d{{6,12}}\.jpg"), MOST_BYTES),
    (re.compile(rf"films/daily/{_CAMERA}/{_DAY}-\d{{1,12}}\.jpg"), MOST_BYTES),
    (re.compile(rf"films/{_FILM}\.jpg"), MOST_BYTES),
    (re.compile(rf"films/{_FILM}\.mp4"), _MOST),
    (re.compile(re.escape(DATABASE)), _MOST),
    (re.compile(re.escape(SUMS)), 200_000_000),
)
_SUM: Final = re.compile(r"([0-9a-f]{64})  (\S+)")
_BLOCK: Final = tarfile.BLOCKSIZE
_CHUNK: Final = 2**18
_NOT_OURS: Final = "This is not a backup made by Pucci, or it was changed since"


class Writer:
    """Writes a backup to `out`, front to back. Sums are taken of what is written, not of what was meant."""

    def __init__(self, out: IO[bytes], tick: Callable[[int], None]) -> None:
        self._out = out
        self._sums: list[str] = []
        self._tick = tick
        self.size = 0

    def add(self, name: str, data: bytes) -> None:
        """Add a file's bytes under a name."""
        self.add_file(name, io.BytesIO(data), len(data))

    def add_file(self, name: str, file: IO[bytes], size: int) -> None:
        """Add the first `size` bytes of an open file.

        Raises:
            OSError: it is shorter, or cannot be written.
        """
        self._sums.append(f"{self._put(name, file, size)}  {name}\n")

    def finish(self) -> None:
        """Add the sums, by which a backup that was cut off is known."""
        data = "".join(self._sums).encode()
        self._put(SUMS, io.BytesIO(data), len(data))
        self._write(bytes(2 * _BLOCK))

    def _put(self, name: str, file: IO[bytes], size: int) -> str:
        most_bytes(name)  # what could not be put back is not taken
        info = tarfile.TarInfo(name)
        info.size, info.mode = size, 0o600
        self._write(info.tobuf(tarfile.USTAR_FORMAT))
        summed, left = hashlib.sha256(), size
        while left:
            data = file.read(min(left, _CHUNK))
            if not data:
                raise OSError(f"{name} became shorter")
            left -= len(data)
            summed.update(data)
            self._write(data)
            self._tick(len(data))
        self._write(bytes(-size % _BLOCK))
        return summed.hexdigest()

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self.size += len(data)


@dataclass(slots=True)
class Entry:
    """One file of a backup being read. Its bytes are there once, by `chunks`."""

    name: str
    size: int
    source: IO[bytes]
    left: int

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes, in pieces of at most 256 KB."""
        while self.left:
            data = exactly(self.source, min(self.left, _CHUNK))
            self.left -= len(data)
            yield data

    def data(self) -> bytes:
        """Return all of the bytes: for what is small."""
        return b"".join(self.chunks())


def entries(source: IO[bytes]) -> Iterator[Entry]:
    """Yield the files of a backup, in order.

    Raises:
        BackupError: it is no backup of ours, was cut off, or holds what none of ours would.
    """
    seen: set[str] = set()
    while (block := exactly(source, _BLOCK)) != bytes(_BLOCK):
        entry = _entry(block, source)
        if entry.name in seen or (not seen and entry.name != HEAD):
            raise BackupError(f"{_NOT_OURS}: {entry.name} is out of place. Nothing was restored.")
        seen.add(entry.name)
        yield entry
        for _ in entry.chunks():
            pass
        exactly(source, -entry.size % _BLOCK)


def _entry(block: bytes, source: IO[bytes]) -> Entry:
    try:
        info = tarfile.TarInfo.frombuf(block, "ascii", "strict")
    except (tarfile.TarError, UnicodeDecodeError) as error:
        raise BackupError(f"{_NOT_OURS}. Nothing was restored.") from error
    if info.type != tarfile.REGTYPE:
        raise BackupError(f"{_NOT_OURS}: {info.name[:80]!r} is no plain file. Nothing was restored.")
    if not 0 <= info.size <= most_bytes(info.name):
        raise BackupError(f"{_NOT_OURS}: {info.name} is too large. Nothing was restored.")
    return Entry(info.name, info.size, source, info.size)


def most_bytes(name: str) -> int:
    """Return how large a file of this name may be.

    Raises:
        BackupError: no file of ours has such a name.
    """
    for pattern, most in _NAMES:
        if pattern.fullmatch(name):
            return most
    raise BackupError(f"{_NOT_OURS}: no file of ours is called {name[:80]!r}. Nothing was restored.")


def exactly(source: IO[bytes], size: int) -> bytes:
    """Return `size` bytes.

    Raises:
        BackupError: there are fewer.
    """
    found = bytearray()
    while len(found) < size:
        data = source.read(size - len(found))
        if not data:
            raise BackupError(
                "The backup ends before its end: it was cut off, or copied in part. "
                "Copy it again, or take another one. Nothing was restored."
            )
        found += data
    return bytes(found)


def parse_sums(data: bytes) -> dict[str, str]:
    """Return the sum of each file by its name.

    Raises:
        BackupError: they are not written as ours are.
    """
    matches = [_SUM.fullmatch(line) for line in data.decode("ascii", errors="replace").splitlines()]
    sums = {match[2]: match[1] for match in matches if match}
    if len(sums) != len(matches):
        raise BackupError(f"{_NOT_OURS}: its sums cannot be read. Nothing was restored.")
    return sums
