"""`kill -9` at any moment of all that the program does; and two of it on one data folder."""

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.faults.acts import ACTS, LIMIT_S, PUCCI, STORED, Act, Made, environ, files_of, look, reported, run
from tests.web.running import Process

# Seconds until the program answers again.
START_S = 5.0
# What is begun anew each time, and how often in a soak; the daemon is killed on one folder again and again.
KINDS = {"star": 60, "film": 80, "migration": 80, "retire": 40, "purge": 40}
DAEMON_TIMES = 100  # taking photos, and taking and purging


def _kill_daemon(folder: Path, rounds: int, *, purging: bool) -> list[float]:
    """Start, kill at a random moment and look, `rounds` times; return the seconds each start took."""
    chance = random.Random(8)
    more = {"PUCCI_RETENTION_MAX_AGE_H": "0.0005" if purging else "0"}
    starts: list[float] = []
    for _ in range(rounds):
        began = time.monotonic()
        process = Process(*PUCCI, "serve", "--port", "0", environ=environ(folder, **more))
        starts.append(time.monotonic() - began)
        time.sleep(chance.uniform(0, 2.5))
        process.child.kill()
        _ended(process)
        stored = [match[1] for line in process.lines if (match := STORED.search(line))]
        stored = stored[-1:] if purging else stored
        look(folder, stored=stored)
        look(folder, stored=stored, adopts=True, clean=True)
    return starts


def _ended(process: Process) -> None:
    process.child.wait(10)
    process._reader.join(5)
    assert process.child.stdout is not None
    process.child.stdout.close()


def _kill_in(act: Act, made: Made, rounds: int) -> int:
    """Begin an act, kill it at a random moment, look, and do it to its end; return how often it was killed.

    That is `rounds` times, whatever ended before its kill; but of four tries for each no more are made.
    """
    chance = random.Random(act.name)
    folder = made(act)
    began = time.monotonic()
    run(act, folder)
    lasts_s = time.monotonic() - began
    killed = 0
    for _ in range(4 * rounds):
        if killed == rounds:
            break
        folder = made(act)
        before = files_of(folder)
        # Its imports take the first half, and write nothing.
        was_killed, said = _killed(act, folder, chance.uniform(0.4, 1.05) * lasts_s)
        killed += was_killed
        lasts_s *= 1.02 if was_killed else 0.9  # what else the machine does makes it longer and shorter
        stored = reported(said) if act.may_delete else [*before, *reported(said)]
        look(folder, stored=stored, said=said)
        again = run(act, folder)
        assert again.code == 0, again
        new = reported(again.said)
        look(folder, stored=new if act.may_delete else [*stored, *new], said=said + again.said)
        look(folder, stored=[], adopts=True, clean=True)
        shutil.rmtree(folder)
    return killed


def _killed(act: Act, folder: Path, after_s: float) -> tuple[bool, str]:
    with tempfile.TemporaryFile("w+") as said:
        command = [sys.executable, *act.arguments]
        with subprocess.Popen(command, env=act.environ(folder), stdout=said, stderr=said) as child:
            time.sleep(after_s)
            child.kill()
            code = child.wait(LIMIT_S)
        said.seek(0)
        return code < 0, said.read()


@pytest.mark.slow
@pytest.mark.parametrize("purging", [False, True])
def test_killed_at_a_random_moment_every_photo_reported_is_there(tmp_path: Path, purging: bool):
    starts = _kill_daemon(tmp_path, 5, purging=purging)
    assert sorted(starts)[len(starts) // 2] <= START_S


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_killed_in_the_middle_of_anything_nothing_is_lost_and_the_next_try_works(kind: str, made: Made):
    rounds = 2 if kind in ("retire", "purge") else 3
    assert _kill_in(ACTS[kind], made, rounds) == rounds


@pytest.mark.soak
@pytest.mark.parametrize("purging", [False, True])
def test_killed_100_times_every_photo_reported_is_there(tmp_path: Path, purging: bool):
    starts = _kill_daemon(tmp_path, DAEMON_TIMES, purging=purging)
    print(f"start: {sorted(starts)[len(starts) // 2]:.1f} s, longest {max(starts):.1f} s")
    assert sorted(starts)[len(starts) // 2] <= START_S


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS)
def test_killed_300_times_in_the_middle_of_anything_nothing_is_lost(kind: str, made: Made):
    killed = _kill_in(ACTS[kind], made, KINDS[kind])
    print(f"{kind}: {killed} killed before their end")
    assert killed == KINDS[kind]


@pytest.mark.slow
def test_of_two_on_one_data_folder_the_second_is_refused_and_snap_is_safe_beside(tmp_path: Path):
    first = Process(*PUCCI, "serve", "--port", "0", environ=environ(tmp_path))
    try:
        command = [sys.executable, *PUCCI, "serve", "--port", "0"]
        env = environ(tmp_path)
        second = subprocess.run(command, env=env, capture_output=True, text=True, timeout=30, check=False)
        assert second.returncode == 8
        assert "Pucci is running already with" in second.stderr
        snaps = [run(ACTS["snap"], tmp_path) for _ in range(3)]
        assert first.child.poll() is None
    finally:
        first.child.terminate()
        _ended(first)
    stored = reported("\n".join(first.lines)) + [name for snap in snaps for name in reported(snap.said)]
    assert len(stored) >= 3
    look(tmp_path, stored=stored, clean=True)
