"""What a backup costs, and how long it keeps the camera waiting.

    .venv/bin/python -m bench.backup [--photos 2000]

An album of drawn photos is backed up whole by `pucci backup --all`, a process of its own, while this one
stores a photo every 50 ms as the camera would, and times each, as it did before alone. Then it is restored.
Memory is the most that the process held (VmHWM).
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.album import END, furnish, settings_for
from pucci.photo import Frame, State, Verdict
from pucci.services import Services, build

PAUSE_S = 0.05


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--photos", type=int, default=2000)
    count = parser.parse_args().photos
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        furnish(folder, count)
        services = build(settings_for(folder))
        newest = services.album.newest("sofa")
        assert newest
        data = services.album.path(newest).read_bytes()
        alone = store(services, data, lambda number: number < 100)
        file = Path(name) / "pucci.tar"
        command = [sys.executable, "-m", "pucci", "--data-dir"]
        begun = time.monotonic()
        process = subprocess.Popen([*command, str(folder), "backup", "--all", str(file)], text=True)
        peak = [0.0]

        def runs(_number: int) -> bool:
            peak[0] = max(peak[0], most_mb(process.pid))
            return process.poll() is None

        beside = store(services, data, runs)
        taken = time.monotonic() - begun
        services.close()
        size = file.stat().st_size / 1e6
        print(f"backup of {count} photos: {taken:.1f} s, {size:.0f} MB, {peak[0]:.0f} MB of memory")
        for what, waits in (("alone", alone), ("beside a backup", beside)):
            waits.sort()
            middle, longest = waits[len(waits) // 2], waits[-1]
            print(f"storing a photo {what}: {middle:.0f} ms, at most {longest:.0f} ms, of {len(waits)}")
        begun = time.monotonic()
        subprocess.run([*command, str(Path(name) / "new"), "restore", str(file)], check=True)
        print(f"restore, every photo decoded: {time.monotonic() - begun:.1f} s")


def store(services: Services, data: bytes, goes_on: Callable[[int], bool]) -> list[float]:
    """Store a photo every now and then while `goes_on(number)`; return how long each took, in ms."""
    waits: list[float] = []
    verdict = Verdict(State.WHOLE, width=160, height=120)
    while goes_on(len(waits)):
        begun = time.monotonic()
        moment = END + timedelta(days=1, seconds=len(waits))
        services.album.add("sofa", Frame(data, min(moment, datetime.now(UTC))), verdict)
        waits.append(1000 * (time.monotonic() - begun))
        time.sleep(PAUSE_S)
    return waits


def most_mb(pid: int) -> float:
    """Return the most memory a process has held so far, in MB; 0 when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    main()
