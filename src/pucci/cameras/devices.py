"""What is attached, read from /dev, /sys and /proc: no device is opened, so no lamp is lit."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path("/")


@dataclass(frozen=True, slots=True)
class Webcam:
    """One USB camera: `path` is its lasting name under /dev/v4l/by-id, else /dev/videoN."""

    path: Path
    name: str
    node: Path


@dataclass(frozen=True, slots=True)
class Holder:
    """A process that has a device open."""

    pid: int
    program: str


def webcams(root: Path = ROOT) -> list[Webcam]:
    """Return the USB cameras, in the order of their numbers.

    A USB camera has two nodes or more, of which the one with index 0 gives pictures and the others
    data about them. What is not on USB (a Pi's codecs and scalers) is no webcam.
    """
    entries = sorted((root / "sys/class/video4linux").glob("video*"), key=lambda entry: _number(entry.name))
    links = _links(root)
    found = []
    for entry in entries:
        node = root / "dev" / entry.name
        on_usb = (entry / "device" / "subsystem").resolve().name == "usb"
        if on_usb and _text(entry / "index") in {"0", ""} and node.exists():
            found.append(Webcam(links.get(entry.name, node), _text(entry / "name") or entry.name, node))
    return found


def first_webcam(root: Path = ROOT) -> Webcam | None:
    """Return the webcam to take where none is named."""
    return next(iter(webcams(root)), None)


def holders(path: Path, root: Path = ROOT) -> list[Holder]:
    """Return who has a device open, as far as this account may see (its own processes; root, all)."""
    wanted = path.resolve()
    found = []
    for process in (root / "proc").glob("[0-9]*"):
        try:
            is_holder = any(link.readlink() == wanted for link in (process / "fd").iterdir())
        except OSError:
            continue
        if is_holder:
            found.append(Holder(int(process.name), _text(process / "comm") or "a program"))
    return sorted(found, key=lambda holder: holder.pid)


def _links(root: Path) -> dict[str, Path]:
    """Return the lasting name of each node: {"video0": …/by-id/usb-…-video-index0}."""
    return {link.resolve().name: link for link in sorted((root / "dev/v4l/by-id").glob("*"))}


def _number(name: str) -> int:
    return int(name.removeprefix("video")) if name.removeprefix("video").isdecimal() else 1 << 20


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
