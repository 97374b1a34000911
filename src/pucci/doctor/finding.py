"""What the doctor says of one thing."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Level(StrEnum):
    """How it is: fine, worth knowing, somebody must do something, or it could not be found out."""

    OK = "ok"
    NOTE = "note"
    TODO = "to do"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's: what was looked at, how it is, and what to do, if anything."""

    name: str
    level: Level
    text: str
    todo: str = ""


def fine(name: str, text: str) -> Finding:
    """Return a finding that all is well."""
    return Finding(name, Level.OK, text)


def note(name: str, text: str, todo: str = "") -> Finding:
    """Return a finding that is worth knowing, and no fault."""
    return Finding(name, Level.NOTE, text, todo)


def needs(name: str, text: str, todo: str) -> Finding:
    """Return a finding that somebody must do something about."""
    return Finding(name, Level.TODO, text, todo)


def unknown(name: str, text: str) -> Finding:
    """Return a finding that nothing could be found out."""
    return Finding(name, Level.UNKNOWN, text)


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago something was, in words."""
    seconds = max(0.0, (now - moment).total_seconds())
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' * (number > 1)} ago"
    return "just now"
