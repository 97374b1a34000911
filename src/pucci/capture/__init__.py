"""Capture: from a camera to the album, slot by slot."""

from pucci.capture.daemon import Daemon
from pucci.capture.snap import Attempt, Shot

__all__ = ["Attempt", "Daemon", "Shot"]
