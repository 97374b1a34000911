"""A family's data folder inside a room, with its camera or its whole server beside it."""

import http.client
import re
import socket
import subprocess
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from pucci import services as parts_list
from pucci.accounts import Role
from pucci.settings import ServerSettings
from tests.browser.scenes import STEP, fill
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.servers.room import PYTHON, UID, Room
from tests.web.house import house_settings, move_in

TOML = """
data_dir = "/var/lib/pucci"
[server]
port = {serve}
camera_port = {camera}
{server}
[accounts]
bcrypt_cost = 10
[retention]
max_age_h = 0
[capture]
interval_s = 3600
[clock]
timezone = "UTC"
[cameras.sofa]
driver = "synthetic"
[deploy]
user = "{user}"
http_port = {http}
https_port = {https}
{deploy}
"""


def free_ports(count: int) -> list[int]:
    """Return ports nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def furnish(folder: Path) -> None:
    """Let Alice and Bob live in a data folder, with two hours of photos; the folder is pucci's afterwards."""
    clock = FakeClock(SUNDAY + timedelta(minutes=2))
    services = parts_list.build(house_settings(folder, server=ServerSettings(port=0)), clock=clock)
    try:
        move_in(services, ALICE, Role.OWNER)
        move_in(services, BOB, Role.FAMILY)
        fill(services, SUNDAY - timedelta(hours=2), SUNDAY + STEP)
    finally:
        services.close()


class Household:
    """Settings and data in a room; `http`, `https`, `serve` and `camera` are its ports."""

    def __init__(self, room: Room, folder: Path, user: str, *, server: str = "", deploy: str = "") -> None:
        self.room = room
        self.http, self.https, self.serve, self.camera = free_ports(4)
        names = {"http": self.http, "https": self.https, "serve": self.serve, "camera": self.camera}
        server, deploy = server.replace("HTTPS", str(self.https)), deploy.replace("HTTPS", str(self.https))
        text = TOML.format(user=user, server=server, deploy=deploy, **names)
        room.write("/etc/pucci/pucci.toml", text)
        self._started: list[subprocess.Popen[str]] = []
        data = folder / "house"
        furnish(data)
        room.run("cp", "-rT", str(data), "/var/lib/pucci")
        room.run("chown", "-R", f"{UID}:{UID}", "/var/lib/pucci")
        self.user = user

    def pucci_camera(self) -> None:
        """Start `pucci camera`."""
        self._camera = self.pucci("camera")

    def stop_camera(self) -> None:
        """End it."""
        self._camera.terminate()
        self._camera.wait(10)

    def pucci(self, *words: str) -> subprocess.Popen[str]:
        """Start `pucci` as its own account, and wait until it says where it is."""
        become = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups"]
        child = self.room.start(*(become if self.user == "pucci" else []), str(PYTHON), "-m", "pucci", *words)
        self._started.append(child)
        assert child.stdout is not None
        said = ""
        while "is at" not in said:
            line = child.stdout.readline()
            assert line, said
            said += line
        return child

    def program(self, *command: str, port: int, **environ: str) -> None:
        """Start a server that stays in the foreground, and wait until it listens."""
        child = self.room.start(*command, **environ)
        self._started.append(child)
        wait_for(lambda: listens(port) or child.poll() is not None)
        if child.poll() is not None:
            raise AssertionError(child.stdout.read() if child.stdout else "")

    def close(self) -> None:
        """End what was started, children first asked."""
        for child in reversed(self._started):
            child.terminate()
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(5)
            if child.stdout is not None:
                child.stdout.close()


def wait_for(done: Callable[[], object], limit_s: float = 20.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + limit_s
    while not done():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def listens(port: int) -> bool:
    with socket.socket() as sock:
        sock.settimeout(1)
        return sock.connect_ex(("127.0.0.1", port)) == 0


def raw(port: int, request: bytes, limit_s: float = 20.0) -> bytes:
    """Send bytes, and return all that comes back until the other side closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=limit_s) as sock:
        sock.sendall(request)
        parts = []
        while part := sock.recv(65_536):
            parts.append(part)
        return b"".join(parts)


def stream(port: int, cookie: str, count: int, path: str = "/media/live/sofa.mjpeg") -> list[bytes]:
    """Return the first pictures of a live stream."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", path, headers={"Cookie": cookie})
    response = connection.getresponse()
    assert response.status == 200, response.read()
    pictures, text = [], b""
    while len(pictures) < count:
        part = response.read1(65_536)
        assert part, "the stream ended"
        text += part
        while found := re.search(rb"Content-Length: (\d+)\r\n.*?\r\n\r\n", text, re.DOTALL | re.IGNORECASE):
            end = found.end() + int(found[1])
            if len(text) < end:
                break
            pictures.append(text[found.end() : end])
            text = text[end:]
    response.close()
    connection.close()
    return pictures
