"""A film, or the wish for one: the values everything about films passes round."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from pucci.album.filmfiles import FilmNamed, name_of


class Kind(StrEnum):
    """What a film shows: one local day, any span, or one picture a day at the same time."""

    DAY = "day"
    SPAN = "span"
    DAILY = "daily"


class Stage(StrEnum):
    """How far a film is."""

    WANTED = "wanted"
    MAKING = "making"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Film:
    """A film, or the wish for one.

    `start` and `end` are UTC; `hour` is the local time of day of one picture a day, "12:00". `progress` is
    in thousandths, `size` in bytes, `seconds` how long it plays; all are 0 until it is done. So many of its
    `photos` are `copies` kept of a day, taken at another time than its hour.
    """

    id: int
    camera: str
    kind: str
    start: datetime
    end: datetime
    hour: str
    state: str
    progress: int
    reason: str
    asked_at: datetime
    file: str
    size: int
    seconds: float
    photos: int
    copies: int
    width: int
    height: int

    @property
    def name(self) -> str:
        """What its video is called once it is done."""
        told = FilmNamed(self.camera, self.kind, self.start, self.end, self.hour, self.id)
        return name_of(told)

    @property
    def is_done(self) -> bool:
        """Whether it can be seen."""
        return self.state == Stage.DONE

    @property
    def is_under_way(self) -> bool:
        """Whether somebody waits for it."""
        return self.state in (Stage.WANTED, Stage.MAKING)


@dataclass(frozen=True, slots=True)
class Made:
    """What came out of the making of a film: its parts are still under their temporary names."""

    video: Path
    poster: bytes
    seconds: float
    photos: int
    width: int
    height: int
    copies: int = 0
