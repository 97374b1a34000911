"""A disk that remembers every write and flush, so that its power can be cut at any of them, afterwards.

The kernel has `dm-log-writes` for this, where it has device-mapper. Here a loop device lies on a file that
this process serves through FUSE: what ext4 writes to the device comes by as WRITE, a flush of the disk's
cache as FSYNC. What was written before a flush is on the disk; of what came after, a disk may have written
anything, in any order, and the last of it in part.

Numbers and structures: include/uapi/linux/fuse.h of the kernel, protocol 7.31.
"""

import ctypes
import errno
import os
import random
import struct
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

SECTOR = 512
# What flash writes at once; ext4 itself counts on the two sectors of its superblock being written together.
PAGE = 4096
_REQUEST = struct.Struct("<IIQQIIII")
_REPLY = struct.Struct("<IiQ")
_ATTR = struct.Struct("<QQQQQQIIIIIIIIII")
_MOST = 1 << 17
FORGET, GETATTR, OPEN, READ, WRITE, STATFS, RELEASE = 2, 3, 14, 15, 16, 17, 18
FSYNC, FLUSH, INIT, INTERRUPT, DESTROY, BATCH_FORGET = 20, 25, 26, 36, 38, 42
_SILENT = (FORGET, INTERRUPT, DESTROY, BATCH_FORGET)


@dataclass(frozen=True)
class Write:
    """Bytes that were written, and where."""

    at: int
    data: bytes


@dataclass
class Recorder:
    """A file of a disk's bytes, and all that happened to it. None in `events` is a flush."""

    image: bytearray
    events: list[Write | None] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.before = bytes(self.image)
        self._attributes = _ATTR.pack(
            1, len(self.image), len(self.image) // SECTOR, *[0] * 6, 0o100600, 1, *[0] * 3, 4096, 0
        )
        self._answers: dict[int, Callable[[bytes], bytes]] = {
            INIT: lambda _: struct.pack("<IIIIHHIIHHI28x", 7, 31, _MOST, 1 << 5, 8, 8, _MOST, 1, 32, 0, 0),
            GETATTR: lambda _: struct.pack("<QII", 3600, 0, 0) + self._attributes,
            OPEN: lambda _: struct.pack("<QII", 1, 0, 0),
            STATFS: lambda _: bytes(80),
            READ: self._read,
            WRITE: self._write,
            FSYNC: self._flush,
            FLUSH: lambda _: b"",
            RELEASE: lambda _: b"",
        }

    def serve(self, device: int) -> None:
        """Answer the kernel until it unmounts the file."""
        while True:
            try:
                request = os.read(device, _MOST + 4096)
            except OSError:
                return
            _, what, unique, *_ = _REQUEST.unpack_from(request)
            if what in _SILENT:
                continue
            answer = self._answers.get(what)
            body = answer(request[_REQUEST.size :]) if answer else b""
            error = 0 if answer else -errno.ENOSYS
            os.write(device, _REPLY.pack(_REPLY.size + len(body), error, unique) + body)

    def _read(self, body: bytes) -> bytes:
        _, at, size = struct.unpack_from("<QQI", body)
        return bytes(self.image[at : at + size])

    def _write(self, body: bytes) -> bytes:
        _, at, size = struct.unpack_from("<QQI", body)
        data = body[40 : 40 + size]
        self.image[at : at + size] = data
        self.events.append(Write(at, data))
        return struct.pack("<II", size, 0)

    def _flush(self, _body: bytes) -> bytes:
        self.events.append(None)
        return b""

    def cut(self, moment: int, chance: random.Random) -> bytes:
        """Return what a disk may hold whose power went before the event of this number."""
        events = self.events[:moment]
        flushed = max((number for number, event in enumerate(events) if event is None), default=-1) + 1
        image = bytearray(self.before)
        for event in events[:flushed]:
            if event is not None:
                image[event.at : event.at + len(event.data)] = event.data
        loose = [event for event in events[flushed:] if event is not None]
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        some = [event for event in loose if chance.random() < share]
        chance.shuffle(some)
        for number, event in enumerate(some, 1):
            data = event.data
            if number == len(some):  # torn: pages are written whole, and no more than that
                data = data[: PAGE * chance.randint(1, max(1, len(data) // PAGE))]
            image[event.at : event.at + len(data)] = data
        return bytes(image)


@contextmanager
def recorded(folder: Path, size: int) -> Iterator[tuple[Recorder, Path]]:
    """Mount a new ext4 of `size` bytes that is recorded, for a `with` block; give recorder and folder."""
    image, served, mounted = folder / "new.img", folder / "disk.img", folder / "disk"
    image.write_bytes(b"")
    os.truncate(image, size)
    subprocess.run(["mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", image], check=True)
    recorder = Recorder(bytearray(image.read_bytes()))
    served.touch()
    mounted.mkdir()
    device = os.open("/dev/fuse", os.O_RDWR | os.O_CLOEXEC)
    # The mount point is a file, so there is only that: no folders, no names.
    options = f"fd={device},rootmode=100600,user_id=0,group_id=0,max_read={_MOST}"
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"recorded", os.fsencode(served), b"fuse", 0, options.encode()) != 0:
        raise OSError(ctypes.get_errno(), "mount")
    thread = threading.Thread(target=recorder.serve, args=(device,), daemon=True)
    thread.start()
    try:
        with mounted_at(served, mounted):
            yield recorder, mounted
    finally:
        subprocess.run(["umount", served], check=True)
        os.close(device)
        thread.join(10)


@contextmanager
def mounted_at(image: Path, folder: Path) -> Iterator[Path]:
    """Mount a file that holds an ext4 on a folder, for a `with` block."""
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop,noatime", image, folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)
