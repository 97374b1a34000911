"""When the sun is up: the band of sky under a day's timeline. Ornament, but true to a few minutes."""

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH

# Where nothing is known: the middle of Europe. The sun is then right in its season, if not to the hour.
_SOMEWHERE: Final = (48.0, None)
_AXIS: Final = 23.44
# The sun's middle is so far below the horizon at sunrise; and a good while before it is light.
_RISE: Final = -0.83
_DAWN: Final = -6.0


@dataclass(frozen=True, slots=True)
class Sun:
    """When it is light, as shares of the day from midnight: dawn and day begin, day and dusk end."""

    dawn: float
    rise: float
    set: float
    dusk: float


def sun(start: datetime, end: datetime, place: tuple[float, float | None]) -> Sun:
    """Return the sun of the day from `start` to `end`, at a latitude and longitude in degrees."""
    latitude, longitude = place
    noon = start + (end - start) / 2
    if longitude is not None:
        # Four minutes a degree from Greenwich's noon; the equation of time (16 minutes at most) is left out.
        noon -= timedelta(seconds=noon.timestamp() % 86_400 - 43_200) + timedelta(hours=longitude / 15)
        # Near the date line that is another day's noon.
        noon += timedelta(days=round(((start + (end - start) / 2) - noon) / timedelta(days=1)))
    tilt = -_AXIS * math.cos(2 * math.pi * (start.timetuple().tm_yday + 10) / 365.25)
    middle = (noon - start) / (end - start)
    day, light = (_half_day(latitude, tilt, height) for height in (_RISE, _DAWN))
    return Sun(middle - light, middle - day, middle + day, middle + light)


def _half_day(latitude: float, tilt: float, height: float) -> float:
    """Return half of the time the sun is above a height, in days."""
    one, other, low = (math.radians(angle) for angle in (latitude, tilt, height))
    share = (math.sin(low) - math.sin(one) * math.sin(other)) / (math.cos(one) * math.cos(other))
    return math.acos(min(max(share, -1.0), 1.0)) / (2 * math.pi)


@cache
def place_of(timezone: str) -> tuple[float, float | None]:
    """Return about where a zone is: tzdata's zone.tab names a place for each."""
    name = timezone or _machines_zone()
    for folder in TZPATH:
        try:
            lines = (Path(folder) / "zone.tab").read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        for line in lines:
            fields = line.split("\t")
            if len(fields) > 2 and fields[2] == name:
                return _degrees(fields[1])
    return _SOMEWHERE


def _machines_zone() -> str:
    path = Path("/etc/localtime").resolve().as_posix()
    return path.partition("/zoneinfo/")[2]


def _degrees(text: str) -> tuple[float, float | None]:
    """Return latitude and longitude of ISO 6709, as zone.tab writes it: +5230+01322."""
    found = re.fullmatch(r"([+-])(\d\d)(\d\d)(?:\d\d)?([+-])(\d{3})(\d\d)(?:\d\d)?", text)
    if found is None:
        return _SOMEWHERE
    north, east = int(found[2]) + int(found[3]) / 60, int(found[5]) + int(found[6]) / 60
    return north if found[1] == "+" else -north, east if found[4] == "+" else -east
