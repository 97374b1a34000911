"""The state of the whole, in one word, for /health, the page and whoever watches."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pucci.album import Album, Slot

# A slot may take its whole interval, and the next one begins at once: later than this is late.
_LATE_INTERVALS = 2.5


@dataclass(frozen=True, slots=True)
class Health:
    """`word` is "ok", or what is wrong: "starting", "camera", "late", "full", "filled" or "read-only".

    `notices` are sentences for the owner alone, about what is no fault.
    """

    word: str
    notices: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.word == "ok"


def state(album: Album, cameras: Iterable[str], *, now: datetime, interval_s: float) -> Health:
    """Return how the cameras are doing, the worst first."""
    room = album.room.state()
    if room.sentence:
        return Health(room.word, (room.sentence,))
    words = {_camera(album.slots.newest(name), now, interval_s) for name in cameras}
    return Health(next((word for word in ("camera", "late", "starting") if word in words), "ok"))


def _camera(slot: Slot | None, now: datetime, interval_s: float) -> str:
    if slot is None:
        return "starting"
    if not slot.filled:
        return "camera"
    late = now - slot.due_at > timedelta(seconds=_LATE_INTERVALS * interval_s)
    return "late" if late else "ok"
