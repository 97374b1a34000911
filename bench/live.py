"""What live costs on this machine: CPU, rate, memory and delay, by the number of watchers.

    .venv/bin/python -m bench.live [--watchers 0,1,10,100] [--seconds 10] [--fps 15]

The server is the real one, in a process of its own, with a camera that plays frames of about 35 KB from
memory. Readers are plain sockets in this process; what a frame was late is the time in its part's header
against this machine's clock when its last byte was read.
"""

import argparse
import io
import json
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bench.serve import pss_mb
from pucci.photo import Frame

FRAME_BYTES = 35_000
EACH = 4  # streams a session may have


class Player:
    """A camera that plays frames from memory at a steady rate."""

    stands_in = False
    name = "sofa"

    def __init__(self, frames: list[bytes], fps: float) -> None:
        self._frames, self._fps = frames, fps

    def open(self) -> "Player":
        self._next, self._number = time.monotonic(), 0
        return self

    def read(self, timeout_s: float) -> Frame:  # noqa: ARG002
        self._next += 1 / self._fps
        time.sleep(max(0.0, self._next - time.monotonic()))
        self._number += 1
        return Frame(self._frames[self._number % len(self._frames)], datetime.now(UTC))

    def close(self) -> None:
        pass

    def describe(self) -> str:
        return "recorded frames"


def frames_of(size: int) -> list[bytes]:
    """Return some frames of about that many bytes: the drawn dog, each with its own noise."""
    from PIL import Image, ImageChops

    source = Path(__file__).parent.parent / "src/pucci/web/site/static/img/hero.jpg"
    with Image.open(source) as picture:
        room = picture.convert("RGB").resize((640, 480))
    frames = []
    for number in range(10):
        noisy = ImageChops.add(room, Image.effect_noise((640, 480), 12 + number % 3).convert("RGB"), 2, -64)
        out = io.BytesIO()
        for quality in range(90, 20, -2):
            out = io.BytesIO()
            noisy.save(out, "JPEG", quality=quality)
            if len(out.getvalue()) <= size:
                break
        frames.append(out.getvalue())
    return frames


def server(folder: str, fps: float, most: int) -> None:
    """Run the real server with the player as its camera (in the child process)."""
    from pucci.accounts import Role
    from pucci.capture import Eye, Hub
    from pucci.clock import SystemClock
    from pucci.services import build
    from pucci.settings import AccountSettings, CameraSettings, LiveSettings, ServerSettings, Settings
    from pucci.web import cookie
    from pucci.web.server import listen, run

    settings = Settings(
        data_dir=Path(folder),
        accounts=AccountSettings(bcrypt_cost=10),
        server=ServerSettings(port=0),
        live=LiveSettings(max_watchers=most, max_fps=60),
        cameras={"sofa": CameraSettings(driver="synthetic")},
    )
    clock = SystemClock()
    services = build(settings, clock=clock)
    person = services.accounts.users.add("Bob", "bob@example.org", Role.FAMILY, None)
    box = cookie.box(services.secret_key)
    starts = services.accounts.sessions.start
    tokens = [starts(person, address="bench", device="bench") for _ in range(most // EACH + 1)]
    player = Player(frames_of(FRAME_BYTES), fps)
    services = replace(services, hubs={"sofa": Hub(Eye(player, clock=clock), clock=clock, max_fps=60)})
    sock = listen(settings.server)
    cookies = [f"{cookie.NAME}={box.dumps({cookie.TOKEN: token})}" for token in tokens]
    print(json.dumps({"port": sock.getsockname()[1], "cookies": cookies}), flush=True)
    run(services, sock)


class Crowd:
    """Many readers of one stream, in one thread."""

    def __init__(self, port: int, cookies: list[str], count: int) -> None:
        self._selector = selectors.DefaultSelector()
        self.parts = {}
        self._tails: dict[int, bytes] = {}
        self.delays: list[float] = []
        self._timed = -1
        self._by_descriptor: dict[int, socket.socket] = {}
        self._socks = [self._join(port, cookies[number // EACH]) for number in range(count)]

    def _join(self, port: int, cookie: str) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", port), timeout=20)
        sock.sendall(
            f"GET /media/live/sofa.mjpeg HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n".encode()
        )
        sock.setblocking(False)
        self._by_descriptor[sock.fileno()] = sock
        self._timed = sock.fileno()
        self._selector.register(sock, selectors.EVENT_READ)
        self.parts[sock.fileno()], self._tails[sock.fileno()] = 0, b""
        return sock

    def read(self, seconds: float) -> None:
        """Read all there is for so long. Delays are taken from the last to join, which is served last."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for key, _ in self._selector.select(0.1):
                data = self._by_descriptor[key.fd].recv(262_144)
                if not data:
                    raise SystemExit("a stream ended")
                self._count(key.fd, data)

    def _count(self, fd: int, data: bytes) -> None:
        data = self._tails[fd] + data
        ends = data.count(b"\r\n--frame\r\n")
        self.parts[fd] += ends
        if fd == self._timed and ends:
            stamp = data.rfind(b"x-timestamp: ", 0, data.rfind(b"\r\n--frame\r\n"))
            if stamp >= 0:
                self.delays.append(time.time() - float(data[stamp + 13 : data.index(b"\r", stamp)]))
        # Enough of the end to hold a part's head, or half an edge.
        last = data.rfind(b"\r\n--frame\r\n")
        self._tails[fd] = (
            data[last + 3 :] if last >= 0 and fd == self._timed else data[-10:] if fd != self._timed else data
        )

    def close(self) -> None:
        for sock in self._socks:
            sock.close()


def cpu_s(pid: int) -> float:
    """Return the seconds all threads of a process ran, to the nanosecond (proc(5), schedstat)."""
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--watchers", default="0,1,10,100")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--fps", type=float, default=15)
    parser.add_argument("--server", help=argparse.SUPPRESS)
    options = parser.parse_args()
    counts = [int(word) for word in options.watchers.split(",")]
    if options.server:
        server(options.server, options.fps, max(counts) + 1)
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "bench.live", "--server", folder]
        command += ["--fps", str(options.fps), "--watchers", options.watchers]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            assert child.stdout is not None
            where = json.loads(child.stdout.readline())
            time.sleep(1)
            at_rest = pss_mb(child.pid)
            print("| watchers | CPU of a core | frames/s, least and mean | PSS | delay median, p99 |")
            print("| --- | --- | --- | --- | --- |")
            for count in counts:
                measure(child.pid, where, count, options.seconds, at_rest)
        finally:
            child.terminate()
            child.wait(10)


def measure(pid: int, where: dict, count: int, seconds: float, at_rest: float) -> None:
    crowd = Crowd(where["port"], where["cookies"], count)
    crowd.read(2) if count else time.sleep(2)
    before, parts, begun = cpu_s(pid), dict(crowd.parts), time.monotonic()
    crowd.delays.clear()
    crowd.read(seconds) if count else time.sleep(seconds)
    spent, passed = cpu_s(pid) - before, time.monotonic() - begun
    memory = pss_mb(pid)
    rates = [(crowd.parts[fd] - parts[fd]) / passed for fd in crowd.parts] or [0.0]
    late = sorted(crowd.delays)
    delay = (
        f"{1000 * statistics.median(late):.1f}, {1000 * late[int(len(late) * 0.99)]:.1f} ms" if late else ""
    )
    print(
        f"| {count} | {100 * spent / passed:.1f} % | {min(rates):.1f}, {statistics.mean(rates):.1f} "
        f"| {memory:.1f} MB ({memory - at_rest:+.1f}) | {delay} |",
        flush=True,
    )
    crowd.close()
    time.sleep(7)


if __name__ == "__main__":
    main()
