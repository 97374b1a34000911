"""The values everything passes round: a frame, the verdict on it, a photo."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """What a verdict says of a frame."""

    WHOLE = "whole"
    SUSPECT = "suspect"
    DAMAGED = "damaged"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a frame is whole; if not, why, in words an owner understands ("cut short").

    A whole frame has no reasons; a suspect or damaged one has at least one, the gravest first.
    Width and height are in pixels, 0 where the header could not be read.
    """

    state: State
    reasons: tuple[str, ...] = ()
    width: int = 0
    height: int = 0

    @property
    def is_whole(self) -> bool:
        """True only for a frame that may be shown."""
        return self.state is State.WHOLE

    @property
    def reason(self) -> str:
        """The gravest reason, or an empty string for a whole frame."""
        return self.reasons[0] if self.reasons else ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One JPEG as it came from a driver.

    `taken_at` is UTC. `proves` is False where the driver's program decoded and encoded the picture
    again (fswebcam), so that its bytes say nothing about what the camera sent. `flagged` is the
    kernel's V4L2_BUF_FLAG_ERROR: the driver itself saw that data went missing. `up` is when it was read,
    in seconds that never jump, None where nobody knows.
    """

    data: bytes
    taken_at: datetime
    proves: bool = True
    flagged: bool = False
    up: float | None = None


@dataclass(frozen=True, slots=True)
class Photo:
    """A whole frame in the album.

    `sequence` counts a camera's photos from 1 and never goes back, so order survives a clock that
    jumps. `file` is the name under the store: `sofa/2026-11-22/214000-000123.jpg`. `size` is in
    bytes, width and height in pixels. `proved` is False where the driver re-encoded the frame.
    `certain` is False where the clock was not trusted when the photo was taken. `activity` is how many
    thousandths of the picture changed since the photo before, None where that is not known.
    """

    id: int
    camera: str
    sequence: int
    taken_at: datetime
    file: str
    size: int
    width: int
    height: int
    proved: bool = True
    certain: bool = True
    kept: bool = False
    activity: int | None = None
