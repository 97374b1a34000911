"""What the real program does in these tests, as a child: acts on a data folder, and a look at it after."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from pucci import jpeg
from pucci.album import Album
from pucci.album.check import check
from pucci.clock import SystemClock
from pucci.db import Database, open_db
from pucci.schema import OURS, Revisions
from pucci.services import build
from pucci.settings import ClockSettings
from tests.fakes import SUNDAY
from tests.people import ALICE
from tests.web.house import add_photo, house_settings, move_in

LIMIT_S = 60.0
# A daemon whose write fails has taken its photos after so many seconds all the same.
PHOTOS_S = 30.0
PUCCI = ("-m", "pucci")
STORED = re.compile(r"photo \d+, (\S+\.jpg), ")
SNAPPED = re.compile(r"/photos/(\S+\.jpg)$", re.MULTILINE)
KEPT = re.compile(r"^kept (\d+)$", re.MULTILINE)
FILMED = re.compile(r"^(/\S+\.mp4): \d+ photos", re.MULTILINE)
# What an act begins with: photos of three hours ago, one a minute.
PHOTOS = 6


@dataclass(frozen=True)
class Act:
    """Something the program does. One that `goes_on` is told to stop when it has taken so many photos."""

    name: str
    arguments: tuple[str, ...]
    settings: Mapping[str, str] = field(default_factory=dict)
    photos: int = PHOTOS
    goes_on: int = 0
    may_delete: bool = False

    @property
    def takes_photos(self) -> bool:
        return "snap" in self.arguments or self.goes_on > 0

    def environ(self, folder: Path) -> dict[str, str]:
        return environ(folder, **self.settings)


def environ(folder: Path, **more: str) -> dict[str, str]:
    """Return an environment with a drawn camera, a slot a second, and nothing that this machine has."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PUCCI_DATA_DIR": str(folder),
        "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
        "PUCCI_CAMERAS_SOFA_WIDTH": "320",
        "PUCCI_CAMERAS_SOFA_HEIGHT": "240",
        "PUCCI_CAMERAS_SOFA_SKIP": "0",
        "PUCCI_CAPTURE_INTERVAL_S": "1",
        "PUCCI_CAPTURE_RETRY_PAUSE_S": "0.1",
        "PUCCI_CLOCK_TRUST": "always",
        "PUCCI_CLOCK_TIMEZONE": "UTC",
        "PUCCI_FILMS_NIGHTLY": "false",
        "PUCCI_RETENTION_MAX_AGE_H": "0",
        "PUCCI_DISK_RESERVE_MB": "0",
        **more,
    }


FIRST = Act("first", (*PUCCI, "snap"), photos=0)
SNAP = Act("snap", (*PUCCI, "snap"))
# A photo of the drawn dog has 15 KB, those that are there 10: of six at least one must go.
RETIRE = Act("retire", (*PUCCI, "snap"), {"PUCCI_DISK_ALBUM_MAX_MB": "0.06"}, may_delete=True)
PURGE = Act("purge", (*PUCCI, "purge"), {"PUCCI_RETENTION_MAX_AGE_H": "1"}, may_delete=True)
STAR = Act("star", ("-m", "tests.faults.starring"))
FILM = Act("film", (*PUCCI, "film", "--from", "2026-11-22", "--to", "2026-11-23"))
MIGRATION = Act("migration", ("-m", "tests.faults.migrating"))
CAMERA = Act("camera", (*PUCCI, "camera", "--port", "0"), goes_on=2)
SERVE = Act("serve", (*PUCCI, "serve", "--port", "0"), goes_on=2)
ACTS = {act.name: act for act in (FIRST, SNAP, RETIRE, PURGE, STAR, FILM, MIGRATION, CAMERA, SERVE)}


Made = Callable[[Act], Path]


def prepare(folder: Path, act: Act) -> None:
    """Fill a data folder with what the act needs."""
    if not act.photos:
        return
    told = ClockSettings(trust="always", timezone="UTC")  # or nothing of it would go by age
    with closing(build(house_settings(folder, clock=told))) as services:
        move_in(services, ALICE)
        start, step = services.clock.now() - timedelta(hours=3), timedelta(minutes=1)
        if act is FILM:
            start = SUNDAY
        if act is PURGE:  # several days' folders
            start, step = start - timedelta(days=3), timedelta(hours=10)
        for number in range(act.photos):
            add_photo(services, start + number * step, number)


@dataclass(frozen=True)
class Ended:
    """How a child ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


def run(act: Act, folder: Path, *before: str) -> Ended:
    """Do an act to its end, under the program `before`; one that goes on is told to stop after its photos."""
    command = [*before, sys.executable, *act.arguments]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        with subprocess.Popen(command, env=act.environ(folder), stdout=out, stderr=err) as child:
            if act.goes_on:
                _wait_for_photos(child, err.fileno(), act.goes_on)
                _signal(child, signal.SIGTERM)
            try:
                child.wait(LIMIT_S)
            except subprocess.TimeoutExpired:
                _signal(child, signal.SIGKILL)
                child.kill()
                raise
        out.seek(0)
        err.seek(0)
        return Ended(child.returncode, out.read(), err.read())


def _wait_for_photos(child: subprocess.Popen[bytes], said: int, count: int) -> None:
    end = time.monotonic() + PHOTOS_S
    while child.poll() is None and time.monotonic() < end:
        if len(STORED.findall(os.pread(said, 1_000_000, 0).decode())) >= count:
            return
        time.sleep(0.05)


def _signal(child: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to the program itself, which may be the child of one that looks on, or have ended."""
    with suppress(ProcessLookupError, FileNotFoundError):
        children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
        os.kill(int(children[0]) if children else child.pid, number)


def reported(said: str) -> list[str]:
    """Return the photos the program said it has stored."""
    return [*STORED.findall(said), *SNAPPED.findall(said)]


def opened(folder: Path) -> Database:
    """Open a data folder's database, also one that was brought up to the next release."""
    file = folder / "pucci.db"
    with closing(sqlite3.connect(file)) as database:
        try:
            newest = database.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        except sqlite3.OperationalError:  # there is nothing in it yet
            newest = OURS.newest
    return open_db(f"sqlite:///{file}", revisions=Revisions(OURS.folder, newest))


def files_of(folder: Path) -> list[str]:
    """Return the photos that have a row."""
    if not (folder / "pucci.db").exists():
        return []
    with closing(opened(folder)) as database:
        return [photo.file for photo in Album(database, folder, clock=SystemClock()).all_photos()]


def look(
    folder: Path, *, stored: Sequence[str], said: str = "", clean: bool = False, adopts: bool = False
) -> None:
    """Hold the album against what was reported as stored, kept and filmed, and against its promises.

    A whole photo without its row is no loss, the next start adopts it, and `adopts` does so here, too; with
    `clean` there is none.
    """
    if not folder.exists():
        assert not stored
        return
    with closing(opened(folder)) as database:
        album = Album(database, folder, clock=SystemClock())
        known = {photo.file: photo for photo in album.all_photos()}
        for name in stored:
            assert name in known, f"{name} was stored, and has gone"
            data = album.path(known[name]).read_bytes()
            assert len(data) == known[name].size
            assert jpeg.judge(data).is_whole
        for number in KEPT.findall(said):
            photo = album.photo(int(number))
            assert photo is not None
            assert photo.kept
            assert [star.name for star in album.kept.stars(photo.id)] == [ALICE.username]
        for film in FILMED.findall(said):
            assert Path(film).stat().st_size > 1000
        for film in album.films.newest():
            assert album.films.path(film).stat().st_size == film.size
            assert album.films.poster(film).exists()
        if adopts:
            album.adopt_recent()
        broken = [found for found in check(album) if found.is_broken]
        assert [str(found) for found in broken if clean or found.invariant == "S1"] == []
