"""`kill -9` at any moment of the real program; and two of it on one data folder."""

import random
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pucci import jpeg
from pucci.album import Album
from pucci.album.check import check
from pucci.clock import SystemClock
from pucci.db import open_db
from tests.web.running import Process

# Seconds until the program answers again.
START_S = 5.0
STORED = re.compile(r"photo (\d+), (\S+\.jpg), ")
PUCCI = ("-m", "pucci")


def environ(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PUCCI_DATA_DIR": str(folder),
        "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
        "PUCCI_CAMERAS_SOFA_WIDTH": "320",
        "PUCCI_CAMERAS_SOFA_HEIGHT": "240",
        "PUCCI_CAMERAS_SOFA_SKIP": "0",
        "PUCCI_CAPTURE_INTERVAL_S": "1",
        "PUCCI_CLOCK_TRUST": "always",
        "PUCCI_FILMS_NIGHTLY": "false",
        **more,
    }


def _kill_at_random(folder: Path, rounds: int, *, purging: bool) -> list[float]:
    """Start, kill at a random moment and look, `rounds` times; return the seconds each start took."""
    chance = random.Random(8)
    more = {"PUCCI_RETENTION_MAX_AGE_H": "0.0005" if purging else "0", "PUCCI_DISK_RESERVE_MB": "0"}
    starts: list[float] = []
    for _ in range(rounds):
        began = time.monotonic()
        process = Process(*PUCCI, "serve", "--port", "0", environ=environ(folder, **more))
        starts.append(time.monotonic() - began)
        time.sleep(chance.uniform(0, 2.5))
        process.child.kill()
        _ended(process)
        reported = [match[2] for line in process.lines if (match := STORED.search(line))]
        _look(folder, reported[-1:] if purging else reported)
    return starts


def _ended(process: Process) -> None:
    process.child.wait(10)
    process._reader.join(5)
    assert process.child.stdout is not None
    process.child.stdout.close()


def _look(folder: Path, reported: list[str]) -> None:
    database = open_db(f"sqlite:///{folder / 'pucci.db'}")
    album = Album(database, folder, clock=SystemClock())
    known = {photo.file: photo for photo in album.all_photos()}
    for name in reported:
        data = album.path(known[name]).read_bytes()
        assert len(data) == known[name].size
        assert jpeg.judge(data).is_whole
    assert [found for found in check(album) if found.invariant == "S1"] == []
    album.adopt_recent()  # as the next start does, before anything else
    assert [found for found in check(album) if found.is_broken] == []
    database.close()


@pytest.mark.slow
@pytest.mark.parametrize("purging", [False, True])
def test_killed_at_a_random_moment_every_photo_reported_is_there(tmp_path: Path, purging: bool):
    starts = _kill_at_random(tmp_path, 10, purging=purging)
    assert sorted(starts)[len(starts) // 2] <= START_S


@pytest.mark.soak
@pytest.mark.parametrize("purging", [False, True])
def test_killed_250_times_every_photo_reported_is_there(tmp_path: Path, purging: bool):
    starts = _kill_at_random(tmp_path, 250, purging=purging)
    print(f"start: {sorted(starts)[125]:.1f} s, longest {max(starts):.1f} s")
    assert max(starts) <= START_S


@pytest.mark.slow
def test_of_two_on_one_data_folder_the_second_is_refused_and_snap_is_safe_beside(tmp_path: Path):
    first = Process(*PUCCI, "serve", "--port", "0", environ=environ(tmp_path))
    try:
        command = [sys.executable, *PUCCI, "serve", "--port", "0"]
        env = environ(tmp_path) | {"HOME": "/nonexistent"}
        second = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 8
        assert "Pucci is running already with" in second.stderr
        snaps = [
            subprocess.run(
                [sys.executable, *PUCCI, "snap"], env=env, capture_output=True, timeout=60, check=True
            )
            for _ in range(3)
        ]
        assert first.child.poll() is None
    finally:
        first.child.terminate()
        _ended(first)
    reported = [match[2] for line in first.lines if (match := STORED.search(line))]
    _look(tmp_path, [*reported, *("/".join(Path(s.stdout.decode().strip()).parts[-3:]) for s in snaps)])
