"""What a day writes to the card: bytes and flushes, beside the first version's `fswebcam` and its file.

    .venv/bin/python -m bench.card [--slots 288]        (as root: it mounts a file as a disk)

Each album lies on an ext4 of its own on a loop device, so that the kernel's count of what reached the disk
holds the file system's own writes, too. After each slot all that is dirty is written, as in five minutes it
would be. A first day fills the album; the second is measured: as many photos go by age as come. Pucci's slots
are the real pipeline by a fast clock, with the drawn dog; then somebody looks at the day, so that its thumbs,
sheets and film are made. The first version is the real `fswebcam` with the same pictures, and a file removed
for each. Calls are counted by strace in a run of their own.
"""

import argparse
import contextlib
import ctypes
import os
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pucci.album.sheets import Kind, plan
from pucci.capture import Gate
from pucci.capture.daemon import CameraLoop
from pucci.services import Services, build
from pucci.settings import CameraSettings, ClockSettings, Settings
from tests.fakes import FakeClock

START = datetime(2026, 6, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
SECTOR = 512
FLUSHES = "fsync,fdatasync"


@contextmanager
def card(folder: Path) -> Iterator[tuple[Path, Path]]:
    """Mount a new disk for a `with` block; give its mount point, and the kernel's figures of its device."""
    image, mounted = folder / "card.img", folder / "card"
    with image.open("wb") as file:
        file.truncate(512_000_000)
    mounted.mkdir()
    # As Raspberry Pi OS has it: nothing is left to be zeroed later.
    lazy = "lazy_itable_init=0,lazy_journal_init=0"
    subprocess.run(["mkfs.ext4", "-q", "-E", lazy, str(image)], check=True)
    loop = subprocess.run(
        ["losetup", "--find", "--show", str(image)], check=True, capture_output=True, text=True
    )
    device = loop.stdout.strip()
    try:
        subprocess.run(["mount", "-o", "noatime", device, str(mounted)], check=True)
        try:
            yield mounted, Path("/sys/block") / Path(device).name / "stat"
        finally:
            subprocess.run(["umount", str(mounted)], check=True)
    finally:
        subprocess.run(["losetup", "--detach", device], check=True)
        image.unlink()
        mounted.rmdir()


def settle(folder: Path) -> None:
    """Have a disk write all that is dirty, as time would."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        ctypes.CDLL(None).syncfs(descriptor)
    finally:
        os.close(descriptor)


def written(stat: Path) -> tuple[int, int]:
    """Return the bytes written to a device, and the flushes it was asked for."""
    fields = stat.read_text().split()
    return int(fields[6]) * SECTOR, int(fields[15])


class Day:
    """Pucci, slot by slot, by a fast clock."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(START)
        settings = Settings(
            data_dir=folder,
            cameras={"sofa": CameraSettings(driver="synthetic", skip=0)},
            clock=ClockSettings(timezone="UTC"),
        )
        self.services: Services = build(settings, clock=self.clock)
        eye = Gate(self.services.eyes["sofa"], self.services.privacy["sofa"], clock=self.clock)
        holds_since = self.services.films.holds_since
        self.loop = CameraLoop(
            eye,
            self.services.album,
            settings,
            clock=self.clock,
            stop=threading.Event(),
            holds_since=holds_since,
        )
        self.slots = 0

    def slot(self) -> None:
        due = START + self.slots * STEP
        self.clock.jump(due)
        self.loop._guarded(due, first=False)  # noqa: SLF001 - as the camera's thread does
        self.slots += 1

    def looked_at(self) -> None:
        """Make what a day's page asks for, and the day's film."""
        album, end = self.services.album, self.clock.now() + STEP
        start = end - timedelta(days=1)
        for photo in album.between("sofa", start, end):
            album.thumb(photo)
        hours = [start + timedelta(hours=number) for number in range(24)]
        for hour in hours:
            photos = album.between("sofa", hour, hour + timedelta(hours=1))[::-1]
            if photos:
                album.sheets.get(plan(Kind.HOUR, "sofa", hour, hour + timedelta(hours=1), photos))
        for kind in (Kind.DAY, Kind.PHONE):
            album.sheets.get(plan(kind, "sofa", start, end, album.between("sofa", start, end)[::-1]))
        self.services.films.make_now("sofa", "day", start, end)  # type: ignore[arg-type]

    def close(self) -> None:
        self.services.close()


def pucci(folder: Path, slots: int) -> dict[str, tuple[int, int]]:
    """Return bytes and flushes of a second day: of its slots, and of its film, thumbs and sheets."""
    with card(folder) as (disk, stat):
        day = Day(disk / "data")
        for _ in range(slots):
            day.slot()
        settle(disk)
        before = written(stat)
        for _ in range(slots):
            day.slot()
            settle(disk)
        slots_done = written(stat)
        day.looked_at()
        settle(disk)
        looked = written(stat)
        photos = sum(photo.size for photo in list(day.services.album.all_photos())[-slots:])
        day.close()
    return {
        "photos": (photos, 0),
        "slots": _less(slots_done, before),
        "looked at": _less(looked, slots_done),
    }


def first_version(folder: Path, slots: int) -> tuple[int, int]:
    """Return bytes and flushes of a second day of fswebcam and its files."""
    from pucci.cameras.scene import Painter

    painter, picture = Painter("sofa", 640, 480), folder / "frame.jpg"
    with card(folder) as (disk, stat):
        (disk / "static").mkdir()
        before = written(stat)
        for slot in range(2 * slots):
            if slot == slots:
                settle(disk)
                before = written(stat)
            picture.write_bytes(painter.paint(START + slot * STEP))
            shoot = [
                "fswebcam",
                "-q",
                "-d",
                f"FILE:{picture}",
                "-r",
                "640x480",
                "--jpeg",
                "80",
                "--no-banner",
            ]
            subprocess.run(
                [*shoot, str(disk / "static" / f"{slot:06d}.jpg")], check=True, capture_output=True
            )
            with contextlib.suppress(FileNotFoundError):
                (disk / "static" / f"{slot - slots:06d}.jpg").unlink()
            if slot >= slots:
                settle(disk)
        after = written(stat)
    return _less(after, before)


def _less(after: tuple[int, int], before: tuple[int, int]) -> tuple[int, int]:
    return after[0] - before[0], after[1] - before[1]


def calls_a_slot(folder: Path, slots: int) -> float:
    """Return the fsyncs and fdatasyncs of one slot, in the second of two days."""
    log = folder / "strace"
    strace = [
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        str(log),
        "-e",
        f"trace={FLUSHES},sync_file_range,chdir",
    ]
    child = [sys.executable, "-m", "bench.card", "--child", str(folder / "data"), "--slots", str(slots)]
    subprocess.run([*strace, *child], check=True)
    second = log.read_text().split("chdir(", 1)[1]
    return len(re.findall(r"f(?:data)?sync\(", second)) / slots


def _child(folder: Path, slots: int) -> None:
    day = Day(folder)
    for number in range(2 * slots):
        if number == slots:
            os.chdir(Path.cwd())  # what the log is cut at
        day.slot()
    os._exit(0)  # the last fsyncs are of no slot


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--slots", type=int, default=288)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    slots: int = arguments.slots
    if arguments.child:
        _child(arguments.child, slots)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = pucci(folder, slots)
        theirs = first_version(folder, slots)
        calls = calls_a_slot(folder, slots)
    print(f"| A day of {slots} photos of 640×480 | MB written | flushes a slot |\n| --- | --- | --- |")
    for what, (size, flushes) in [*ours.items(), ("fswebcam and its file", theirs)]:
        print(f"| {what} | {size / 1e6:.1f} | {flushes / slots:.1f} |")
    print(f"fsync and fdatasync a slot: {calls:.1f}")


if __name__ == "__main__":
    main()
