"""The power cut at any moment, under a real ext4: writes after the last flush dropped, reordered, torn."""

import os
import random
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.acts import ACTS, LIMIT_S, PUCCI, STORED, environ, look, reported, run
from tests.faults.powercut import Recorder, mounted_at, recorded

DISK_BYTES = 48_000_000
# With room for so many photos of 15 KB, the oldest go all the time.
FEW_PHOTOS_MB = "0.1"


@dataclass(frozen=True)
class Run:
    """A recorded run: the photos reported as stored, and how much had happened on the disk by then."""

    recorder: Recorder
    stored: list[tuple[int, str]]
    first: int

    def stored_by(self, moment: int) -> list[str]:
        return [name for when, name in self.stored if when <= moment]


def _record(folder: Path, photos: int, *, retiring: bool) -> Run:
    """Take photos on a recorded disk, and let the disk settle between some of them."""
    more = {"PUCCI_DISK_ALBUM_MAX_MB": FEW_PHOTOS_MB} if retiring else {}
    stored: list[tuple[int, str]] = []
    with recorded(folder, DISK_BYTES) as (recorder, disk):
        env = environ(disk / "album", **more)
        first = len(recorder.events)
        command = [sys.executable, *PUCCI, "camera", "--port", "0"]
        with subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True) as child:
            assert child.stderr is not None
            for line in child.stderr:
                match = STORED.search(line)
                if match:
                    stored.append((len(recorder.events), match[1]))
                if len(stored) == photos:
                    child.send_signal(signal.SIGTERM)
                    break
            child.stderr.read()
            child.wait(LIMIT_S)
    # The end of the run, its checkpoint and the unmounting are moments, too.
    return Run(recorder, stored, first)


def _cut(folder: Path, done: Run, moments: int, *, retiring: bool) -> None:
    chance = random.Random(8)
    last = done.stored[-1][0]
    for _ in range(moments):
        moment = chance.randint(done.first, last + 5)
        image = folder / "cut.img"
        image.write_bytes(done.recorder.cut(moment, chance))
        stored = done.stored_by(moment)
        stored = stored[-1:] if retiring else stored
        with mounted_at(image, folder / "cut") as disk:
            album = disk / "album"
            if (album / "pucci.db").exists():
                look(album, stored=stored)
            else:
                assert not stored
            again = run(ACTS["snap"], album)
            assert again.code == 0, again
            look(album, stored=[*stored, *reported(again.said)], clean=True)


@pytest.mark.slow
@pytest.mark.parametrize("retiring", [False, True])
def test_the_power_cut_at_any_moment_costs_no_photo_that_was_stored(tmp_path: Path, retiring: bool):
    done = _record(tmp_path, 12 if retiring else 5, retiring=retiring)
    _cut(tmp_path, done, 3, retiring=retiring)


@pytest.mark.soak
@pytest.mark.parametrize("retiring", [False, True])
def test_the_power_cut_at_fifteen_moments_costs_no_photo_that_was_stored(tmp_path: Path, retiring: bool):
    done = _record(tmp_path, 30, retiring=retiring)
    _cut(tmp_path, done, 15, retiring=retiring)


def test_a_flush_is_what_makes_a_write_last(tmp_path: Path):
    """The recorder itself: without the fsync of a new name, a cut can take it; with it none does."""
    with recorded(tmp_path, 16_000_000) as (recorder, disk):
        (disk / "loose").write_text("loose")
        before = len(recorder.events)
        (disk / "firm").write_text("firm")
        for path in (disk / "firm", disk):
            descriptor = os.open(path, os.O_RDONLY)
            os.fsync(descriptor)
            os.close(descriptor)
        after = len(recorder.events)
    names = []
    for moment in (before, after):
        (tmp_path / "cut.img").write_bytes(recorder.cut(moment, random.Random(1)))
        with mounted_at(tmp_path / "cut.img", tmp_path / "cut") as cut:
            names.append({path.name for path in cut.iterdir()} - {"lost+found"})
    assert names[0] == set()
    assert "firm" in names[1]
