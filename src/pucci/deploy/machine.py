"""What this machine tells: who listens on a port, which files are a package's own, whose session this is."""

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

# A first Pi may take minutes to start a service.
_LIMIT_S: Final = 600
_LISTENS: Final = "0A"  # TCP_LISTEN, as /proc/net/tcp writes it


def listener(port: int, proc: Path = Path("/proc")) -> str:
    """Return the name of the program that listens on a TCP port, or ""."""
    inodes = set(_inodes(port, proc))
    if not inodes:
        return ""
    for link in proc.glob("[0-9]*/fd/*"):
        with suppress(OSError):
            if str(link.readlink()) in inodes:
                return (link.parent.parent / "comm").read_text().strip()
    return "another program"


def _inodes(port: int, proc: Path) -> Iterator[str]:
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            for line in (proc / "net" / table).read_text().splitlines()[1:]:
                words = line.split()
                if words[3] == _LISTENS and int(words[1].rpartition(":")[2], 16) == port:
                    yield f"socket:[{words[9]}]"


def is_packages_own(path: str, data: bytes, root: Path = Path("/")) -> bool:
    """Whether a file is as its Debian package brought it, so that it may be replaced, and put back."""
    if shutil.which("dpkg-query") is None:
        return False
    command = ["dpkg-query", f"--admindir={root / 'var/lib/dpkg'}", "-W", "-f", "${Conffiles}\n"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    known = hashlib.md5(data, usedforsecurity=False).hexdigest()  # dpkg keeps no better one
    return any(line.split()[:2] == [path, known] for line in done.stdout.splitlines())


def ssh_connection(proc: Path = Path("/proc")) -> str:
    """Return SSH_CONNECTION of this session, or "". sudo takes it away: so parents are asked."""
    found = os.environ.get("SSH_CONNECTION", "")
    pid = os.getpid()
    while not found and pid > 1:
        with suppress(OSError):
            for word in (proc / str(pid) / "environ").read_bytes().split(b"\0"):
                if word.startswith(b"SSH_CONNECTION="):
                    found = word.partition(b"=")[2].decode("ascii", "replace")
        try:
            pid = int((proc / str(pid) / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError, ValueError):
            break
    return found


def has_systemd() -> bool:
    """Whether systemd runs here."""
    return Path("/run/systemd/system").is_dir()


def run(command: tuple[str, ...]) -> tuple[int, str]:
    """Run a program, and return its exit code and the last of what it said."""
    environ = {
        **os.environ,
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
    }
    try:
        done = subprocess.run(
            list(command),
            env=environ,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, str(error)
    return done.returncode, (done.stdout + done.stderr).strip()[-2000:]
