"""The forms of what people write: a date, a time of day, a zone, an address. Pure.

Those that check a setting return what it must be, or "" where it is.
"""

import contextlib
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, time
from typing import Final
from urllib.parse import urlsplit

from pucci.clock import zone
from pucci.errors import SettingsError

Check = Callable[[str], str]

SPAN: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]|24):([0-5]\d)")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]{1,253}")
_ADDRESS: Final = re.compile(r"https?://([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?")


@dataclass(frozen=True, slots=True)
class VagueDate:
    """A year, a month or a day: 2008, 2008-05 or 2008-05-17."""

    year: int
    month: int | None = None
    day: int | None = None


def vague_date(text: str) -> VagueDate:
    """Read `2008`, `2008-05` or `2008-05-17`.

    Raises:
        ValueError: it is none of these, or no day of the calendar.
    """
    parts = text.strip().split("-")
    if [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]) or not "".join(parts).isdecimal():
        raise ValueError(f"{text!r} is not a date")
    year, month, day = ([int(part) for part in parts] + [None, None])[:3]
    date(year or 0, month or 1, day or 1)
    return VagueDate(year or 0, month, day)


def clock_time(text: str) -> time | None:
    """Return a time of day written as 12:00, None where it is none."""
    with contextlib.suppress(ValueError):
        hour, _, minute = text.partition(":")
        if hour.isdecimal() and minute.isdecimal() and len(minute) == 2:
            return time(int(hour), int(minute))
    return None


def day(text: str) -> str:
    """Check a date that may be vague; one of spaces is none, and taken."""
    with contextlib.suppress(ValueError):
        if text.strip():
            vague_date(text)
        return ""
    return "must be a date like 2008, 2008-05 or 2008-05-17"


def time_of_day(text: str) -> str:
    """Check a time of day."""
    return "" if clock_time(text) is not None else "must be a time of day like 20:00"


def time_zone(text: str) -> str:
    """Check the name of a time zone."""
    with contextlib.suppress(SettingsError):
        zone(text)
        return ""
    return "must be a time zone like Europe/Berlin"


def span(text: str) -> str:
    """Check a span of hours."""
    return "" if SPAN.fullmatch(text.strip()) else "must be spans of hours like 22:00-06:30"


def name(text: str) -> str:
    """Check a host's name."""
    return "" if _NAME.fullmatch(text) else "must be names like pucci.local"


def network(text: str) -> str:
    """Check an address or network; the server overlooks a network with bits set that are its hosts'."""
    with contextlib.suppress(ValueError):
        ipaddress.ip_network(text)
        return ""
    return "must be addresses or networks like 127.0.0.1 or 10.0.0.0/8"


def address(text: str) -> str:
    """Check the site's address: a name or number that a browser sends as Host."""
    with contextlib.suppress(ValueError):
        if _ADDRESS.fullmatch(text) and urlsplit(text).port != 0:
            return ""
    return "must be an address like https://pucci.example, without a path"


def database(text: str) -> str:
    """Check a database's URL."""
    from sqlalchemy import exc, make_url  # only where one is set

    with contextlib.suppress(exc.ArgumentError, ValueError):
        if make_url(text).get_backend_name() in {"sqlite", "postgresql"}:
            return ""
    return "must be an address that begins with sqlite:/// or postgresql+psycopg://"
