"""`python -m tests.faults.months FOLDER DAYS`: Pucci by a fast clock, with all that happens in a life.

Each slot is the real pipeline: an opened camera, a judged frame, a photo with its fsyncs, a purge. Every day
the camera is ill for some slots in one of its ways, a photo is starred, the day before becomes a film, and
somebody looks; every ninth day Pucci is started anew. For each day a line of JSON is printed.
"""

import gc
import json
import random
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pucci.album.check import check
from pucci.album.sheets import Kind, plan
from pucci.capture import Eye, Gate
from pucci.capture.daemon import CameraLoop, _give_back_memory
from pucci.capture.recall import Recall
from pucci.services import build
from pucci.settings import CameraSettings, CaptureSettings, ClockSettings, Settings
from tests.fakes import FakeClock
from tests.faults.faulty import ALL, FaultyCamera
from tests.people import ALICE
from tests.web.house import move_in

START = datetime(2026, 6, 1, tzinfo=UTC)
STEP = timedelta(minutes=5)
SLOTS = 288
DAY = timedelta(days=1)
ILL_SLOTS = 3
RESTART_DAYS = 9


class Life:
    """One Pucci, started anew now and then."""

    def __init__(self, folder: Path) -> None:
        self.clock = FakeClock(START)
        self.dice = random.Random(8)
        self.settings = Settings(
            data_dir=folder,
            cameras={"sofa": CameraSettings(driver="synthetic", skip=0)},
            clock=ClockSettings(timezone="UTC"),
            capture=CaptureSettings(retry_pause_s=60),  # asking an ill camera is what takes long here
        )
        self.camera = FaultyCamera(self.clock, size=(320, 240))
        self.slots = 0
        self.start()
        move_in(self.services, ALICE)

    def start(self) -> None:
        self.services = build(self.settings, clock=self.clock)
        album = self.services.album
        album.adopt_recent()
        eye = Eye(self.camera, clock=self.clock, recall=Recall("sofa", album, clock=self.clock))
        self.loop = CameraLoop(
            Gate(eye, self.services.privacy["sofa"], clock=self.clock),
            album,
            self.settings,
            clock=self.clock,
            stop=threading.Event(),
            holds_since=self.services.films.holds_since,
        )

    def day(self) -> None:
        ill = self.ills()
        for number in range(SLOTS):
            due = START + self.slots * STEP
            self.clock.advance((due - self.clock.now()).total_seconds())
            if number in ill:
                self.camera.modes, self.camera.well_at = ill[number], due + ILL_SLOTS * STEP
            self.loop._guarded(due, first=False)
            self.slots += 1
            if number % 12 == 2:
                self.services.films.work()
        self.look()
        self.camera.given.clear()  # what the camera remembers for other tests is not Pucci's memory

    def ills(self) -> dict[int, tuple[str, ...]]:
        """Return at which slots of the day the camera falls ill, and how: in all ways in the first two days.

        What Pucci needs for each, it has loaded then, and may not grow any more.
        """
        if self.slots < 2 * SLOTS:
            half = ALL[:: 2 if self.slots else -2]
            return {2 * ILL_SLOTS * number: modes for number, modes in enumerate(half, 1)}
        return {self.dice.randrange(1, SLOTS - ILL_SLOTS): self.dice.choice(ALL)}

    def look(self) -> None:
        """Look at the day, and keep a photo of it."""
        album, end = self.services.album, START + self.slots * STEP
        photos = album.between("sofa", end - DAY, end)[::-1]
        for photo in photos[::12]:
            album.thumb(photo)
        album.sheets.get(plan(Kind.DAY, "sofa", end - DAY, end, photos))
        (alice,) = self.services.accounts.users.all()
        album.kept.keep(self.dice.choice(photos).id, alice.id)

    def figures(self) -> dict[str, object]:
        gc.collect()
        _give_back_memory()
        rollup = Path("/proc/self/smaps_rollup").read_text()
        album, end = self.services.album, START + self.slots * STEP
        slots = album.slots.between("sofa", end - DAY, end)
        return {
            "pss_kb": next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:")),
            "descriptors": len(list(Path("/proc/self/fd").iterdir())),
            "threads": threading.active_count(),
            "rows": album.index.count(),
            "files": sum(1 for _ in album.files.names()),
            "films": len(album.films.newest(1000)),
            "slots": len(slots),
            "missed": sum(not slot.filled for slot in slots),
            "without reason": sum(not slot.filled and not slot.reason for slot in slots),
        }


def main() -> None:
    life = Life(Path(sys.argv[1]))
    for day in range(1, int(sys.argv[2]) + 1):
        life.day()
        if day % RESTART_DAYS == 0:
            life.services.close()
            life.start()
        print(json.dumps({"day": day, **life.figures()}), flush=True)
    print(json.dumps({"found": [str(found) for found in check(life.services.album)]}))
    life.services.close()


if __name__ == "__main__":
    main()
