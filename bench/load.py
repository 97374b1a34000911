"""A flood: what becomes of slots, pages and watchers while `wrk` asks as fast as it can.

    .venv/bin/python -m bench.load [--seconds 60] [--connections 200] [--watchers 50] [--path /]

The server is `pucci serve` with the drawn camera and a slot every few seconds; watchers are plain sockets
that read their streams to the full. wrk runs on the same machine, and takes a good part of it.
"""

import argparse
import json
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any, Final
from urllib.parse import urlsplit

from bench.serve import pss_mb, serving
from pucci import services as parts_list
from pucci.accounts import Role
from pucci.services import Services
from pucci.settings import CameraSettings, Settings
from pucci.web import cookie

SCRIPT: Final = Path(__file__).with_suffix(".lua")
INTERVAL_S: Final = 4.0
EACH: Final = 4  # streams a session may have
HOUSE: Final = {
    "PUCCI_CAMERAS_SOFA_WIDTH": "320",
    "PUCCI_CAMERAS_SOFA_HEIGHT": "240",
    "PUCCI_CAPTURE_INTERVAL_S": f"{INTERVAL_S:g}",
    "PUCCI_LIVE_MAX_WATCHERS": "100",
    "PUCCI_LIVE_MAX_FPS": "5",
    "PUCCI_FILMS_NIGHTLY": "false",
}


@dataclass(frozen=True)
class Flood:
    """What came of it. `fewest` is the frames the unluckiest watcher got, a second."""

    slots: int
    missed: Mapping[str, str]
    answers: Mapping[str, int]
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    timeouts: int
    broken: int
    fewest: float
    watching: int
    pss_mb: float

    @property
    def faults(self) -> dict[str, int]:
        """Answers that are neither well nor a deliberate 503, by status."""
        return {status: count for status, count in self.answers.items() if status not in ("200", "503-later")}

    @property
    def rate(self) -> float:
        """Pages that were answered well, a second."""
        return self.answers.get("200", 0) / self.seconds


def flood(folder: Path, *, seconds: float, connections: int, watchers: int, path: str = "/") -> Flood:
    """Flood a server of its own in an empty folder, and say what came of it."""
    with house(folder) as services:
        keys = [key_of(services) for _ in range(watchers // EACH + 1)]
        with serving(str(folder), **HOUSE) as (pid, address, _):
            place = urlsplit(address)
            assert place.port is not None
            with Watching(place.port, keys, watchers) as watching:
                time.sleep(INTERVAL_S)  # the camera is open, and the first slot filled
                begun, before = datetime.now(UTC), list(watching.frames)
                told = run_wrk(f"{address}{path}", seconds=seconds, connections=connections)
                ended = datetime.now(UTC)
                got = [after - one for after, one in zip(watching.frames, before, strict=True)]
                memory, still = pss_mb(pid), watching.alive
            time.sleep(INTERVAL_S)
        step = timedelta(seconds=INTERVAL_S)
        slots = services.album.slots.day("sofa", begun, ended - step, INTERVAL_S)
    missed = {f"{slot.due_at:%H:%M:%S}": slot.reason for slot in slots if not slot.filled}
    fewest = min(got, default=0) / (ended - begun).total_seconds()
    return Flood(slots=len(slots), missed=missed, fewest=fewest, watching=still, pss_mb=memory, **told)


def run_wrk(url: str, *, seconds: float, connections: int) -> dict[str, Any]:
    """Let wrk ask for a page as fast as it can; return what its script says."""
    command = ["wrk", "-t", "2", "-c", str(connections), "-d", f"{seconds:g}s", "--timeout", "10s"]
    done = subprocess.run([*command, "-s", str(SCRIPT), url], capture_output=True, text=True, check=True)
    line = next(line for line in done.stdout.splitlines() if line.startswith("JSON "))
    return json.loads(line.removeprefix("JSON "))


@contextmanager
def house(folder: Path) -> Iterator[Services]:
    """Build a house with one person in it."""
    drawn = CameraSettings(driver="synthetic", width=320, height=240)
    built = parts_list.build(Settings(data_dir=folder, cameras={"sofa": drawn}))
    built.accounts.users.add("Bob", "bob@example.org", Role.FAMILY, "x")
    yield built
    built.close()


def key_of(services: Services) -> str:
    """Return the cookie of the person, signed in."""
    person = services.accounts.users.find("bob@example.org")
    assert person is not None
    token = services.accounts.sessions.start(person, address="127.0.0.1", device="bench")
    value = cookie.box(services.secret_key).dumps({cookie.TOKEN: token})
    return value if isinstance(value, str) else value.decode()


class Watching:
    """So many watchers, all read by one thread; `frames` counts what each got."""

    def __init__(self, port: int, keys: list[str], count: int) -> None:
        self.frames = [0] * count
        self.alive = count
        self._stop = Event()
        self._port, self._keys = port, keys
        self._thread = Thread(target=self._read, daemon=True)

    def __enter__(self) -> "Watching":
        ask = "GET /media/live/sofa.mjpeg HTTP/1.1\r\nHost: localhost\r\nCookie: pucci={}\r\n\r\n"
        self._socks = []
        for number in range(len(self.frames)):
            sock = socket.create_connection(("127.0.0.1", self._port), timeout=10)
            sock.sendall(ask.format(self._keys[number // EACH]).encode())
            sock.setblocking(False)
            self._socks.append(sock)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        for sock in self._socks:
            sock.close()

    def _read(self) -> None:
        with selectors.DefaultSelector() as selector:
            for number, sock in enumerate(self._socks):
                selector.register(sock, selectors.EVENT_READ, number)
            while not self._stop.is_set():
                for ready, _ in selector.select(0.2):
                    try:
                        data = ready.fileobj.recv(262_144)  # type: ignore[union-attr]
                    except OSError:
                        data = b""
                    self.frames[ready.data] += data.count(b"--frame")
                    if not data:
                        selector.unregister(ready.fileobj)
                        self.alive -= 1


def main() -> None:
    """Flood, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--connections", type=int, default=200)
    parser.add_argument("--watchers", type=int, default=50)
    parser.add_argument("--path", default="/")
    asked = parser.parse_args()
    beside = Path("/proc/loadavg").read_text().split()[0]
    print(f"load before: {beside}", file=sys.stderr)
    with tempfile.TemporaryDirectory() as folder:
        found = flood(
            Path(folder),
            seconds=asked.seconds,
            connections=asked.connections,
            watchers=asked.watchers,
            path=asked.path,
        )
    print("| What | Value | Goal |\n| --- | --- | --- |")
    print(f"| slots due, missed | {found.slots}, {len(found.missed)} {found.missed or ''} | none missed |")
    print(f"| answers by status | {dict(found.answers)} | no 5xx but a deliberate 503 |")
    print(f"| pages a second | {found.rate:.0f} | |")
    print(
        f"| median, p99, longest | {found.p50_ms:.0f}, {found.p99_ms:.0f}, {found.max_ms:.0f} ms | p99 1 s |"
    )
    print(f"| timeouts, broken | {found.timeouts}, {found.broken} | none |")
    print(f"| watchers still there, frames a second of the last | {found.watching}, {found.fewest:.1f} | |")
    print(f"| memory (PSS) | {found.pss_mb:.1f} MB | |")


if __name__ == "__main__":
    main()
