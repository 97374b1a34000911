"""In and out: sign in, sign out, and the one-time link that makes the owner."""

import math

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event
from pucci.errors import AccountError, AccountSlowed
from pucci.web.site import gate, keys
from pucci.web.site.allow import allow
from pucci.web.site.language import carried
from pucci.web.site.parts import parts
from pucci.web.site.paths import own_path
from pucci.web.site.rp import why_off
from pucci.web.site.signin import begin, end, note, person

bp = Blueprint("door", __name__)


@bp.get("/login")
@allow(None)
def login() -> ResponseReturnValue:
    """Show the form, or go on if somebody is signed in already."""
    if person() is not None:
        return redirect(own_path(request.args.get("next")), 303)
    return render_template("login.html", next=request.args.get("next", ""), why_off=why_off())


@bp.post("/login")
@allow(None)
def enter() -> ResponseReturnValue:
    """Sign somebody in."""
    email, asked = request.form.get("email", ""), request.form.get("next", "")
    try:
        user = gate.sign_in(email, request.form.get("password", ""))
    except AccountSlowed as error:
        page = render_template("login.html", next=asked, email=email, slowed=str(error), why_off=why_off())
        return page, error.http_status, {"Retry-After": str(math.ceil(error.wait_s))}
    if user is None:
        return render_template("login.html", next=asked, email=email, wrong=True, why_off=why_off()), 401
    if parts().services.accounts.codes.has(user):
        return keys.ask_code(user, asked)
    begin(user)
    gate.remember(user)
    note(Event.SIGNED_IN, who=user.username)
    return redirect(own_path(asked), 303)


@bp.post("/logout")
@allow(None)
def leave() -> ResponseReturnValue:
    """Sign out."""
    somebody = person()
    if somebody is not None:
        note(Event.SIGNED_OUT)
    end()
    gone = redirect(carried(url_for("home.index")), 303)
    gone.headers["Clear-Site-Data"] = (
        '"cache", "storage"'  # also the last photo, kept for when there is no line
    )
    return gone


@bp.get("/setup/<token>")
@allow(None)
def setup(token: str) -> ResponseReturnValue:
    """Show the form that makes the owner, or say that the link is dead."""
    if not parts().services.accounts.links.is_open(token):
        return render_template("dead_link.html"), 410
    return render_template("setup.html", form={})


@bp.post("/setup/<token>")
@allow(None)
def make_owner(token: str) -> ResponseReturnValue:
    """Make the owner, and sign them in."""
    accounts, form = parts().services.accounts, request.form
    if not accounts.links.is_open(token):
        return render_template("dead_link.html"), 410
    try:
        user = accounts.use_owner_link(
            token,
            username=form.get("username", ""),
            email=form.get("email", ""),
            password=form.get("password", ""),
        )
    except AccountError as error:
        return render_template("setup.html", form=form, problem=str(error)), 400
    begin(user)
    gate.remember(user)
    note(Event.JOINED, who=user.username, whom="as the first owner")
    return redirect(url_for("cam.index"), 303)
