"""Photos a second, one server core: the media app beside nginx, Apache, Flask's `send_file` and motionEye.

    .venv/bin/python -m bench.media [--seconds 5] [--rounds 3] [--motioneye VENV]

One photo of about 30 KB, again and again, asked for by wrk (Debian: wrk, nginx, apache2) over eight
connections that stay open, all on loopback. Each server has core 0 and one worker, wrk has core 1. Pucci and
motionEye are asked by somebody signed in; nginx, Apache and `send_file` (under uvicorn and a2wsgi, as Pucci's
own pages are) send the same file to anybody. Pucci is also asked for one photo after the other, of a
thousand, which is what somebody does who looks through a day. motionEye runs from a virtual environment:

    python3 -m venv VENV && VENV/bin/pip install motioneye

What is compared is photos for each second of CPU that the server had, the kernel's part included: on a shared
machine the clock says more of the neighbours. Rounds go in turns over the servers; medians.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from bench.film import tree
from bench.live import frames_of

PHOTO_BYTES: Final = 30_000
CONNECTIONS: Final = 8
SERVER_CORE, CLIENT_CORE = "0", "1"
START_S: Final = 30.0
# More than are remembered, so that each is news when it is asked for again.
PHOTOS: Final = 1000
OTHERS: Final = """
local number = 0
request = function()
  number = number % {count} + 1
  return wrk.format("GET", "/media/photo/" .. number .. ".jpg")
end
"""

NGINX: Final = """
daemon off; worker_processes 1; pid {where}/nginx.pid; error_log /dev/null;
events {{ worker_connections 64; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; types {{ image/jpeg jpg; }}
  client_body_temp_path {where}; proxy_temp_path {where}; fastcgi_temp_path {where}; uwsgi_temp_path {where};
  scgi_temp_path {where};
  server {{ listen 127.0.0.1:{port}; root {where}; }} }}
"""

APACHE: Final = """
ServerRoot "{where}"
ServerName localhost
Listen 127.0.0.1:{port}
PidFile "{where}/apache.pid"
ErrorLog /dev/null
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule mime_module {modules}/mod_mime.so
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
KeepAlive On
MaxKeepAliveRequests 0
DocumentRoot "{where}"
TypesConfig /etc/mime.types
EnableSendfile On
"""

# Runs in motionEye's virtual environment: its own application, with one camera and somebody signed in.
MOTIONEYE: Final = """
import asyncio, pathlib, sys
from motioneye import settings
where, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
settings.CONF_PATH = settings.RUN_PATH = settings.LOG_PATH = settings.MEDIA_PATH = str(where)
(where / "motion.conf").write_text("# @enabled on\\ncamera camera-1.conf\\n")
(where / "camera-1.conf").write_text(f"camera_name sofa\\nvideodevice /dev/null\\ntarget_dir {where}\\n")
import logging
logging.disable(logging.CRITICAL)
from motioneye import meyectl
meyectl.load_l10n()
from motioneye import server
from motioneye.handlers import base
from tornado.web import create_signed_value
async def main():
    app = server.make_app()
    app.listen(port, "127.0.0.1")
    session = base.create_session("admin")
    value = create_signed_value(app.settings["cookie_secret"], "user", session).decode()
    print(f"user={value}", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@dataclass(frozen=True)
class Server:
    """Where a server's photo is, with which cookie, and the process it runs in."""

    name: str
    pid: int
    url: str
    cookie: str = ""
    # A script for wrk, where more than one address is asked for.
    script: Path | None = None

    def cpu_s(self) -> float:
        """Return the seconds of CPU its processes have had (Linux: sched-stats.rst, schedstat)."""
        tasks = [task for pid in tree(self.pid) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@contextmanager
def started(command: list[str], environ: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    """Run a server on its core, and end it."""
    pinned = ["taskset", "-c", SERVER_CORE, *command]
    process = subprocess.Popen(
        pinned, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environ
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


def wait_for(server: Server, size: int) -> Server:
    """Wait until a server sends the photo."""
    end = time.monotonic() + START_S
    while True:
        try:
            asked = urllib.request.Request(server.url, headers={"Cookie": server.cookie})
            with urllib.request.urlopen(asked, timeout=5) as answer:
                body = answer.read()
        except OSError:
            if time.monotonic() > end:
                raise SystemExit(f"{server.name} does not answer.") from None
            time.sleep(0.1)
        else:
            assert len(body) == size, (server.name, len(body))
            return server


@contextmanager
def pucci(where: Path, photo: bytes) -> Iterator[Server]:
    """Run `pucci serve` with its photos, and Gwen signed in."""
    from pucci.accounts import Role
    from pucci.photo import Frame, State, Verdict
    from pucci.services import build
    from pucci.settings import CameraSettings, Settings
    from pucci.web import cookie

    folder = where / "pucci"
    services = build(Settings(data_dir=folder, cameras={"sofa": CameraSettings(driver="synthetic")}))
    person = services.accounts.users.add("Gwen", "gwen@example.org", Role.OWNER, "x")
    for _ in range(PHOTOS):
        services.album.add(
            "sofa", Frame(photo, services.clock.now()), Verdict(State.WHOLE, width=640, height=480)
        )
    token = services.accounts.sessions.start(person, address="127.0.0.1", device="bench")
    value = cookie.box(services.secret_key).dumps({cookie.TOKEN: token})
    services.close()
    environ = {**os.environ, "PUCCI_DATA_DIR": str(folder), "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic"}
    with started([sys.executable, "-m", "pucci", "serve", "--port", "0"], environ) as process:
        assert process.stdout is not None
        address = next(found[0] for line in process.stdout if (found := re.search(r"http://[^\s/]+", line)))
        said = value if isinstance(value, str) else value.decode()
        url = f"{address}/media/photo/1.jpg"
        yield Server("Pucci, signed in", process.pid, url, f"pucci={said}")


@contextmanager
def nginx(where: Path, _photo: bytes) -> Iterator[Server]:
    """Run nginx with one worker."""
    port, config = free_port(), where / "nginx.conf"
    config.write_text(NGINX.format(where=where, port=port))
    with started([found("nginx"), "-c", str(config), "-p", str(where)]) as process:
        yield Server("nginx", process.pid, f"http://127.0.0.1:{port}/photo.jpg")


@contextmanager
def apache(where: Path, _photo: bytes) -> Iterator[Server]:
    """Run Apache's event MPM with one process."""
    port, config = free_port(), where / "apache.conf"
    config.write_text(APACHE.format(where=where, port=port, modules="/usr/lib/apache2/modules"))
    with started([found("apache2"), "-f", str(config), "-D", "FOREGROUND"]) as process:
        yield Server("Apache, event", process.pid, f"http://127.0.0.1:{port}/photo.jpg")


def flask_app(path: Path):  # noqa: ANN201 - a Flask, which is imported late
    """Return a Flask app that sends one file."""
    from flask import Flask, send_file

    app = Flask(__name__)
    app.get("/photo.jpg")(lambda: send_file(path))
    return app


def serve_flask(path: Path, port: int) -> None:
    """Run Flask's `send_file` under uvicorn and a2wsgi (in the child process)."""
    import uvicorn
    from a2wsgi import WSGIMiddleware

    uvicorn.run(WSGIMiddleware(flask_app(path)), port=port, log_level="error", access_log=False)  # type: ignore[arg-type]


@contextmanager
def flask(where: Path, _photo: bytes) -> Iterator[Server]:
    """Run Flask's `send_file`."""
    port = free_port()
    command = [sys.executable, "-m", "bench.media", "--flask", str(where / "photo.jpg"), str(port)]
    with started(command) as process:
        yield Server("Flask's send_file (uvicorn, a2wsgi)", process.pid, f"http://127.0.0.1:{port}/photo.jpg")


@contextmanager
def motioneye(where: Path, venv: Path) -> Iterator[Server]:
    """Run motionEye's picture handler, with somebody signed in."""
    port, script = free_port(), where / "eye.py"
    script.write_text(MOTIONEYE)
    with started([str(venv / "bin/python"), str(script), str(where), str(port)]) as process:
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        url = f"http://127.0.0.1:{port}/picture/1/download/photo.jpg"
        yield Server("motionEye, signed in", process.pid, url, said)


def found(program: str) -> str:
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        raise SystemExit(f"{program} is not installed: sudo apt install wrk nginx-light apache2")
    return path


def rate(server: Server, seconds: float) -> tuple[float, float]:
    """Return photos a second of the server's CPU, and by the wall's clock; every answer must be one."""
    options = ["-t1", f"-c{CONNECTIONS}", f"-d{seconds:g}s", "-H", f"Cookie: {server.cookie or 'a=b'}"]
    options += ["-s", str(server.script)] if server.script else []
    command = ["taskset", "-c", CLIENT_CORE, found("wrk"), *options, server.url]
    before = server.cpu_s()
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    used = server.cpu_s() - before
    assert "Non-2xx" not in text, (server.name, text)
    count, each = re.search(r"(\d+) requests in", text), re.search(r"Requests/sec:\s+([\d.]+)", text)
    assert count, text
    assert each, text
    return int(count[1]) / used, float(each[1])


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--motioneye", type=Path, help="A virtual environment with motioneye in it.")
    parser.add_argument("--flask", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.flask:
        serve_flask(Path(options.flask[0]), int(options.flask[1]))
        return
    photo = frames_of(PHOTO_BYTES)[0]
    rates: dict[str, list[tuple[float, float]]] = {}
    with ExitStack() as stack:
        where = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        where.chmod(0o755)  # nginx and Apache read as somebody else, when root starts them
        (where / "photo.jpg").write_bytes(photo)
        servers = [stack.enter_context(one(where, photo)) for one in (pucci, nginx, apache, flask)]
        if options.motioneye:
            servers.append(stack.enter_context(motioneye(where, options.motioneye)))
        else:
            print("motionEye is left out; --motioneye names a venv that has it.", file=sys.stderr)
        servers = [wait_for(server, len(photo)) for server in servers]
        (where / "others.lua").write_text(OTHERS.format(count=PHOTOS))
        others = replace(servers[0], name="Pucci, photo after photo", script=where / "others.lua")
        servers.insert(1, others)
        for _ in range(options.rounds):
            for server in servers:
                rates.setdefault(server.name, []).append(rate(server, options.seconds))
    with contextlib.suppress(ImportError):
        import httptools

        print(f"httptools {httptools.__version__}, photo of {len(photo) / 1000:.1f} KB", file=sys.stderr)
    per_cpu = {name: statistics.median(one for one, _ in found) for name, found in rates.items()}
    print("| | Photos a second of CPU | Beside nginx | By the clock, best |\n| --- | --- | --- | --- |")
    for name, count in per_cpu.items():
        clock = max(one for _, one in rates[name])
        print(f"| {name} | {count:,.0f} | {count / per_cpu['nginx']:.2f} | {clock:,.0f} |")


if __name__ == "__main__":
    main()
