"""The films: each day's, and those somebody asks for; one is made at a time."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role
from pucci.album.films import Film, Kind
from pucci.errors import Busy
from pucci.forms import clock_time
from pucci.timelapse.choose import local_moment
from pucci.timelapse.maker import span_of_days
from pucci.web.site.allow import allow
from pucci.web.site.language import say
from pucci.web.site.parts import parts
from pucci.web.site.signin import note
from pucci.web.site.words import counted, figure

bp = Blueprint("films", __name__)

_SHOWN = 60
_NO_SPAN = "Choose a first and a last day, and times as 12:00. The end comes after the beginning."


@bp.get("/films")
@allow(Role.FAMILY)
def index() -> str:
    """Show the films, what is being made, and the form for a new one."""
    return _page()


@bp.post("/films")
@allow(Role.FAMILY)
def make() -> ResponseReturnValue:
    """Ask for a film of some days."""
    here, form = parts(), request.form
    camera = form.get("camera", "")
    if camera not in here.services.cameras:
        abort(400)
    try:
        start, end = _span(form)
        daily = form.get("kind") == Kind.DAILY
        if daily and clock_time(form.get("hour", "")) is None:
            raise ValueError
    except (ValueError, OverflowError):
        return _page(problem=_NO_SPAN), 400
    kind, hour = (Kind.DAILY, form["hour"]) if daily else (Kind.SPAN, "")
    try:
        here.services.album.films.want(camera, kind, start, end, hour)
    except Busy as error:
        return _page(problem=str(error)), 409
    here.services.films.wake()
    return redirect(url_for("films.index"), 303)


@bp.post("/films/<int:film_id>/cancel")
@allow(Role.FAMILY)
def cancel(film_id: int) -> ResponseReturnValue:
    """Want a film no more: one that is being made, or could not be made."""
    film = _find(film_id)
    if film.is_done:
        abort(409)
    parts().services.album.films.delete(film)
    return redirect(url_for("films.index"), 303)


@bp.post("/films/<int:film_id>/delete")
@allow(Role.OWNER, fresh=True)
def delete(film_id: int) -> ResponseReturnValue:
    """Delete a film for good."""
    film = _find(film_id)
    parts().services.album.films.delete(film)
    note(Event.DELETED, whom=f"the film of {said(film)}, camera {film.camera}")
    return redirect(url_for("films.index", gone=1), 303)


@bp.get("/films/<int:film_id>.json")
@allow(Role.FAMILY)
def state(film_id: int) -> dict[str, Any]:
    """Say how far a film is, for the page's script."""
    film = _find(film_id)
    return {"state": film.state, "progress": film.progress}


def said(film: Film) -> str:
    """Say what a film shows: a day, the days from one to another, or the times it begins and ends."""
    words = parts().words
    first, last = words.day_of(film.start), words.day_of(film.end - timedelta(seconds=1))
    if all(words.midnight(words.day_of(bound)) == bound for bound in (film.start, film.end)):
        day = words.long_day(first)
        return day if first == last else say("%s to %s") % (day, words.long_day(last))
    begin = f"{words.short_day(first)}, {words.clock(film.start)}"
    end = say("midnight") if words.midnight(words.day_of(film.end)) == film.end else words.clock(film.end)
    return say("%s to %s") % (begin, end if first == last else f"{words.short_day(last)}, {end}")


def _span(form: Mapping[str, str]) -> tuple[datetime, datetime]:
    """Return what a form asks for, in UTC: whole days, or some from a time, or up to one.

    Raises:
        ValueError: there is no such day or time, or the end comes before the beginning.
    """
    zone = parts().words.zone
    first, last = (date.fromisoformat(form.get(name, "")) for name in ("from", "to"))
    start, end = span_of_days(first, last, zone)
    if form.get("kind") != Kind.DAILY:
        start, end = (
            _at(form.get(name, ""), day, zone, usual)
            for name, day, usual in (("from_time", first, start), ("to_time", last, end))
        )
    if start >= end:
        raise ValueError
    return start.astimezone(UTC), end.astimezone(UTC)


def _at(text: str, day: date, zone: tzinfo | None, usual: datetime) -> datetime:
    if not text:
        return usual
    if (at := clock_time(text)) is None:
        raise ValueError
    return local_moment(day, at, zone)


def _find(film_id: int) -> Film:
    return (parts().services.album.films.film(film_id) if film_id < 2**63 else None) or abort(404)


def _page(problem: str = "") -> str:
    here = parts()
    films, today = here.services.album.films, here.words.day_of(here.now())
    form = request.form
    return render_template(
        "films.html",
        films=films.newest(_SHOWN),
        waiting=films.unfinished(),
        cameras=list(here.services.cameras),
        said=said,
        length=length,
        counted=counted,
        size=size,
        problem=problem,
        nightly=here.services.settings.films.nightly,
        trusted=here.services.clock.is_trusted(),
        gone=request.args.get("gone") == "1",
        kind=form.get("kind", Kind.SPAN.value),
        first=form.get("from") or here.words.next_day(today, -1).isoformat(),
        last=form.get("to") or today.isoformat(),
        first_time=form.get("from_time", ""),
        last_time=form.get("to_time", ""),
        # What a day is left with once age has taken its photos.
        left=here.services.settings.retention.max_age_h and here.services.settings.films.daily_at,
        hour=form.get("hour") or here.services.settings.films.daily_at or "12:00",
    )


def length(seconds: float) -> str:
    """Say how long a film plays: "24 seconds", "2:24 minutes"."""
    whole = max(1, round(seconds))
    return counted(whole, "second") if whole < 60 else say("%s minutes") % f"{whole // 60}:{whole % 60:02}"


def size(count: int) -> str:
    """Say how many bytes: "850 KB", "1.9 MB"."""
    return (
        f"{figure(round(count / 1_000_000, 1))} MB"
        if count >= 1_000_000
        else f"{max(1, round(count / 1000))} KB"
    )
