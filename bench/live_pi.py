"""What live costs on the Pi-like machine, by the number of watchers: Pucci beside ustreamer and Motion.

    .venv/bin/python -m bench.live_pi [--watchers 0,1,10,50] [--seconds 20]

One camera (640x480 at 10 frames a second), one program at a time, all in one run. CPU is counted in
instructions, of the server's process alone; readers are plain sockets in the guest, and their time is not
counted. ustreamer and Pucci pass the camera's frames on; Motion decodes them and encodes them again.
"""

import argparse
import json
import shlex
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.pi import frames
from tests.pi.lab import DEVICE, Pi, plug_in_camera, running_pi, wait_for

PORT = 8100
STREAM = "/media/live/sofa.mjpeg"
MOTION = f"""daemon off
videodevice {{device}}
width 640
height 480
framerate 10
v4l2_palette 8
emulate_motion off
threshold 307200
picture_output off
movie_output off
webcontrol_port 0
stream_port {PORT}
stream_localhost on
stream_maxrate 10
stream_quality 80
target_dir /tmp
"""
# In the guest: someone of the family, signed in so often that each has four streams; prints the cookies.
SIGN_IN = """
import sys
from pathlib import Path
from pucci.accounts import Role
from pucci.clock import SystemClock
from pucci.services import build
from pucci.settings import Settings
from pucci.web import cookie
services = build(Settings(data_dir=Path("/tmp/bench")), clock=SystemClock())
bob = services.accounts.users.add("Bob", "bob@example.org", Role.FAMILY, None)
starts, box = services.accounts.sessions.start, cookie.box(services.secret_key)
tokens = [starts(bob, address="bench", device="bench") for _ in range(int(sys.argv[1]) // 4 + 1)]
print(",".join(cookie.NAME + "=" + box.dumps({cookie.TOKEN: token}) for token in tokens))
"""
# In the guest: COUNT readers for SECONDS; prints the server's CPU, their frames and its memory, as JSON.
WATCH = """
import glob, json, re, selectors, socket, sys, time
pid, port, path, cookies, count, seconds = sys.argv[1:]
cookies = cookies.split(",")
chooser, socks = selectors.DefaultSelector(), []
for number in range(int(count)):
    cookie = cookies[min(number // 4, len(cookies) - 1)]
    sock = socket.create_connection(("127.0.0.1", int(port)), timeout=60)
    sock.sendall(f"GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nCookie: {cookie}\\r\\n\\r\\n".encode())
    chooser.register(sock, selectors.EVENT_READ)
    socks.append(sock)
buffer = bytearray(262144)
def read(seconds):
    taken, end = 0, time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        if not socks:
            time.sleep(left)
        for key, _ in chooser.select(left) if socks else ():
            size = key.fileobj.recv_into(buffer)
            assert size, "a stream ended"
            taken += buffer.count(b"image/jpeg", 0, size)
    return taken
def cpu():
    return sum(int(open(one).read().split()[0]) for one in glob.glob(f"/proc/{pid}/task/*/schedstat")) / 1e9
read(5)
before, begun = cpu(), time.monotonic()
taken = read(float(seconds))
spent, passed = cpu() - before, time.monotonic() - begun
memory = int(re.search(r"Pss: +(\\d+)", open(f"/proc/{pid}/smaps_rollup").read())[1]) / 1024
print(json.dumps({"cpu": 100 * spent / passed, "fps": taken / passed / max(1, int(count)), "pss": memory}))
"""


def pucci(pi: Pi, most: int) -> tuple[str, str]:
    """Return Pucci's command, and the cookies of somebody who may watch."""
    cookie = pi.ok(f"PYTHONPATH=/opt/pucci python3 -c {shlex.quote(SIGN_IN)} {most}", timeout=180).split()[-1]
    words = (
        f"env PUCCI_DATA_DIR=/tmp/bench PUCCI_CAMERAS_SOFA_DRIVER=v4l2 PUCCI_CAMERAS_SOFA_DEVICE={DEVICE}"
        f" PUCCI_CAPTURE_INTERVAL_S=86400 PUCCI_LIVE_MAX_WATCHERS={most}"
    )
    return f"{words} pucci serve --port {PORT}", cookie


def ustreamer(_pi: Pi, _most: int) -> tuple[str, str]:
    """Return ustreamer's command: the camera's frames as they are."""
    return f"ustreamer -d {DEVICE} -r 640x480 -f 10 -m MJPEG -c HW --host 127.0.0.1 -p {PORT}", ""


def motion(pi: Pi, _most: int) -> tuple[str, str]:
    """Return Motion's command: no recording, no detection that finds anything."""
    pi.ok(f"printf %s {shlex.quote(MOTION.format(device=DEVICE))} >/tmp/motion.conf")
    return "motion -c /tmp/motion.conf", ""


PROGRAMS: dict[str, tuple[Callable[[Pi, int], tuple[str, str]], str]] = {
    "Pucci": (pucci, STREAM),
    "ustreamer": (ustreamer, "/stream"),
    "Motion": (motion, "/"),
}


def measure(pi: Pi, name: str, counts: list[int], seconds: float) -> list[dict[str, float]]:
    """Run one program, and watch it with each number of watchers."""
    make, path = PROGRAMS[name]
    command, cookie = make(pi, max(counts) + 1)
    pi.ok(f"systemd-run --quiet --collect --unit=bench {command}")
    try:
        listens = f"ss -ltn | grep -q ':{PORT} '"
        wait_for(lambda: pi.run(listens)[0] == 0, 240, f"port of {name}")
        pid = pi.ok("systemctl show -P MainPID bench").strip()
        found = []
        for count in counts:
            words = [pid, str(PORT), path, cookie, str(count), str(seconds)]
            watch = " ".join(["python3", "-c", shlex.quote(WATCH), *map(shlex.quote, words)])
            found.append(json.loads(pi.ok(watch, timeout=600).splitlines()[-1]))
            print(f"{name}, {count}: {found[-1]}", flush=True)
            pi.ok("sleep 8", timeout=120)  # the camera closes, where a program closes it
        return found
    finally:
        pi.run("systemctl stop bench")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--watchers", default="0,1,10,50")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--programs", default=",".join(PROGRAMS))
    options = parser.parse_args()
    counts = [int(word) for word in options.watchers.split(",")]
    with tempfile.TemporaryDirectory() as folder, running_pi(counted=True) as pi:
        played = Path(folder) / "frames"
        frames.make(played)
        plug_in_camera(pi, played)
        rows = {name: measure(pi, name, counts, options.seconds) for name in options.programs.split(",")}
    print(f"| CPU, frames/s, PSS | {' | '.join(f'{count} watch' for count in counts)} |")
    print("| --- |" + " --- |" * len(counts))
    for name, row in rows.items():
        cells = [f"{one['cpu']:.1f} %, {one['fps']:.1f}, {one['pss']:.1f} MB" for one in row]
        print(f"| {name} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
