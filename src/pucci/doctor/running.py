"""What runs: the units of systemd, or a Pucci started by hand, and whether its site answers."""

import http.client
import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pucci.doctor.finding import Finding, fine, needs, note, unknown
from pucci.doctor.network import Site, believing_all
from pucci.settings import Settings

_ASK_S: Final = 8.0
_APACHE: Final = "apache2.service"
_CAMERA: Final = "pucci-camera.service"


def under_apache(root: Path) -> bool:
    """Whether `pucci deploy apache` has set the site up."""
    return (root / "etc/apache2/sites-enabled/pucci.conf").is_symlink()


def services(root: Path, data_dir: Path) -> Finding:
    """Say what runs of Pucci, and of Apache where that makes the pages."""
    if (root / "run/systemd/system").is_dir():
        wanted = ["pucci*", *([_APACHE] if under_apache(root) else [])]
        command = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager", *wanted]
        try:
            said = subprocess.run(command, capture_output=True, text=True, timeout=_ASK_S, check=True).stdout
        except (OSError, subprocess.SubprocessError):
            return unknown("services", "systemctl does not answer")
        if units := parse_units(said):
            return judge_units(units)
    return judge_by_hand(holder(data_dir / "lock", root))


def parse_units(said: str) -> dict[str, str]:
    """Return each unit's state from `systemctl list-units`: UNIT LOAD ACTIVE SUB DESCRIPTION."""
    rows = [line.split(None, 4) for line in said.splitlines()]
    return {row[0]: row[2] for row in rows if len(row) >= 4 and row[1] != "not-found"}


def judge_units(units: dict[str, str]) -> Finding:
    """Judge the units' states. A service that a timer starts rests in between."""
    failed = [unit for unit, state in units.items() if state == "failed"]
    if failed:
        many = ", ".join(failed)
        return needs("services", f"failed: {many}", f"`journalctl -u {failed[0]} -n 20` says why.")
    active = [unit for unit, state in units.items() if state in ("active", "activating", "reloading")]
    for unit in (_APACHE, _CAMERA) if _APACHE in units else ():
        if unit not in active:
            return needs("services", f"{unit} is not running", f"`sudo systemctl start {unit}`.")
    if not any(unit.endswith(".service") for unit in active):
        first = next((unit for unit in units if unit.endswith(".service")), "pucci")
        return needs("services", "none is running", f"`sudo systemctl start {first}`.")
    return fine("services", f"{', '.join(active)} active")


def judge_by_hand(process: int | None) -> Finding:
    """Judge a Pucci that no systemd started."""
    if process is None:
        return note("services", "Pucci is not running", "`pucci serve` starts it.")
    return fine("services", f"Pucci is running (process {process})")


def holder(lock: Path, root: Path) -> int | None:
    """Return the process that holds a file's lock, from /proc/locks, without touching the lock."""
    if not lock.exists():
        return None
    inode = str(lock.stat().st_ino)
    for line in (root / "proc/locks").read_text().splitlines():
        words = line.split()
        if len(words) > 5 and words[1] == "FLOCK" and words[5].rpartition(":")[2] == inode:
            return int(words[4])
    return None


def since_start(process: int, root: Path) -> float | None:
    """Return how many seconds ago a process was started, from /proc; None where it has ended."""
    try:
        # Behind the name, which may hold anything: field 3 and on; 22 is the start, see proc_pid_stat(5).
        words = (root / f"proc/{process}/stat").read_text().rpartition(")")[2].split()
        up = float((root / "proc/uptime").read_text().split()[0])
    except OSError:
        return None
    return max(0.0, up - int(words[22 - 3]) / os.sysconf("SC_CLK_TCK"))


@dataclass(frozen=True, slots=True)
class Door:
    """Where the pages are to be had on this machine; `name` is the host that is asked for."""

    port: int
    name: str = ""
    secure: bool = False
    apache: bool = False


def door(settings: Settings, root: Path) -> Door:
    """Return where the pages are: Apache's port where it makes them, else Pucci's own."""
    if not under_apache(root):
        return Door(settings.server.port)
    site = Site.of(settings.server.address)
    secure = site is not None and site.is_https
    port = settings.deploy.https_port if secure else settings.deploy.http_port
    return Door(port, site.host if site else "", secure=secure, apache=True)


def site(door: Door) -> Finding:
    """Ask the site on this machine how it is."""
    connection = _connection(door)
    try:
        connection.request("GET", "/health", headers={"Host": door.name} if door.name else {})
        status = str(json.loads(connection.getresponse().read(10_000))["status"])
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        text = f"nothing of Pucci's answers on port {door.port} of this machine"
        if not door.apache:
            return note("site", text)
        return needs(
            "site", text, "`sudo tail /var/log/apache2/pucci-error.log` and `journalctl -u apache2` say why."
        )
    finally:
        connection.close()
    return judge_site(status, door.port)


def _connection(door: Door) -> http.client.HTTPConnection:
    if not door.secure:
        return http.client.HTTPConnection("127.0.0.1", door.port, timeout=_ASK_S)
    # Its certificate is for the name, and has a line of its own.
    return http.client.HTTPSConnection("127.0.0.1", door.port, timeout=_ASK_S, context=believing_all())


def judge_site(status: str, port: int) -> Finding:
    """Judge the one word of /health."""
    text = f"answers on port {port}: {status}"
    if status in ("ok", "starting"):
        return fine("site", text)
    return needs("site", text, "The lines on cameras and pictures above say more.")
