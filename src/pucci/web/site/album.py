"""The album, day by day: a day at a glance, and the calendar that leads to the others."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.album.sheets import Kind, Sheet, plan
from pucci.capture.schedule import seconds_to_next
from pucci.photo import Photo
from pucci.web.site import timeline
from pucci.web.site.allow import allow
from pucci.web.site.day import Bar, bars, missed_runs
from pucci.web.site.language import say, told
from pucci.web.site.me import myself
from pucci.web.site.parts import Parts, parts
from pucci.web.site.sky import place_of, sun
from pucci.web.site.timeline import Hour
from pucci.web.site.words import counted

bp = Blueprint("album", __name__)


@bp.get("/album")
@allow(Role.FAMILY)
def index() -> ResponseReturnValue:
    """Lead to today, or to the last day there are photos of."""
    here, camera = parts(), _camera()
    today = here.words.day_of(here.now())
    newest = here.services.album.newest(camera)
    day = here.words.day_of(newest.taken_at) if newest else today
    return redirect(_address(day, camera), 302)


@bp.get("/album/<day>")
@allow(Role.FAMILY)
def show(day: str) -> str:
    """Show one day."""
    here, camera = parts(), _camera()
    try:
        chosen = date.fromisoformat(day)
        # In UTC: between two times of one zone Python counts the clock's hours, not those that pass.
        bounds = chosen, chosen + timedelta(days=1)
        start, end = (here.words.midnight(one).astimezone(UTC) for one in bounds)
    except (ValueError, OverflowError):
        abort(404)
    photos = here.services.album.between(camera, start, end)[::-1]
    hours = timeline.hours(photos, start, end)
    picked = _picked(photos, hours, is_today=start <= here.now() < end)
    gaps, reasons = _gaps(here, camera, start, end)
    hour = next((hour for hour in hours if picked in hour.photos), None)
    film = here.services.album.films.of_day(camera, start)
    return render_template(
        "album.html",
        camera=camera,
        cameras=list(here.services.cameras),
        day=chosen,
        start=start,
        now=here.now(),
        photos=photos,
        kept=[photo.id for photo in photos if photo.kept],
        picked=picked,
        said=say(timeline.said(picked.activity)) if picked else "",
        mine=_mine(photos),
        hour=hour,
        hours=hours,
        sheets=(sheets := [plan(Kind.HOUR, camera, hour.start, hour.end, hour.photos) for hour in hours]),
        strips=[plan(kind, camera, start, end, photos) for kind in (Kind.DAY, Kind.PHONE)],
        hour_list=[_listed(here, hour, sheet) for hour, sheet in zip(hours, sheets, strict=True)],
        gaps=gaps,
        reasons=reasons,
        is_today=start <= here.now() < end,
        film=film if film and film.is_done else None,
        step=_step(here, start, end),
        due_in=_due_in(here, camera) if start <= here.now() < end else None,
        address=lambda other: _address(other, camera),
        **_drawn(here, photos, hours, start, end),
        **_ways(here, camera, chosen, start, end),
    )


def _camera() -> str:
    """Return the camera that is asked for; the first one where none is."""
    names = list(parts().services.cameras)
    camera = request.args.get("camera", names[0] if names else "")
    known = camera in names or camera in parts().services.album.index.cameras()
    return camera if known else abort(404)


def _address(day: date, camera: str) -> str:
    first = next(iter(parts().services.cameras), "")
    return url_for("album.show", day=day.isoformat(), camera=None if camera == first else camera)


def _picked(photos: Sequence[Photo], hours: Sequence[Hour], *, is_today: bool) -> Photo | None:
    """Return the photo to show: the one asked for, or one of the hour; else the newest, or the liveliest."""
    photo_id, number = (request.args.get(name, "") for name in ("photo", "at"))
    asked = next((photo for photo in photos if str(photo.id) == photo_id), None)
    if asked is not None:
        return asked
    if number.isascii() and number.isdigit() and int(number[:4]) < len(hours):
        hour = hours[int(number[:4])]
        return timeline.busiest(hour.photos) or timeline.nearest(photos, hour.start)
    return photos[-1] if is_today and photos else timeline.busiest(photos)


def _listed(here: Parts, hour: Hour, sheet: Sheet) -> dict[str, Any]:
    """Return an hour as the page's script reads it."""
    shown = [photo.id for photo in hour.shown]
    return {
        "from": say("From %s") % here.words.clock(hour.start),
        "count": counted(len(hour.photos), "photo"),
        "sheet": f"/media/sheet/{sheet.name}" if shown else "",
        "width": sheet.size[0],
        "shown": shown,
    }


def _mine(photos: Sequence[Photo]) -> set[int]:
    kept = [photo.id for photo in photos if photo.kept]
    return parts().services.album.kept.mine(kept, myself().id) if kept else set()


def _gaps(here: Parts, camera: str, start: datetime, end: datetime) -> tuple[list[Bar], list[dict[str, Any]]]:
    """Return the day's missed slots as bars and in words, the newest first: an outage that goes on is on top.

    Slots are on record for 30 days; of an older day nothing is known, and nothing is said.
    """
    interval_s = here.services.settings.capture.interval_s
    until = min(end, here.now())
    slots = here.services.album.slots.day(camera, start, until, interval_s) if start < until else []
    if not any(slot.filled or slot.tries or slot.reason.startswith("off, ") for slot in slots):
        return [], []
    if slots and not slots[-1].filled and until < end:
        slots = slots[:-1]  # it is being filled just now
    said = []
    for run in missed_runs(slots):
        after = timeline.ended(run, interval_s)
        time = here.words.clock(run.start)
        span = say("%s to %s") % (time, here.words.clock(after)) if run.count > 1 else time
        said.append(
            {
                "when": span if after <= until or run.count == 1 else say("since %s") % time,
                "reason": told(run.reason),
                "from": round((run.start - start).total_seconds()),
                "to": round((after - start).total_seconds()),
            }
        )
    return timeline.holes(bars(slots, start, end)), said


def _step(here: Parts, start: datetime, end: datetime) -> float:
    count = timeline.steps(start, end, here.services.settings.capture.interval_s)
    return (end - start).total_seconds() / count


def _due_in(here: Parts, camera: str) -> float | None:
    """Return the seconds until a camera's next photo is due; None of one that takes none any more."""
    interval_s = here.services.settings.capture.interval_s
    return seconds_to_next(here.now(), interval_s) if camera in here.services.cameras else None


def _drawn(
    here: Parts, photos: Sequence[Photo], hours: Sequence[Hour], start: datetime, end: datetime
) -> dict[str, Any]:
    """Return what the timeline draws: the curve, the sky, the hours' labels and the time still to come."""
    interval_s = here.services.settings.capture.interval_s
    typical = max((b.taken_at - a.taken_at for a, b in pairwise(photos)), default=timedelta())
    usual = timedelta(seconds=2.5 * interval_s)
    dense = len(photos) * interval_s * 4 > (end - start).total_seconds()
    lines = timeline.runs(photos, start, end, usual if dense else max(usual, typical))
    labels = [str(here.words.local(hour.start).hour) for hour in hours]
    light = sun(start, end, place_of(here.services.settings.clock.timezone))
    return {
        "stroke": timeline.stroke(lines),
        "fill": timeline.fill(lines),
        "light": light,
        "ticks": timeline.ticks(hours, labels),
        "rest": max(0, min(timeline.UNITS, timeline.at(here.now(), start, end))),
        "busy": _busy(here, photos),
        "activity_words": [[least, say(words)] for least, words in timeline.WORDS],
        "pictures": [
            [int((p.taken_at - start).total_seconds()), p.id, p.activity, here.words.clock(p.taken_at)]
            for p in photos
        ],
    }


def _busy(here: Parts, photos: Sequence[Photo]) -> str:
    liveliest = timeline.busiest(photos)
    if liveliest is None or not liveliest.activity:
        return say("Activity")
    return say("Activity, most around %s") % here.words.clock(liveliest.taken_at)


def _ways(here: Parts, camera: str, day: date, start: datetime, end: datetime) -> dict[str, Any]:
    """Return where to go on to: the day before and after, and the month with its days."""
    index, words = here.services.album.index, here.words
    before, after = index.last_before(camera, start), index.first_since(camera, end)
    first = day.replace(day=1)
    following = words.next_day(first, 32).replace(day=1)
    days = [words.next_day(first, number) for number in range((following - first).days)]
    bounds = [words.midnight(one) for one in (*days, following)]
    earlier, later = index.last_before(camera, bounds[0]), index.first_since(camera, bounds[-1])
    cells = [None] * first.weekday() + [
        (one, *there) for one, there in zip(days, index.days(camera, bounds), strict=True)
    ]
    cells += [None] * (-len(cells) % 7)
    return {
        "before": words.day_of(before.taken_at) if before else None,
        "after": words.day_of(after.taken_at) if after else None,
        "weeks": [cells[at : at + 7] for at in range(0, len(cells), 7)],
        "earlier": words.day_of(earlier.taken_at) if earlier else None,
        "later": words.day_of(later.taken_at) if later else None,
    }
