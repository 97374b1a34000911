"""API tokens: for Home Assistant and scripts. For the owner, with a fresh proof before each change."""

from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role
from pucci.accounts.apitokens import Scope
from pucci.errors import AccountError
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts
from pucci.web.site.paths import outside
from pucci.web.site.signin import note

bp = Blueprint("tokens", __name__)

MAY: Final = {
    Scope.NEWEST: "read the newest photo, and live",
    Scope.ALBUM: "read the album",
    Scope.TAKE: "take a photo",
    Scope.METRICS: "read the figures, for Prometheus",
}


@bp.get("/tokens")
@allow(Role.OWNER)
def index() -> str:
    """Show the tokens, and the form for a new one."""
    return _page()


@bp.post("/tokens")
@allow(Role.OWNER, fresh=True)
def make() -> ResponseReturnValue:
    """Make a token, and show it this once."""
    asked = request.form.getlist("scope")
    scopes = frozenset(scope for scope in Scope if scope in asked)
    try:
        token = parts().services.accounts.tokens.make(request.form.get("name", ""), scopes)
    except AccountError as error:
        return _page(problem=str(error)), 400
    note(Event.TOKEN, whom=f"made {request.form['name'].strip()}: {', '.join(sorted(scopes))}")
    return _page(fresh=token)


@bp.post("/tokens/<int:token_id>/revoke")
@allow(Role.OWNER, fresh=True)
def revoke(token_id: int) -> ResponseReturnValue:
    """End a token at once."""
    name = parts().services.accounts.tokens.revoke(token_id) if token_id < 2**63 else None
    if name is not None:
        note(Event.TOKEN, whom=f"revoked {name}")
    return redirect(url_for("tokens.index"), 303)


def _page(fresh: str = "", problem: str = "") -> str:
    here = parts()
    return render_template(
        "tokens.html",
        tokens=here.services.accounts.tokens.all(),
        may=MAY,
        fresh=fresh,
        problem=problem,
        example=outside(f"/api/cameras/{next(iter(here.services.cameras), 'sofa')}/newest.jpg"),
        now=here.now(),
    )
