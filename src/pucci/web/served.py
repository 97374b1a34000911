"""What media sends: each address with its rule. Media answers nothing else, and the docs print this table."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import Final

from pucci.accounts import Role

# What stands for each part of an address. Ids are digits and nothing else, and no more of them than SQLite's
# largest row id has.
_PARTS: Final = {
    "id": "[0-9]{1,18}",
    "camera": "[a-z][a-z0-9-]{0,31}",
    "kind": "hour|day|phone",
    "start": "[0-9]{1,10}",
    "end": "[0-9]{1,10}",
    "version": "[0-9a-f]{8}",
}


class Also(Enum):
    """Who else is let in, beside those the rule names: holders of a share link, and of a token."""

    ALL = "yes", "yes"
    NOBODY = "no", "no"
    # Only what a link is for; a token for the newest photo gets no other.
    PHOTO = "its own photos", "album; newest the newest"
    CAMERA = "its own camera", "newest or album"

    @property
    def link(self) -> str:
        """What the table says of share links."""
        return self.value[0]

    @property
    def token(self) -> str:
        """What the table says of tokens."""
        return self.value[1]


@dataclass(frozen=True)
class Served:
    """A kind of address: `path` is as the docs print it, with its parts in <>."""

    path: str
    rule: Role | None
    also: Also = Also.NOBODY

    @cached_property
    def kind(self) -> str:
        """Its first word below /media/."""
        return self.path.split("/")[2]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What an address of this kind matches; its groups are the parts, in order."""
        made = re.sub(r"<(\w+)>", lambda part: f"({_PARTS[part[1]]})", self.path.replace(".", r"\."))
        return re.compile(made)


# Who watches live; asked again and again while a stream runs.
WATCH: Final = Role.FAMILY
PHOTO: Final = Served("/media/photo/<id>.jpg", Role.FAMILY, Also.PHOTO)
THUMB: Final = Served("/media/thumb/<id>.jpg", Role.FAMILY, Also.PHOTO)
SHEET: Final = Served("/media/sheet/<kind>/<camera>/<start>-<end>-<version>.jpg", Role.FAMILY)
PUBLIC: Final = Served("/media/public/<id>.jpg", None, Also.ALL)
FILM: Final = Served("/media/film/<id>.mp4", Role.FAMILY)
POSTER: Final = Served("/media/film/<id>.jpg", Role.FAMILY)
ZIP: Final = Served("/media/kept.zip", Role.FAMILY)
REFUSED: Final = Served("/media/refused/<id>.jpg", Role.OWNER)
STREAM: Final = Served("/media/live/<camera>.mjpeg", WATCH, Also.CAMERA)
FRAME: Final = Served("/media/live/<camera>.jpg", WATCH, Also.CAMERA)
STATE: Final = Served("/media/live/<camera>.json", WATCH, Also.CAMERA)
ALL: Final = (PHOTO, THUMB, STREAM, FRAME, STATE, SHEET, FILM, POSTER, PUBLIC, ZIP, REFUSED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, and the parts of its address."""

    served: Served
    parts: tuple[str, ...]


def asked_for(path: str) -> Asked | None:
    """Return what an address asks for, None where media has no such address."""
    for served in ALL:
        if found := served.pattern.fullmatch(path):
            return Asked(served, found.groups())
    return None
