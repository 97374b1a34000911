"""What is written of the dog: the owner writes it, on the page."""

import contextlib
from datetime import date

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role
from pucci.album.public import on_page
from pucci.errors import ProfileError
from pucci.profile import LIMITS
from pucci.web.site.allow import allow
from pucci.web.site.chart import chart
from pucci.web.site.parts import parts
from pucci.web.site.signin import note

bp = Blueprint("profile", __name__)


@bp.get("/profile")
@allow(Role.OWNER)
def show() -> str:
    """Show what is written of the dog, in a form."""
    return _page()


@bp.post("/profile")
@allow(Role.OWNER)
def write() -> ResponseReturnValue:
    """Write it anew."""
    form = request.form
    try:
        parts().services.profiles.write(form, shows_weight=form.get("shows_weight") == "1")
    except ProfileError as error:
        return _page(problem=str(error)), 400
    note(Event.PROFILE, whom=form.get("name", "")[:80])
    return redirect(url_for("profile.show", done=1), 303)


@bp.post("/profile/weights")
@allow(Role.OWNER)
def weigh() -> ResponseReturnValue:
    """Write a weight down."""
    here, form = parts(), request.form
    try:
        day = date.fromisoformat(form.get("day", ""))
    except ValueError:
        return _page(heavy="Choose the day."), 400
    try:
        here.services.profiles.weigh(day, form.get("kg", ""), today=here.words.day_of(here.now()))
    except ProfileError as error:
        return _page(heavy=str(error)), 400
    return redirect(url_for("profile.show", _anchor="weight"), 303)


@bp.post("/profile/weights/<day>/delete")
@allow(Role.OWNER)
def unweigh(day: str) -> ResponseReturnValue:
    """Take a weight away."""
    with contextlib.suppress(ValueError):  # no such day: there is nothing to take away
        parts().services.profiles.unweigh(date.fromisoformat(day))
    return redirect(url_for("profile.show", _anchor="weight"), 303)


def _page(problem: str = "", heavy: str = "") -> str:
    here, form = parts(), request.form
    texts = here.services.profiles.texts()
    if problem:
        texts = {name: form.get(name, "") for name in LIMITS}
    weights, shown = here.services.profiles.weights(), here.services.album.public.shown()
    hero, beside = on_page(shown)
    on_it = len(beside) + (hero is not None)
    return render_template(
        "profile.html",
        texts=texts,
        limits=LIMITS,
        shows_weight=form.get("shows_weight") == "1" if problem else here.profile.shows_weight,
        weights=weights[::-1],
        chart=chart(weights),
        ordered=weights,
        today=here.words.day_of(here.now()).isoformat(),
        problem=problem,
        heavy=heavy,
        kg=form.get("kg", "") if heavy else "",
        shown=on_it,
        waiting=len(shown) - on_it,
        done=request.args.get("done") == "1",
    )
