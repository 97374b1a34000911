"""What runs: the units of systemd, or a Pucci started by hand, and whether its site answers."""

import http.client
import json
import subprocess
from pathlib import Path

from pucci.doctor.finding import Finding, fine, needs, note, unknown

_ASK_S = 2.0


def services(root: Path, data_dir: Path) -> Finding:
    """Say what runs of Pucci."""
    if (root / "run/systemd/system").is_dir():
        command = ["systemctl", "list-units", "--all", "--plain", "--no-legend", "--no-pager", "pucci*"]
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


def site(port: int) -> Finding:
    """Ask the site on this machine how it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_ASK_S)
    try:
        connection.request("GET", "/health")
        status = str(json.loads(connection.getresponse().read(10_000))["status"])
    except (OSError, ValueError, KeyError, TypeError, http.client.HTTPException):
        return note("site", f"nothing of Pucci's answers on port {port} of this machine")
    finally:
        connection.close()
    return judge_site(status, port)


def judge_site(status: str, port: int) -> Finding:
    """Judge the one word of /health."""
    text = f"answers on port {port}: {status}"
    if status in ("ok", "starting"):
        return fine("site", text)
    return needs("site", text, "The lines on cameras and pictures above say more.")
