"""The Pi-like machine as tests see it, and a Pucci that lives on it."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent
SOURCE = HERE.parent.parent / "src" / "pucci"
# A new image takes 2 minutes and its first boot 1; on a busy machine several times that.
UP_LIMIT_S = 1500
# The camera's lasting name: put back in, it may come as another /dev/videoN.
DEVICE = "/dev/v4l/by-id/usb-Pucci_tests_Pucci_test_camera_PUCCI0001-video-index0"
COMMAND = '#!/bin/sh\nPYTHONPATH=/opt/pucci exec python3 -m pucci "$@"\n'


def patience() -> float:
    """Return how many times longer things take on this machine just now: 1 where it is idle.

    The guest's one CPU is a thread among all that want the host's.
    """
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


class Pi:
    """A running guest: Debian 13, 512 MB, one CPU, and a USB camera that does as it is told."""

    def __init__(self, run_folder: Path, *, counted: bool = False) -> None:
        # The guest goes when this process does, however it ends.
        self._environment = os.environ | {
            "PUCCI_PI_RUN": str(run_folder),
            "PUCCI_PI_OWNER": str(os.getpid()),
            "PUCCI_PI_ICOUNT": "1" if counted else "",
        }

    def up(self) -> None:
        """Start the guest, making it first if need be."""
        result = self._vm("up", timeout=UP_LIMIT_S)
        if result.returncode != 0:
            raise RuntimeError(f"the Pi-like machine does not start:\n{_text(result)}")

    def down(self) -> None:
        """End the guest; nothing of it stays."""
        self._vm("down", timeout=60)

    def run(self, command: str, *, timeout: float = 60) -> tuple[int, str]:
        """Run a shell command in the guest; return its exit code (124: out of time) and all it said."""
        timeout *= patience()
        # The guest ends its own command a little earlier than the line to it is given up.
        limited = f"timeout -k 5 {timeout:.0f} bash -c {shlex.quote(command)} 2>&1"
        result = self._vm("run", limited, timeout=timeout + 30)
        return result.returncode, _text(result)

    def ok(self, command: str, *, timeout: float = 60) -> str:
        """Run a command that must succeed; return what it said."""
        code, said = self.run(command, timeout=timeout)
        assert code == 0, f"{command} ended with {code}: {said}"
        return said

    def put(self, *sources: Path, into: str) -> None:
        """Copy files and folders into a folder of the guest."""
        result = self._vm("put", *map(str, sources), into, timeout=120)
        assert result.returncode == 0, _text(result)

    def get(self, path: str) -> bytes:
        """Return the content of a file of the guest."""
        result = self._vm("run", f"cat {shlex.quote(path)}", timeout=60)
        assert result.returncode == 0, _text(result)
        return result.stdout

    def camera(self, *commands: str) -> dict:
        """Tell the camera something (see `uvccam`); return its `stat`, once the machine has noticed."""
        words = " ".join(map(shlex.quote, commands))
        appears = f"for i in $(seq 300); do [ -e {DEVICE} ] && break; sleep 0.1; done; udevadm settle -t 20"
        script = f"python3 -IS /opt/lab/uvccam/send.py /run/uvccam.sock {words} | tee /run/said && "
        script += f"if grep -q '\"plugged\": true' /run/said; then {appears}; fi"
        stat = json.loads(self.ok(script))
        assert "error" not in stat, stat
        return stat

    def camera_stat(self) -> dict:
        """Return what the camera has sent so far."""
        return self.camera("stat")

    def cpu_seconds(self, command: str, *, timeout: float = 60) -> float:
        """Return the CPU seconds, user and system, of a command that must succeed."""
        self.ok(f"command time -o /tmp/cpu -f '%U %S' {command}", timeout=timeout)
        return sum(map(float, self.get("/tmp/cpu").split()))

    def again(self, command: str) -> None:
        """Have the guest end by a command, and boot it again from its disk as that was."""
        # No answer comes from a machine that is gone.
        self._vm("run", f"({command}) >/dev/null 2>&1 </dev/null & sleep 1", timeout=60)
        result = self._vm("again", timeout=UP_LIMIT_S)
        if result.returncode != 0:
            raise RuntimeError(
                f"the Pi-like machine does not start again:\n{_text(result)}\n{self.console()}"
            )

    def console(self) -> str:
        """Return what the guest's kernel said."""
        return _text(self._vm("log", timeout=20))

    def _vm(self, *words: str, timeout: float) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [HERE / "vm", *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )


def _text(result: subprocess.CompletedProcess[bytes]) -> str:
    return (result.stdout + result.stderr).decode(errors="replace")


@contextmanager
def running_pi(*, counted: bool = False) -> Iterator[Pi]:
    """A guest for a `with` block, with Pucci on its PATH.

    `counted`: its CPU seconds are counted in instructions, so that they repeat to a percent on a
    busy host (and its waits and dates mean nothing).
    """
    with tempfile.TemporaryDirectory(prefix="pucci-pi-") as folder:
        pi = Pi(Path(folder), counted=counted)
        try:
            pi.up()
            install(pi)
            yield pi
        finally:
            pi.down()


def install(pi: Pi) -> None:
    """Put the project into the guest, as a package would: compiled, and with its command."""
    pi.put(SOURCE, into="/opt/pucci")
    pi.ok(
        f"printf %s {shlex.quote(COMMAND)} >/usr/local/bin/pucci && chmod 755 /usr/local/bin/pucci"
        " && python3 -m compileall -q /opt/pucci",
        timeout=180,
    )


def plug_in_camera(pi: Pi, frames: Path) -> None:
    """Start the camera program in the guest, and wait for its device."""
    pi.put(HERE / "uvccam", frames, into="/opt/lab")
    pi.ok(
        "systemd-run --quiet --unit=camera --working-directory=/opt/lab"
        f" python3 -m uvccam /opt/lab/{frames.name}"
    )
    wait_for(lambda: pi.run(f"test -e {DEVICE} && test -S /run/uvccam.sock")[0] == 0, 40, "camera")


def wait_for(holds: Callable[[], object], limit_s: float, what: str, *, pause_s: float = 0.3) -> float:
    """Wait until something holds; return the seconds that took."""
    begun = time.monotonic()
    limit_s *= patience()
    while not holds():
        assert time.monotonic() - begun < limit_s, f"no {what} within {limit_s:.0f} s"
        time.sleep(pause_s)
    return time.monotonic() - begun


@dataclass
class Household:
    """One Pucci in the guest, with a data folder of its own and one camera, `sofa`."""

    pi: Pi
    data_dir: str
    settings: dict[str, str] = field(default_factory=dict)

    def environment(self) -> dict[str, str]:
        """Return the settings as Pucci reads them."""
        settings = {"cameras.sofa.driver": "v4l2", "cameras.sofa.device": DEVICE} | self.settings
        named = {"PUCCI_" + name.upper().replace(".", "_"): value for name, value in settings.items()}
        return named | {"PUCCI_DATA_DIR": self.data_dir}

    def command(self, words: str) -> str:
        """Return the shell command that runs `pucci WORDS` here."""
        assignments = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.environment().items())
        return f"env {assignments} pucci {words}"

    def run(self, words: str, *, timeout: float = 90) -> tuple[int, str]:
        """Run `pucci WORDS`; return its exit code and all it said."""
        return self.pi.run(self.command(words), timeout=timeout)

    def photos(self) -> list[str]:
        """Return the paths of the stored photos, oldest first."""
        return self.pi.ok(f"find {self.data_dir}/photos -name '*.jpg' 2>/dev/null | sort; true").split()

    def slots(self) -> list[dict]:
        """Return the slots so far, newest first: filled, reason, tries."""
        query = (
            "import json, sqlite3, sys; db = sqlite3.connect(sys.argv[1]); db.row_factory = sqlite3.Row;"
            "print(json.dumps([dict(row) for row in"
            " db.execute('SELECT * FROM slot ORDER BY due_at DESC')]))"
        )
        return json.loads(self.pi.ok(f"python3 -c {shlex.quote(query)} {self.data_dir}/pucci.db"))

    @contextmanager
    def serving(self) -> Iterator[str]:
        """`pucci serve` for a `with` block; yields its address in the guest."""
        out = f"{self.data_dir}/serve.log"
        environment = " ".join(
            f"-E {shlex.quote(f'{name}={value}')}" for name, value in self.environment().items()
        )
        self.pi.ok(
            f"mkdir -p {self.data_dir} && systemd-run --quiet --collect --unit=pucci {environment}"
            f" -p StandardOutput=append:{out} -p StandardError=append:{out}"
            " pucci serve --host 127.0.0.1 --port 0"
        )
        try:
            yield self._address(out)
        finally:
            code, _ = self.pi.run("systemctl stop pucci", timeout=60)
            print(self.pi.get(out).decode(errors="replace"), file=sys.stderr)
            assert code == 0, "pucci serve does not stop"

    def _address(self, log: str) -> str:
        find = rf"grep -o 'http://localhost:[0-9]*\|http://127.0.0.1:[0-9]*' {log} | head -n 1"
        found: list[str] = []

        def said() -> bool:
            assert self.pi.run("systemctl is-active --quiet pucci")[0] == 0, self.pi.get(log).decode()
            found[:] = self.pi.ok(find).split()
            return bool(found)

        wait_for(said, 90, "address of pucci serve")
        return found[0]
