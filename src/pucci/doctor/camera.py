"""A camera: is it there, may it be opened, and what came of its slots."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from pucci.album import Album, Slot
from pucci.album.slots import NOT_RUNNING
from pucci.cameras.devices import first_webcam
from pucci.cameras.survey import Attached
from pucci.cameras.usb import may_reset, usb_node
from pucci.doctor.finding import Finding, ago, fine, needs, note
from pucci.settings import CameraSettings

DAY: Final = timedelta(days=1)
_LEAST_FILLED: Final = 0.9
_MANY_REFUSED: Final = 0.2
_ON_THE_BUS: Final = ("auto", "v4l2", "fswebcam")

_REMEDIES: Final = {
    "camera unplugged": "Plug it in; `pucci cameras` lists what is there.",
    "camera not permitted": "`sudo usermod -a -G video $USER`, then log in again.",
    "camera busy": "Another program has it: `fuser -v /dev/video*` names it.",
    "camera silent": "Pull its plug and put it back; a hub with its own power helps.",
    "camera stuck": "Pull its plug and put it back: a reset of its USB port did not help.",
    NOT_RUNNING: "Start it: `pucci serve`; of a service, `systemctl status 'pucci*'` says more.",
}


def device(
    name: str,
    settings: CameraSettings,
    attached: Sequence[Attached],
    *,
    had_webcam: bool,
    holders: Callable[[Path], Sequence[str]] = lambda _path: (),
) -> Finding:
    """Say whether a camera's device is there and may be opened; `holders` names who has it open."""
    title = f"camera {name}"
    if settings.driver == "synthetic":
        return note(title, "the drawn dog", 'Plug a webcam in and set driver = "auto" for a real one.')
    if settings.driver not in _ON_THE_BUS:
        return note(title, f"driver {settings.driver}; whether it is there, its slots say")
    wanted = Path(settings.device).resolve() if settings.device else None
    mine = [one for one in attached if wanted in (None, Path(one.device).resolve())]
    if not mine:
        return _missing(title, settings, had_webcam=had_webcam)
    if mine[0].problem:
        return needs(title, f"{mine[0].name} cannot be used", mine[0].problem)
    others = [who for who in holders(Path(mine[0].device)) if "pucci" not in who and "python" not in who]
    if others:
        return needs(
            title, f"{mine[0].name} is held by {others[0]}", f"End {others[0]}, or give it another camera."
        )
    return fine(title, f"{mine[0].name}, at {mine[0].device}")


def _missing(title: str, settings: CameraSettings, *, had_webcam: bool) -> Finding:
    remedy = _REMEDIES["camera unplugged"]
    if settings.device:
        return needs(title, f"there is no {settings.device}", remedy)
    if settings.driver == "auto" and not had_webcam:
        return needs(title, "no webcam is attached, so the drawn dog stands in for it", remedy)
    return needs(title, "no webcam is attached", remedy)


def rescue(name: str, settings: CameraSettings, root: Path) -> Finding | None:
    """Say that this account could not reset a camera that hangs; None where it could, or none is there."""
    if settings.driver not in ("auto", "v4l2"):
        return None
    found = first_webcam(root)
    video = Path(settings.device) if settings.device else found.path if found else None
    node = usb_node(video, root) if video else None
    if node is None or may_reset(node):
        return None
    return note(
        f"reset {name}",
        f"a camera that hangs stays so: this account may not write to {node}",
        "Debian's package brings a udev rule for that (60-pucci.rules); without it, its plug must be pulled.",
    )


def record(name: str, album: Album, *, now: datetime, interval_s: float, off: str = "") -> Finding:
    """Say what came of a camera's slots in the last day; `off` is why it takes none now."""
    if off:
        return note(f"pictures {name}", f"the camera is {off}", f"`pucci on {name}` turns it on.")
    slots = album.slots.day(name, now - DAY, now, interval_s)
    newest = album.newest(name)
    return judge_record(name, slots, last=ago(newest.taken_at, now) if newest else "")


def judge_record(name: str, slots: Sequence[Slot], *, last: str = "") -> Finding:
    """Judge a day's slots, oldest first. The last one may still be waiting for its photo.

    `last` is how long ago the last photo was taken, for who has `pucci snap` take them and so has no slots.
    """
    title = f"pictures {name}"
    if slots and not slots[-1].filled and slots[-1].reason == NOT_RUNNING:
        slots = slots[:-1]
    if not slots and last:
        return note(title, f"no slots in the last day; the last photo was taken {last}")
    if not slots:
        return note(title, "none yet", "`pucci serve` takes them; `pucci snap` takes one.")
    filled = sum(slot.filled for slot in slots)
    tries, refused = sum(slot.tries for slot in slots), sum(slot.refused for slot in slots)
    text = f"{filled} of {len(slots)} slots filled in the last day"
    if tries:
        text += f", {100 * (tries - refused) / tries:.0f} % of frames whole"
    newest = slots[-1]
    if not newest.filled:
        return needs(title, f"{text}; the last one missed: {newest.reason}", _remedy(newest.reason))
    if filled < _LEAST_FILLED * len(slots):
        often = _most_frequent([slot.reason for slot in slots if not slot.filled])
        # What is over is worth knowing; it needs nobody any more.
        return note(title, f"{text}; most often: {often}", _remedy(often))
    if tries and refused > _MANY_REFUSED * tries:
        return note(title, text, f"`pucci tune {name}` looks for settings with fewer damaged frames.")
    return fine(title, text)


def _most_frequent(reasons: Sequence[str]) -> str:
    return max(reasons, key=reasons.count)


def _remedy(reason: str) -> str:
    return _REMEDIES.get(reason, "Try `pucci snap`; the log says more.")
