"""The link somebody got: it ends in a password of their own choosing, and they are in."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Link, Purpose
from pucci.errors import AccountError
from pucci.web.site import gate, keys
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts
from pucci.web.site.rp import why_off
from pucci.web.site.signin import begin, note

bp = Blueprint("invite", __name__)


@bp.get("/invite/<token>")
@allow(None)
def show(token: str) -> ResponseReturnValue:
    """Show the form, or say that the link is dead. Looking does not use it up: messengers look, too."""
    found = parts().services.accounts.links.find(token)
    return _form(found) if found else _dead()


@bp.post("/invite/<token>")
@allow(None)
def use(token: str) -> ResponseReturnValue:
    """Use the link up, and sign its holder in."""
    accounts, form = parts().services.accounts, request.form
    found = accounts.links.find(token)
    if found is None:
        return _dead()
    password = form.get("password", "")
    try:
        if found.purpose is Purpose.INVITE:
            passkey = keys.new_passkey("passkey") if form.get("passkey") else None
            user = accounts.use_invite(token, email=form.get("email", ""), password=password, passkey=passkey)
        else:
            user = accounts.use_password_link(token, password=password)
    except AccountError as error:
        return _form(found, problem=str(error)), 400
    begin(user)
    gate.remember(user)
    note(
        Event.JOINED, who=user.username, whom="invited" if found.purpose is Purpose.INVITE else "new password"
    )
    return redirect(url_for("cam.index"), 303)


def _form(found: Link, problem: str = "") -> str:
    owner = parts().services.accounts.users.by_id(found.user_id) if found.user_id else None
    email = owner.email if owner else request.form.get("email", "")
    return render_template(
        "invite.html", link=found, new=owner is None, email=email, problem=problem, why_off=why_off()
    )


def _dead() -> ResponseReturnValue:
    return render_template("dead_link.html", invited=True), 410
