"""One's own page: where one is signed in, and one's password."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role, User
from pucci.errors import AccountError
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts
from pucci.web.site.rp import why_off
from pucci.web.site.signin import begin, note, person, token

bp = Blueprint("me", __name__)


@bp.get("/me")
@allow(Role.GUEST)
def show() -> str:
    """Show who one is here, and where one is signed in."""
    return page(myself())


@bp.post("/me/password")
@allow(Role.GUEST, fresh=True)
def password() -> ResponseReturnValue:
    """Change one's password: every other device is signed out."""
    somebody, here = myself(), parts().services.accounts
    try:
        here.change_password(somebody, request.form.get("password", ""))
    except AccountError as error:
        return page(somebody, problem=str(error)), 400
    begin(somebody)
    note(Event.PASSWORD, whom=somebody.username)
    return redirect(url_for("me.show", done="password"), 303)


@bp.post("/me/sessions/<int:session_id>/end")
@allow(Role.GUEST)
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign one of one's devices out."""
    parts().services.accounts.sessions.end_one(myself(), session_id)
    return redirect(url_for("me.show"), 303)


@bp.post("/me/sessions/end")
@allow(Role.GUEST)
def end_sessions() -> ResponseReturnValue:
    """Sign all of one's devices out, this one too."""
    note(Event.SIGNED_OUT, whom="everywhere")
    parts().services.accounts.sessions.end_all(myself())
    return redirect(url_for("door.login"), 303)


def myself() -> User:
    """Return who asks, where the rule has let only people with an account in."""
    somebody = person()
    if somebody is None:
        raise LookupError("This view lets in people without an account. Write @allow(Role.GUEST) above it.")
    return somebody


def page(somebody: User, problem: str = "") -> str:
    """Return one's own page."""
    sessions = parts().services.accounts.sessions
    return render_template(
        "me.html",
        me=somebody,
        sessions=sessions.of(somebody),
        this=sessions.id_of(token()),
        now=parts().now(),
        passkeys=parts().services.accounts.passkeys.of(somebody),
        codes=parts().services.accounts.codes.has(somebody),
        why_off=why_off(),
        problem=problem,
        done=request.args.get("done", ""),
    )
