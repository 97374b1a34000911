"""The cam: the newest photo or the live picture, how the camera is, and the last day's photos."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.album import Slot
from pucci.album.sheets import Kind, Sheet, plan
from pucci.album.slots import refused_in
from pucci.capture.privacy import QUIET_HOURS
from pucci.capture.schedule import due_slot, seconds_to_next
from pucci.photo import Photo
from pucci.web.site import day
from pucci.web.site.allow import allow
from pucci.web.site.language import say, told
from pucci.web.site.parts import Parts, parts
from pucci.web.site.signin import person
from pucci.web.site.timeline import Hour
from pucci.web.site.words import ago, span

bp = Blueprint("cam", __name__)

# The page looks back a day, or as many photos as a day has at one a minute.
_MOST_PHOTOS: Final = 1440
# So many of its hours are seen at once, a sheet each; the others are closed, and cost a request when opened.
_OPEN_HOURS: Final = 6
_HOUR: Final = timedelta(hours=1)
_MOST_REASONS: Final = 8


@bp.get("/doggiecam")
@allow(None)
def doggiecam() -> ResponseReturnValue:
    """Lead the first version's address here."""
    return redirect(url_for("cam.index"), 301)


@bp.get("/cam")
@allow(Role.FAMILY)
def index() -> ResponseReturnValue:
    """Show the first camera."""
    names = list(parts().services.cameras)
    return page_of(names[0]) if names else abort(404)


@bp.get("/cam/<camera>")
@allow(Role.FAMILY)
def one(camera: str) -> ResponseReturnValue:
    """Show one camera."""
    return page_of(camera) if camera in parts().services.cameras else abort(404)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the page says of the day's slots. `reasons` are its times and words, newest first.

    Slots in which the camera was off were not due; they are counted apart.
    """

    bars: list[day.Bar]
    filled: int
    due: int
    off: int
    refused: int
    reasons: list[tuple[str, str]]
    more: int

    @property
    def missed(self) -> int:
        """How many slots have no photo."""
        return self.due - self.filled


def page_of(camera: str, *, problem: str = "") -> str:
    """Return a camera's page; `problem` is why what was asked for could not be done."""
    here = parts()
    now, interval_s = here.now(), here.services.settings.capture.interval_s
    newest = here.services.album.newest(camera)
    midnight = here.words.midnight(here.words.local(now).date())
    slots = _slots(here, camera, min(midnight, now - _length(here)), now)
    hours = _hours(here, camera, now)
    return render_template(
        "cam.html",
        camera=camera,
        cameras=list(here.services.cameras),
        drawn=_drawn(here, camera),
        newest=newest,
        now=now,
        ago=ago(newest.taken_at, now) if newest else "",
        stale=newest is not None and day.is_stale(newest, now, interval_s),
        trouble=_trouble(slots, newest),
        next_at=now + timedelta(seconds=seconds_to_next(now, interval_s)),
        often=span(interval_s),
        today=_shown(here, [slot for slot in slots if slot.due_at >= midnight], now),
        hours=hours[:_OPEN_HOURS],
        earlier=hours[_OPEN_HOURS:],
        earlier_photos=sum(len(hour.photos) for _, hour, _ in hours[_OPEN_HOURS:]),
        problem=problem,
        room=here.services.album.room.state().sentence,
        **_live(here, camera, newest),
    )


def _live(here: Parts, camera: str, newest: Photo | None) -> dict[str, Any]:
    """Return what the page needs to be live, or to say why the camera is off."""
    off, somebody = here.services.privacy[camera].off(), person()
    is_owner = somebody is not None and somebody.role is Role.OWNER
    settings = here.services.settings
    asked = settings.cameras[camera]
    return {
        "live": request.args.get("live") == "1" and off is None,
        "fps": "1" if request.args.get("fps") == "1" else "",
        "off": off,
        "quiet": off is not None and off.by == QUIET_HOURS,
        "is_owner": is_owner,
        "recovered": here.services.recovered() if is_owner else None,
        "early": here.services.stays() if is_owner else None,
        "unsent": is_owner and here.services.outbox.trouble() is not None,
        "tolerated": here.services.album.witnesses.tolerated(camera),
        "watched": here.services.hubs[camera].watchers > 0,
        "size": (newest.width, newest.height) if newest else (asked.width, asked.height),
        "zone": settings.clock.timezone,
        "taken": newest is not None and request.args.get("taken") == str(newest.id),
    }


def _slots(here: Parts, camera: str, start: datetime, now: datetime) -> list[Slot]:
    """Return the slots from `start` up to now, oldest first, the unrecorded ones as missed.

    The one being filled just now is left out, unless it is known that the camera is gone, or off.
    """
    interval_s = here.services.settings.capture.interval_s
    slots = here.services.album.slots.day(camera, start, now, interval_s)
    if slots and not slots[-1].filled and slots[-1].due_at == due_slot(now, interval_s):
        return slots if slots[-1].reason.startswith(("camera ", "off, ")) else slots[:-1]
    return slots


def _trouble(slots: list[Slot], newest: Photo | None) -> day.Missed | None:
    """Return why there is nothing newer. Where that began before what is looked at: since the last photo."""
    found = day.trouble(slots)
    if found is not None and newest is not None and found.count == len(slots):
        return replace(found, start=newest.taken_at)
    return found


def _length(here: Parts) -> timedelta:
    return timedelta(seconds=min(86_400, _MOST_PHOTOS * here.services.settings.capture.interval_s))


def _shown(here: Parts, slots: list[Slot], now: datetime) -> Shown:
    today = here.words.local(now).date()
    start, end = here.words.midnight(today), here.words.midnight(today + timedelta(days=1))
    runs = day.missed_runs(slots)
    reasons = [
        (here.words.clock(run.start), _told(run, _ended(here, run, now))) for run in runs[:_MOST_REASONS]
    ]
    filled, off = sum(slot.filled for slot in slots), sum(map(day.was_off, slots))
    return Shown(
        day.bars(slots, start, end),
        filled,
        len(slots) - off,
        off,
        refused_in(slots),
        reasons,
        len(runs) - len(reasons),
    )


def _told(run: day.Missed, until: str) -> str:
    """Say why slots were missed, in a line; `until` is when the camera went on again, "" while it is off."""
    reason = told(run.reason)
    if run.is_off:
        off = say("off until %s") % until
        return f"{off}, {reason.partition(', ')[2]}" if until else reason
    missed = say("%s missed") % run.count
    return reason if run.count == 1 else f"{missed}: {reason}"


def _ended(here: Parts, run: day.Missed, now: datetime) -> str:
    """Say when the slot after a run was due; "" where it still goes on."""
    after = run.end + timedelta(seconds=here.services.settings.capture.interval_s)
    return here.words.clock(after) if after <= now else ""


def _recent(here: Parts, camera: str, now: datetime) -> list[Photo]:
    """Return the last day's photos by whole hours, newest first; of the future too."""
    since = _begins(here, now - _length(here))
    return here.services.album.between(camera, since, now + timedelta(days=1))


def _hours(here: Parts, camera: str, now: datetime) -> list[tuple[str, Hour, Sheet]]:
    """Return the last day's hours with photos, newest first, each with its heading and sheet.

    They are cut as the day's page cuts them, so that both have the same sheets.
    """
    found = []
    photos = _recent(here, camera, now)
    for start, group in groupby(photos, key=lambda photo: _begins(here, photo.taken_at)):
        hour = Hour(0, start, start + _HOUR, list(group)[::-1])
        found.append(
            (here.words.when(start, now), hour, plan(Kind.HOUR, camera, start, hour.end, hour.photos))
        )
    return found


def _begins(here: Parts, moment: datetime) -> datetime:
    """Return when the hour of a moment begins, counted from the family's midnight."""
    midnight = here.words.midnight(here.words.day_of(moment)).astimezone(UTC)
    return midnight + (moment - midnight) // _HOUR * _HOUR


def _drawn(here: Parts, camera: str) -> str:
    """Return why this camera's dog is a drawing: "asked for", or "stands in"; "" where she is none."""
    if here.services.settings.cameras[camera].driver == "synthetic":
        return "asked for"
    return "stands in" if here.services.cameras[camera].stands_in else ""
