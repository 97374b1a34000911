"""What pages of the album cost with few photos and with very many.

    .venv/bin/python -m bench.album [--photos 300,10000,100000] [--rounds 1000]

Albums of drawn photos, one every five minutes and every fifth kept, so that a day has 288 and a page of
kept ones is full in each. They are asked in turns in one process, so that what else the machine does strikes
all alike; pages come from the real site without a network. Memory is that of a process of its own (PSS),
after 200 pages of each sort. Purge deletes one photo at a time, the oldest that is not kept.
"""

import argparse
import gc
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.serve import pss_mb
from pucci import demo
from pucci.accounts import Role
from pucci.accounts.apitokens import Scope
from pucci.album import Place
from pucci.album.bulk import Bulk
from pucci.services import Services, build
from pucci.settings import CameraSettings, ClockSettings, Settings

# The last slot of a day long gone: no photo is of the future, and no slot of it is on record.
END = datetime(2026, 6, 30, 23, 55, tzinfo=UTC)
STEP = timedelta(minutes=5)
WARM = 20


def settings_for(folder: Path) -> Settings:
    return Settings(
        data_dir=folder,
        cameras={"sofa": CameraSettings(driver="synthetic")},
        clock=ClockSettings(timezone="UTC", trust="always"),
    )


def furnish(folder: Path, count: int) -> None:
    """Fill an album; small pictures, because no page here opens one."""
    services = build(settings_for(folder))
    services.accounts.users.add("Gwen", "gwen@example.org", Role.OWNER, "x")
    plan = demo.Plan("sofa", END, STEP, count, UTC, width=160, height=120, kept=5, has_gaps=False)
    bulk = Bulk(services.db, services.album.files, "sofa", slots_since=END + STEP, keeper=1)
    bulk.fill(demo.drawn(plan))
    services.close()


class House:
    """An open album, with somebody signed in."""

    def __init__(self, folder: Path) -> None:
        from pucci.web import cookie
        from pucci.web.site import create_app

        self.services: Services = build(settings_for(folder))
        self.client = create_app(self.services).test_client()
        person = self.services.accounts.users.find("gwen@example.org")
        session = self.services.accounts.sessions.start(person, address="127.0.0.1", device="bench")
        value = cookie.box(self.services.secret_key).dumps({cookie.TOKEN: session})
        self.client.set_cookie("pucci", value if isinstance(value, str) else value.decode())
        self.token = self.services.accounts.tokens.make("bench", frozenset([Scope.NEWEST]))
        kept = self.services.album.kept.page(None, 61)
        total = self.services.album.index.count()
        # A page from the middle of all that is kept; of few there is the first alone.
        middle = END - STEP * (total // 2)
        self.place = Place(middle if total > 1000 else kept[0].taken_at + STEP, 0)
        # Between each photo that is not kept and the next one.
        photos = self.services.album.index.after(0, 1000)
        self.moments = iter([photo.taken_at + STEP / 2 for photo in photos if not photo.kept])

    def day(self) -> None:
        self.get("/album/2026-06-30")

    def kept(self) -> None:
        self.get(f"/kept?after={self.place}")

    def newest(self) -> None:
        self.get("/api/cameras/sofa/newest", Authorization=f"Bearer {self.token}")

    def purge(self) -> None:
        gone = self.services.album.purge(self.services.clock.now() - next(self.moments))
        assert gone == 1, gone

    def get(self, path: str, **headers: str) -> None:
        answer = self.client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.status_code)


def one_round(houses: dict[int, House], name: str, times: dict[int, list[float]]) -> None:
    for count, house in houses.items():
        work: Callable[[], None] = getattr(house, name)
        begun = time.perf_counter()
        work()
        times[count].append(1000 * (time.perf_counter() - begun))


def measure(houses: dict[int, House], rounds: int) -> dict[str, dict[int, list[float]]]:
    """Return milliseconds by what was asked for and number of photos; purge, which takes some, comes last."""
    found: dict[str, dict[int, list[float]]] = {}
    for name in ("day", "kept", "newest", "purge"):
        for _ in range(WARM if name != "purge" else 0):
            one_round(houses, name, {count: [] for count in houses})
        gc.collect()
        gc.freeze()
        times: dict[int, list[float]] = {count: [] for count in houses}
        for _ in range(rounds if name != "purge" else min(rounds, 200)):
            one_round(houses, name, times)
        found[name] = times
    return found


def p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def memory(folder: Path) -> float:
    """Return the PSS of a process of its own that answers 200 pages of each sort, in MB."""
    command = [sys.executable, "-m", "bench.album", "--memory-of", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def memory_here(folder: Path) -> None:
    import os

    house = House(folder)
    for work in (house.day, house.kept, house.newest):
        for _ in range(200):
            work()
    print(json.dumps(pss_mb(os.getpid())))


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", default="300,10000,100000")
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--memory-of", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory_of:
        memory_here(options.memory_of)
        return
    counts = [int(count) for count in options.photos.split(",")]
    with tempfile.TemporaryDirectory() as where:
        folders = {count: Path(where) / str(count) for count in counts}
        for count, folder in folders.items():
            furnish(folder, count)
        used = {count: memory(folder) for count, folder in folders.items()}
        houses = {count: House(folder) for count, folder in folders.items()}
        found = measure(houses, options.rounds)
        for house in houses.values():
            house.services.close()
    print(f"| ms, median / p99 | {' | '.join(f'{count:,}' for count in counts)} | p99, most to least |")
    print("| --- |" + " --- |" * (len(counts) + 1))
    for name, times in found.items():
        cells = [f"{statistics.median(times[c]):.2f} / {p99(times[c]):.2f}" for c in counts]
        print(f"| {name} | {' | '.join(cells)} | {p99(times[counts[-1]]) / p99(times[counts[0]]):.2f} |")
    cells = [f"{used[count]:.1f}" for count in counts]
    print(f"| memory, MB | {' | '.join(cells)} | {used[counts[-1]] - used[counts[0]]:+.1f} |")


if __name__ == "__main__":
    main()
