"""When a frame was taken, by the clock as it is when the frame is stored: it may have been set in between."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from pucci.clock import Clock, trusted_now
from pucci.photo import Frame

# A driver's own time may be some seconds older than the moment at which its frame was read.
_SET: Final = timedelta(minutes=1)


def dated(frame: Frame, clock: Clock) -> tuple[Frame, bool]:
    """Return a frame with its time by the clock of now, and whether that is certain.

    A frame of before a leap, under a clock of after it, would be believed to be ten years old.
    """
    now = trusted_now(clock)
    if frame.up is None:
        return frame, now is not None
    taken_at = (now or clock.now()) - timedelta(seconds=clock.monotonic() - frame.up)
    if abs(taken_at - frame.taken_at) > _SET:
        frame = replace(frame, taken_at=taken_at)
    return frame, now is not None
