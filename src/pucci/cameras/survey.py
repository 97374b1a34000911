"""What is attached, what it offers, and the settings to use it.

Devices are opened to be asked, but never started: no lamp is lit.
"""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from pucci.cameras import program
from pucci.cameras.devices import Webcam, webcams
from pucci.cameras.libcamera import REMEDY
from pucci.cameras.limits import within
from pucci.cameras.v4l2 import ENCODINGS, explain, nearest
from pucci.clock import Clock
from pucci.setting import default_of, settings_of
from pucci.settings import CameraSettings

LIMIT_S = 10.0
_LISTERS = ("rpicam-hello", "libcamera-hello")


@dataclass(frozen=True, slots=True)
class Offer:
    """One encoding with its sizes in pixels, largest first; no sizes where any within a range will do."""

    encoding: str
    sizes: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Attached:
    """One camera that is attached: how it is opened, what it offers, or why it could not be asked."""

    name: str
    driver: str
    device: str
    offers: tuple[Offer, ...] = ()
    problem: str = ""


def survey(*, clock: Clock, find: Callable[[], list[Webcam]] = webcams) -> list[Attached]:
    """Return all cameras of this machine: webcams, then those on a Pi's ribbon cable."""
    return [*(_asked(webcam) for webcam in find()), *on_ribbon_cables(clock=clock)]


def describe(camera: Attached) -> str:
    """Return a camera's name and what it offers, a line for each encoding, or what is in the way."""
    lines = [f"{camera.name}: {camera.problem}" if camera.problem else camera.name]
    for offer in camera.offers:
        sizes = ", ".join(f"{width}×{height}" for width, height in offer.sizes) or "any size"
        lines.append(f"  {offer.encoding}: {sizes}")
    return "\n".join(lines)


def settings_for(camera: Attached, name: str) -> str:
    """Return the lines of pucci.toml that use a camera under a name, at the size nearest to the default."""
    width, height = (default_of(settings_of(CameraSettings)[side]) for side in ("width", "height"))
    best = next((offer for offer in camera.offers if offer.encoding in ENCODINGS), None)
    if best is not None and camera.driver == "v4l2":
        width, height = nearest(list(best.sizes), width, height)
    return "\n".join(
        [
            f"[cameras.{name}]",
            f"driver = {json.dumps(camera.driver)}",
            f"device = {json.dumps(camera.device, ensure_ascii=False)}",
            f"width = {width}",
            f"height = {height}",
        ]
    )


def _asked(webcam: Webcam) -> Attached:
    path = str(webcam.path)
    try:
        offers = within(LIMIT_S, lambda: _offers(webcam))
    except TimeoutError:
        return Attached(
            webcam.name, "v4l2", path, problem="It does not answer. Unplug it and plug it in again."
        )
    except OSError as error:
        return Attached(webcam.name, "v4l2", path, problem=str(explain(error, webcam.path)))
    usable = any(offer.encoding in ENCODINGS for offer in offers)
    return Attached(webcam.name, "v4l2" if usable else "ffmpeg", path, offers)


def _offers(webcam: Webcam) -> tuple[Offer, ...]:
    from pucci.cameras.kernel import VideoDevice

    device = VideoDevice(webcam.path)
    try:
        device.card()
        return tuple(
            Offer(encoding, tuple(sorted(set(device.sizes(encoding)), reverse=True)))
            for encoding in device.encodings()
        )
    finally:
        device.close()


def on_ribbon_cables(*, clock: Clock) -> list[Attached]:
    """Return the cameras that Raspberry Pi OS's own program lists; none where it is not installed."""
    lister = next(filter(shutil.which, _LISTERS), None)
    if lister is None:
        return []
    outcome = program.run([lister, "--list-cameras"], clock=clock, timeout_s=LIMIT_S, remedy=REMEDY)
    return parse_list(outcome.output.decode("utf-8", errors="replace") + outcome.told)


def parse_list(told: str) -> list[Attached]:
    """Return the cameras in what `rpicam-hello --list-cameras` prints.

    A camera's line is "0 : imx708 [4608x2592 10-bit RGGB] (/base/soc/…)", and sizes follow it.
    """
    found: list[Attached] = []
    for block in re.split(r"(?m)^(?=\d+ : )", told)[1:]:
        head = re.match(r"(\d+) : (\S+)", block)
        sizes = {(int(width), int(height)) for width, height in re.findall(r"\b(\d+)x(\d+) \[", block)}
        if head:
            offer = Offer("MJPG", tuple(sorted(sizes, reverse=True)))
            found.append(Attached(head[2], "libcamera", head[1], (offer,)))
    return found
