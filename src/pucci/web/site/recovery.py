"""What the owner is told of a database that was made anew, until they have read it."""

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.recovery import notice
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts

bp = Blueprint("recovery", __name__)


@bp.post("/state/recovery")
@allow(Role.OWNER)
def read() -> ResponseReturnValue:
    """Say no more of it."""
    notice.confirm(parts().services.db)
    return redirect(url_for("people.index" if request.form.get("page") == "people" else "cam.index"), 303)
