"""Fresh proof: before anything dangerous, one says again who one is. Nothing that was typed is lost.

The page that asks carries the form that was sent, so the same form comes again, with the proof.
"""

from typing import Final

from flask import current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue

from pucci.accounts import Event
from pucci.web.site.allow import is_fresh_only
from pucci.web.site.parts import parts
from pucci.web.site.signin import note, person, token

_PASSWORD: Final = "proof_password"  # noqa: S105 - the field's name
_OURS: Final = {_PASSWORD, "csrf_token"}


def check() -> ResponseReturnValue | None:
    """Ask for a proof where a view wants one and there is none; runs before every request."""
    if request.endpoint is None or not is_fresh_only(current_app.view_functions[request.endpoint]):
        return None  # and nobody's cookie is looked at
    somebody = person()
    if somebody is None:
        return None
    accounts = parts().services.accounts
    if accounts.sessions.is_fresh(token()):
        return None
    wrong = False
    if _PASSWORD in request.form:
        if accounts.sign_in(somebody.email, request.form[_PASSWORD]) is not None:
            accounts.sessions.prove(token())
            return None
        note(Event.FAILED, whom=somebody.email)
        wrong = True
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in _OURS]
    return make_response(render_template("proof.html", fields=fields, wrong=wrong), 403)
