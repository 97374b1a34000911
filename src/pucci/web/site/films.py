"""The films: each day's, and those somebody asks for; one is made at a time."""

from datetime import UTC, date, timedelta
from typing import Any

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role
from pucci.album.films import Film, Kind
from pucci.errors import Busy
from pucci.timelapse.maker import clock_time, span_of_days
from pucci.web.site.allow import allow
from pucci.web.site.language import say
from pucci.web.site.parts import parts
from pucci.web.site.signin import note
from pucci.web.site.words import counted

bp = Blueprint("films", __name__)

_SHOWN = 60


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
        first, last = (date.fromisoformat(form.get(name, "")) for name in ("from", "to"))
        start, end = (one.astimezone(UTC) for one in span_of_days(first, last, here.words.zone))
        daily = form.get("kind") == Kind.DAILY
        if first > last or (daily and clock_time(form.get("hour", "")) is None):
            raise ValueError
    except (ValueError, OverflowError):
        return _page(problem="Choose a first and a last day, the first one first, and a time as 12:00."), 400
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
    """Say what a film shows: a day, or the days from one to another."""
    words = parts().words
    first, last = words.day_of(film.start), words.day_of(film.end - timedelta(seconds=1))
    if first == last:
        return words.long_day(first)
    return say("%s to %s") % (words.long_day(first), words.long_day(last))


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
        gone=request.args.get("gone") == "1",
        kind=form.get("kind", Kind.SPAN.value),
        first=form.get("from") or here.words.next_day(today, -1).isoformat(),
        last=form.get("to") or today.isoformat(),
        hour=form.get("hour") or here.services.settings.films.daily_at or "12:00",
    )


def length(seconds: float) -> str:
    """Say how long a film plays: "24 seconds", "2:24 minutes"."""
    whole = max(1, round(seconds))
    return counted(whole, "second") if whole < 60 else say("%s minutes") % f"{whole // 60}:{whole % 60:02}"


def size(count: int) -> str:
    """Say how many bytes: "850 KB", "1.9 MB"."""
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{max(1, round(count / 1000))} KB"
