"""What one photo costs on the Pi-like machine: Pucci beside fswebcam, the same camera, the same run.

    .venv/bin/python -m bench.snap [--runs 3]

CPU seconds, user and system, least of the runs: of `fswebcam` taking its picture; of `pucci snap`, which
starts a Python each time; and of one slot of a `pucci camera` that runs anyway, where each slot's CPU is
what the process used more than while it waited.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from tests.pi import frames
from tests.pi.lab import Pi, plug_in_camera, running_pi, wait_for

FSWEBCAM = "fswebcam -q -d /dev/video0 -r 640x480 --jpeg 80 -S 13 --no-banner /tmp/theirs.jpg"
OURS = "PUCCI_DATA_DIR=/tmp/bench PUCCI_CAMERAS_SOFA_DRIVER=v4l2 PUCCI_CAMERAS_SOFA_SKIP=13"
INTERVAL_S = 10


def process_cpu_s(pi: Pi, pid: str) -> float:
    """Return the CPU seconds of all threads of a process, by the scheduler's own count."""
    said = pi.ok(f"cat /proc/{pid}/task/*/schedstat")
    return sum(int(line.split()[0]) for line in said.splitlines()) / 1e9


def slot_cpu_s(pi: Pi, slots: int) -> float:
    """Return the CPU seconds of one slot of a running daemon."""
    pi.ok(
        "systemd-run --quiet --unit=bench"
        f" env {OURS} PUCCI_CAPTURE_INTERVAL_S={INTERVAL_S} pucci camera --port 0"
    )
    try:
        pid = pi.ok("systemctl show -P MainPID bench").strip()
        photos = "find /tmp/bench/photos -name '*.jpg' | wc -l"
        start = int(pi.ok(photos))
        wait_for(lambda: int(pi.ok(photos)) >= start + 2, 120, "the daemon's first photos")
        before, count, begun = process_cpu_s(pi, pid), int(pi.ok(photos)), time.monotonic()
        time.sleep(INTERVAL_S * slots)
        after, taken = process_cpu_s(pi, pid), int(pi.ok(photos)) - count
        print(f"daemon: {taken} slots in {time.monotonic() - begun:.0f} s")
        return (after - before) / max(1, taken)
    finally:
        pi.run("systemctl stop bench")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder, running_pi() as pi:
        played = Path(folder) / "frames"
        frames.make(played)
        plug_in_camera(pi, played)
        pi.ok(f"{OURS} pucci snap", timeout=120)  # makes the database
        theirs = [pi.cpu_seconds(FSWEBCAM) for _ in range(runs)]
        ours = [pi.cpu_seconds(f"env {OURS} pucci snap", timeout=120) for _ in range(runs)]
        slot = slot_cpu_s(pi, slots=6)
    print("| One photo, 640x480, 13 frames skipped | CPU |\n| --- | --- |")
    print(f"| fswebcam | {min(theirs):.2f} s (median {statistics.median(theirs):.2f}) |")
    print(f"| a slot of a running Pucci | {slot:.2f} s |")
    print(f"| `pucci snap`, Python started anew | {min(ours):.2f} s (median {statistics.median(ours):.2f}) |")


if __name__ == "__main__":
    main()
