"""Fuzz the verdict by hand, guided by coverage (https://github.com/google/atheris, not a dependency).

    pip install atheris
    python -m tests.jpeg.fuzz FOLDER -max_total_time=3600 -timeout=5 -rss_limit_mb=500

FOLDER is filled with small good and damaged frames first, and keeps what is found. Any exception, anything
slower than five seconds, and more than 500 MB is a finding; it becomes a test in test_alone.py.
"""

import copy
import importlib
import random
import sys
from pathlib import Path
from typing import Any

from tests.jpeg import harm
from tests.jpeg.rooms import Room, room


def fill(folder: Path) -> None:
    """Put frames into the folder: of 40 cameras' habits, small, whole and in every way damaged."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in range(40):
        here = room(seed, "tuning")
        if here.habits.width > 352:
            continue
        frames = [here.frame(0), here.frame(1)]
        (folder / f"good-{seed}.jpg").write_bytes(frames[0])
        for name, do in harm.BYTES.items():
            bad = do(frames[1], frames[0], random.Random(f"{seed} {name}"))
            (folder / f"{name.replace(' ', '-')}-{seed}.jpg").write_bytes(bad)


def _tuning(seed: int) -> Room:
    return room(seed, "tuning")


def main() -> None:
    """Fuzz until told to stop."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["pucci.jpeg", "pucci.photo"]):
        from pucci import jpeg

    here = next(found for found in map(_tuning, range(99)) if found.habits.width == 320)
    experienced = jpeg.Witness()
    for number in range(2):
        experienced.judge(here.frame(number), deep=True)

    def one(data: bytes) -> None:
        witness = copy.deepcopy(experienced)
        witness.judge(data, deep=True)
        witness.judge(data)

    fill(Path(sys.argv[1]))
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
