"""Capture: from a camera to the album, slot by slot."""

from pucci.capture.daemon import Daemon
from pucci.capture.eye import Eye, Sight
from pucci.capture.hub import Hub, Now
from pucci.capture.privacy import Gate, Off, Privacy
from pucci.capture.recall import Recall
from pucci.capture.snap import Attempt, Shot

__all__ = ["Attempt", "Daemon", "Eye", "Gate", "Hub", "Now", "Off", "Privacy", "Recall", "Shot", "Sight"]
