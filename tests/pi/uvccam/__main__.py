"""The camera as a program: it waits for the kernel and for commands, and answers both."""

import argparse
import json
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from .camera import KINDS, Camera
from .descriptors import Size
from .send import send

# Seconds until a plug that the kernel dropped is put back.
DROPPED_S = 1.0


class Operator:
    """Whoever stands beside the camera: carries out commands."""

    def __init__(self, camera: Camera) -> None:
        self.camera = camera
        self.replug_at: float | None = None
        self.ended = False

    def obey(self, line: str) -> dict[str, object]:
        """Carry out one command, and return the answer."""
        try:
            self._obey(*line.split())
        except (IndexError, KeyError, TypeError, ValueError) as error:
            return {"error": f"{line!r} is no command: {error}"}
        return self.camera.stat()

    def _obey(self, command: str, *words: str) -> None:
        camera = self.camera
        match command:
            case "stat":
                pass
            case "fps":
                camera.fps = float(words[0])
            case "die":
                camera.frames_left = int(words[0])
            case "unplug":
                seconds = float(words[0]) if words else 0
                camera.unplug()
                self.replug_at = time.monotonic() + seconds if seconds > 0 else None
            case "plug":
                self.replug_at = None
                camera.plug()
            case "quit":
                camera.unplug()
                self.ended = True
            case "once":
                camera.once = _fault(words)
            case _:
                camera.fault = _fault((command, *words))

    def replug_when_due(self) -> float | None:
        """Put the plug back if it is time; return the seconds until it is."""
        if self.replug_at is None:
            return None
        left = self.replug_at - time.monotonic()
        if left > 0:
            return left
        self.replug_at = None
        self.camera.plug()
        return None


def _fault(words: tuple[str, ...]) -> tuple[str, list[str]]:
    kind, *rest = words
    if kind not in KINDS:
        raise ValueError(kind)
    needed = {"truncate": 1, "corrupt": 1, "zerotail": 1, "lost": 1, "mix": 2}.get(kind, 0)
    if len(rest) != needed:
        raise ValueError(f"{kind} takes {needed} numbers")
    for number in rest[-1:]:
        float(number)
    return kind, rest


def serve(camera: Camera, control: socket.socket) -> None:
    """Play until told to quit."""
    operator = Operator(camera)
    camera.plug()
    while not operator.ended:
        waits = [wait for wait in (camera.send_due(), operator.replug_when_due()) if wait is not None]
        sources = [control, *([camera.wire.socket] if camera.wire else [])]
        ready, _, _ = select.select(sources, [], [], min(waits, default=None))
        if control in ready:
            line, sender = control.recvfrom(256)
            answer = operator.obey(line.decode())
            if sender:
                control.sendto(json.dumps(answer).encode(), sender)
        if camera.wire is not None and camera.wire.socket in ready:
            camera.handle()
            if camera.wire is None:
                # A busy kernel's virtual hub may lose count of requests taken back, and drop the port.
                operator.replug_at = time.monotonic() + DROPPED_S


def read_modes(folder: Path) -> dict[Size, list[bytes]]:
    """Return the frames in `folder` by their size, the widest first: the mode a program gets unasked."""
    modes = {}
    for mode in folder.glob("*x*"):
        width, height = map(int, mode.name.split("x"))
        modes[width, height] = [path.read_bytes() for path in sorted(mode.glob("*.jpg"))]
    return dict(sorted(modes.items(), reverse=True))


def main() -> None:
    """Play a camera, or send a command to the one that plays."""
    parser = argparse.ArgumentParser(prog="uvccam")
    parser.add_argument("frames", nargs="?", type=Path)
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--control", default="/run/uvccam.sock")
    parser.add_argument("--port", type=int, default=0, help="port of the virtual hub")
    parser.add_argument("--name", default="Pucci test camera")
    parser.add_argument("--send", metavar="COMMAND", nargs="+")
    asked = parser.parse_args()
    if asked.send:
        print(send(asked.control, asked.send))
        return
    if asked.frames is None or not (modes := read_modes(asked.frames)):
        parser.error("FRAMES must be a folder with folders such as 640x480")
    subprocess.run(["modprobe", "-a", "vhci_hcd", "uvcvideo"], check=True)
    Path(asked.control).unlink(missing_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    camera = Camera(modes, fps=asked.fps, port=asked.port, name=asked.name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
        control.bind(asked.control)
        Path(asked.control).chmod(0o600)
        try:
            serve(camera, control)
        finally:
            camera.unplug()


if __name__ == "__main__":
    main()
