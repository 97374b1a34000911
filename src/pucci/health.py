"""The state of the whole: what is wrong, since when and what to do, for /health, the page and messages.

Each condition is a small pure function over the facts. /health says one word, and nothing private.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pucci.accounts.throttle import Slowed
from pucci.album import Album, Slot
from pucci.album.room import RoomState

# A slot may take its whole interval, and the next one begins at once: later than this is late.
_LATE_INTERVALS: Final = 2.5
# Photos are missed for that long before it is a condition of its own.
_MISSED: Final = timedelta(hours=1)
# mod_md renews when a third of 90 days is left; two weeks before the end something is wrong.
_RENEWED: Final = timedelta(days=14)
# How long a condition lasts before anybody is told: what passes by itself is no news.
_SOON: Final = timedelta(minutes=1)
_LATER: Final = timedelta(minutes=10)
_MUCH_LATER: Final = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that is wrong, by a `key` that stays the same while it lasts.

    `text` says it and what to do, `over` that it has ended, both with `values` to be put in; `word` is
    what /health says, "" where that is no fault. `since` is None where nobody knows better than whoever
    sees it first. `told_after` is how long it must last before a message is worth it. A `quiet` one is no
    fault.
    """

    key: str
    text: str
    over: str
    values: Mapping[str, str] = field(default_factory=dict)
    word: str = ""
    since: datetime | None = None
    told_after: timedelta = _LATER
    camera: str = ""
    quiet: bool = False

    @property
    def sentence(self) -> str:
        """What is so, then what to do, in English."""
        return self.text % self.values if self.values else self.text

    @property
    def ended(self) -> str:
        """That it is over, in English."""
        return self.over % self.values if self.values else self.over


# What is so where the state of the whole cannot even be looked for.
UNREADABLE: Final = Condition(
    "unreadable",
    "Pucci cannot read what it has written down. Look at the disk; `pucci doctor` says more.",
    "Pucci can read what it has written down again.",
    told_after=_SOON,
)


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """A camera's newest slot, and when the last one that has its photo was due."""

    name: str
    newest: Slot | None
    filled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Facts:
    """All that conditions are made of. Times are in UTC."""

    now: datetime
    interval_s: float
    cameras: tuple[CameraFacts, ...]
    room: RoomState
    trusted: bool = True
    slowed: Slowed | None = None
    certificate_ends: datetime | None = None
    recovered: bool = False
    stays: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Health:
    """`word` is "ok", or what is wrong: "starting", "camera", "late", "full", "filled" or "read-only".

    `notices` are sentences for the owner alone, about what is no fault of the cameras.
    """

    word: str
    notices: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """All that is wrong, for the owner."""
        return tuple(one.sentence for one in self.conditions)

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.word == "ok"


def facts_of(
    album: Album,
    cameras: Iterable[str],
    *,
    now: datetime,
    interval_s: float,
    trusted: bool = True,
    slowed: Slowed | None = None,
    certificate_ends: datetime | None = None,
    recovered: bool = False,
    stays: timedelta | None = None,
) -> Facts:
    """Gather the facts. Slots of a clock that was ahead once are none of them."""
    until = now + timedelta(seconds=interval_s)
    found = tuple(
        CameraFacts(name, album.slots.newest(name, until=until), album.slots.last_filled(name, until=until))
        for name in cameras
    )
    room = album.room.state()
    return Facts(now, interval_s, found, room, trusted, slowed, certificate_ends, recovered, stays)


def judge(facts: Facts) -> Health:
    """Return how the whole is, the worst first."""
    found = conditions(facts)
    notices = tuple(one.sentence for one in found if not one.camera)
    if facts.room.sentence:
        return Health(facts.room.word, notices, found)
    words = {_word(camera.newest, facts) for camera in facts.cameras}
    word = next((word for word in ("camera", "late", "starting") if word in words), "ok")
    return Health(word, notices, found)


def conditions(facts: Facts) -> tuple[Condition, ...]:
    """Return all that is wrong."""
    return tuple(one for look in _LOOKS for one in look(facts))


def _word(slot: Slot | None, facts: Facts) -> str:
    if slot is None:
        return "starting"
    if not slot.filled:
        return "camera"
    return "late" if _is_late(slot, facts) else "ok"


def _is_late(slot: Slot, facts: Facts) -> bool:
    return facts.now - slot.due_at > timedelta(seconds=_LATE_INTERVALS * facts.interval_s)


def _short_of_room(facts: Facts) -> Iterator[Condition]:
    if facts.room.sentence:
        over = "There is room for photos again."
        yield Condition(
            f"disk {facts.room.word}", facts.room.sentence, over, {}, facts.room.word, None, _SOON
        )


# What is said of a camera by the reason why its newest slot was missed.
_LOST: Final = {
    "camera unplugged": "The camera %(camera)s is unplugged. It goes on by itself when the plug is back.",
    "camera silent": "The camera %(camera)s is silent. Pull its plug and put it back.",
    "camera stuck": (
        "The camera %(camera)s hangs, and a reset of its USB port did not help. "
        "Pull its plug and put it back."
    ),
}


def _short_stay(facts: Facts) -> Iterator[Condition]:
    """Say that photos go before their time; where none is stored at all, that says it."""
    if facts.stays is not None and not facts.room.sentence:
        text = (
            "Room is short: photos go after about %(hours)s hours, sooner than retention.max_age_h says. "
            "Let go of kept photos, or fit a larger card."
        )
        over = "There is room again: photos stay as long as they should."
        hours = f"{facts.stays / timedelta(hours=1):.0f}"
        yield Condition("room short", text, over, {"hours": hours}, told_after=_SOON, quiet=True)


def _lost_camera(facts: Facts) -> Iterator[Condition]:
    for camera in facts.cameras:
        slot = camera.newest
        if slot is None or slot.filled or not slot.reason.startswith("camera "):
            continue
        values = {"camera": camera.name, "reason": slot.reason}
        text = "The camera %(camera)s gives no pictures: %(reason)s. Pucci goes on trying."
        text = _LOST.get(slot.reason, text)
        yield Condition(
            f"camera {camera.name}",
            text,
            "The camera %(camera)s gives pictures again.",
            values,
            "camera",
            _after(camera, facts),
            _LATER,
            camera.name,
        )


def _missed_slots(facts: Facts) -> Iterator[Condition]:
    """Say that photos are missed for other reasons than the camera's being lost, off, or the disk's."""
    for camera in facts.cameras:
        slot, since = camera.newest, _after(camera, facts)
        if slot is None or facts.room.sentence or since is None or facts.now - since < _MISSED:
            continue
        values = {"camera": camera.name, "reason": slot.reason}
        over = "There are photos of the camera %(camera)s again."
        if _is_late(slot, facts):
            text = "Nothing takes pictures with the camera %(camera)s. Start Pucci again."
            word = "late"
        elif slot.filled or slot.reason.startswith(("camera ", "off, ")):
            continue
        else:
            text = (
                "There was no photo of the camera %(camera)s for an hour: %(reason)s. "
                "The page of refused frames shows what it sends."
            )
            word = "camera"
        yield Condition(f"missed {camera.name}", text, over, values, word, since, _SOON, camera.name)


def _after(camera: CameraFacts, facts: Facts) -> datetime | None:
    """Return when the slot after the last one that has its photo was due."""
    return camera.filled_at + timedelta(seconds=facts.interval_s) if camera.filled_at else None


def _doubted_clock(facts: Facts) -> Iterator[Condition]:
    if not facts.trusted:
        text = "The clock is not set yet, so nothing is deleted by age."
        yield Condition("clock", text, "The clock is right.", told_after=_MUCH_LATER)


def _attack(facts: Facts) -> Iterator[Condition]:
    if facts.slowed:
        text = (
            "Somebody tries passwords, and is slowed. Devices that signed in before still get in. "
            "If it was nobody of yours, a long password is all it takes."
        )
        over = "Nobody tried passwords for a day."
        yield Condition("attack", text, over, told_after=_SOON)


def _ending_certificate(facts: Facts) -> Iterator[Condition]:
    ends = facts.certificate_ends
    if ends is not None and facts.trusted and ends - facts.now < _RENEWED:
        text = (
            "The site’s certificate ends on %(day)s, and should have been renewed. "
            "`pucci doctor` says what is in its way."
        )
        over = "The site’s certificate was renewed."
        yield Condition("certificate", text, over, {"day": f"{ends:%Y-%m-%d}"}, told_after=_SOON)


def _recovered(facts: Facts) -> Iterator[Condition]:
    if facts.recovered:
        text = (
            "The database was damaged, and was made anew from the photos and the last snapshot. "
            "The page of people says what to look at."
        )
        over = "The database is sound, and somebody has read what was to be said of it."
        yield Condition("database", text, over, told_after=_SOON)


_LOOKS: Final[tuple[Callable[[Facts], Iterator[Condition]], ...]] = (
    _short_of_room,
    _short_stay,
    _lost_camera,
    _missed_slots,
    _doubted_clock,
    _attack,
    _ending_certificate,
    _recovered,
)
