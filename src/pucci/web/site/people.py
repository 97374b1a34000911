"""People: who may come in. For the owner, with a fresh proof before each change."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role, User
from pucci.errors import AccountError
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts
from pucci.web.site.paths import is_only_here, outside
from pucci.web.site.qr import code
from pucci.web.site.signin import note

bp = Blueprint("people", __name__)

# How long a link works, by the form's word; the first is the usual one.
LIVES: Final = {"week": timedelta(days=7), "day": timedelta(days=1), "hour": timedelta(hours=1)}
# Nobody is given a guest's account: who gets a share link needs none.
_ROLES: Final = {"family": Role.FAMILY, "owner": Role.OWNER}


@bp.get("/people")
@allow(Role.OWNER)
def index() -> str:
    """Show everybody, and the form that invites somebody."""
    return _page()


@bp.post("/people/invite")
@allow(Role.OWNER, fresh=True)
def invite() -> ResponseReturnValue:
    """Make a link for somebody new, and show it this once."""
    form = request.form
    role, life = _ROLES.get(form.get("role", "")), LIVES.get(form.get("life", "week"))
    if role is None or life is None:
        abort(400)
    try:
        token = parts().services.accounts.links.invite(form.get("name", ""), role, life)
    except AccountError as error:
        return _page(problem=str(error)), 400
    note(Event.INVITED, whom=f"{form['name'].strip()}, as {role}")
    return _page(fresh=_link(form["name"].strip(), token, life))


@bp.post("/people/links/<int:link_id>/revoke")
@allow(Role.OWNER, fresh=True)
def revoke(link_id: int) -> ResponseReturnValue:
    """Take a link back that nobody used yet."""
    name = parts().services.accounts.links.revoke(link_id)
    if name is not None:
        note(Event.REVOKED, whom=name)
    return redirect(url_for("people.index"), 303)


@bp.get("/people/<int:user_id>")
@allow(Role.OWNER)
def one(user_id: int) -> str:
    """Show what can be changed about somebody."""
    return _one(_find(user_id))


@bp.post("/people/<int:user_id>/role")
@allow(Role.OWNER, fresh=True)
def role(user_id: int) -> ResponseReturnValue:
    """Give somebody another role."""
    somebody, wanted = _find(user_id), _ROLES.get(request.form.get("role", ""))
    if wanted is None:
        abort(400)
    try:
        parts().services.accounts.users.set_role(somebody, wanted)
    except AccountError as error:
        return _one(somebody, problem=str(error)), 400
    note(Event.ROLE, whom=f"{somebody.username} is {wanted} now")
    return redirect(url_for("people.index"), 303)


@bp.post("/people/<int:user_id>/link")
@allow(Role.OWNER, fresh=True)
def link(user_id: int) -> ResponseReturnValue:
    """Make a link by which somebody chooses a new password, and show it this once."""
    somebody = _find(user_id)
    if somebody.disabled:
        return _one(somebody, problem=f"{somebody.username} is kept out. Let them in again first."), 400
    token = parts().services.accounts.links.new_password(somebody, LIVES["week"])
    note(Event.INVITED, whom=f"{somebody.username}, for a new password")
    return _page(fresh=_link(somebody.username, token, LIVES["week"]))


@bp.post("/people/<int:user_id>/disable")
@allow(Role.OWNER, fresh=True)
def disable(user_id: int) -> ResponseReturnValue:
    """Keep somebody out, at once and everywhere."""
    somebody = _find(user_id)
    try:
        parts().services.accounts.users.disable(somebody)
    except AccountError as error:
        return _one(somebody, problem=str(error)), 400
    note(Event.DISABLED, whom=somebody.username)
    return redirect(url_for("people.index"), 303)


@bp.post("/people/<int:user_id>/enable")
@allow(Role.OWNER, fresh=True)
def enable(user_id: int) -> ResponseReturnValue:
    """Let somebody in again."""
    somebody = _find(user_id)
    parts().services.accounts.users.enable(somebody)
    note(Event.ENABLED, whom=somebody.username)
    return redirect(url_for("people.index"), 303)


@bp.post("/people/<int:user_id>/remove")
@allow(Role.OWNER, fresh=True)
def remove(user_id: int) -> ResponseReturnValue:
    """Forget somebody for good."""
    somebody = _find(user_id)
    try:
        parts().services.accounts.users.remove(somebody)
    except AccountError as error:
        return _one(somebody, problem=str(error)), 400
    note(Event.REMOVED, whom=somebody.username)
    return redirect(url_for("people.index"), 303)


def _find(user_id: int) -> User:
    found = parts().services.accounts.users.by_id(user_id) if user_id < 2**63 else None
    return found or abort(404)


def _link(name: str, token: str, life: timedelta) -> dict[str, object]:
    address = outside(url_for("invite.show", token=token))
    return {
        "name": name,
        "address": address,
        "qr": code(address),
        "until": parts().now() + life,
        "is_only_here": is_only_here(address),
    }


def _page(fresh: dict[str, object] | None = None, problem: str = "") -> str:
    accounts = parts().services.accounts
    return render_template(
        "people.html",
        people=accounts.users.all(),
        keys=accounts.passkeys.counts(),
        seen=accounts.sessions.last_seen(),
        links=accounts.links.pending(),
        fresh=fresh,
        problem=problem,
        slowed=accounts.throttle.slowed(),
        recovered=parts().services.recovered(),
        lives=list(LIVES),
        form=request.form if problem else {},
        now=parts().now(),
    )


def _one(somebody: User, problem: str = "") -> str:
    sessions = parts().services.accounts.sessions.of(somebody)
    return render_template(
        "person.html", them=somebody, sessions=sessions, problem=problem, now=parts().now()
    )
