"""Fresh proof: before anything dangerous, one says again who one is. Nothing that was typed is lost.

The page that asks carries the form that was sent, so the same form comes again, with the proof.
"""

from typing import Final

from flask import current_app, make_response, render_template, request
from flask.typing import ResponseReturnValue

from pucci.accounts import User
from pucci.errors import AccountSlowed
from pucci.web.site import keys
from pucci.web.site.allow import is_fresh_only
from pucci.web.site.gate import enter, settle
from pucci.web.site.parts import parts
from pucci.web.site.rp import why_off
from pucci.web.site.signin import person, token

_PASSWORD: Final = "proof_password"  # noqa: S105 - the field's name
_PASSKEY: Final = "proof_passkey"
_OURS: Final = {_PASSWORD, _PASSKEY, "csrf_token"}


def check() -> ResponseReturnValue | None:
    """Ask for a proof where a view wants one and there is none; runs before every request."""
    if request.endpoint is None or not is_fresh_only(current_app.view_functions[request.endpoint]):
        return None  # and nobody's cookie is looked at
    somebody = person()
    if somebody is None:
        return None
    if parts().services.accounts.sessions.is_fresh(token()):
        return None
    status, wrong, slowed = 403, False, ""
    try:
        if _proved(somebody):
            parts().services.accounts.sessions.prove(token())
            return None
        wrong = bool(_OURS & set(request.form) - {"csrf_token"})
    except AccountSlowed as error:
        status, slowed = error.http_status, str(error)
    fields = [(name, value) for name, value in request.form.items(multi=True) if name not in _OURS]
    page = render_template("proof.html", fields=fields, wrong=wrong, slowed=slowed, why_off=why_off())
    return make_response(page, status)


def _proved(somebody: User) -> bool:
    if request.form.get(_PASSKEY):
        user = keys.holder(_PASSKEY)
        return user is not None and user.id == somebody.id
    return _PASSWORD in request.form and _is_password_of(somebody, request.form[_PASSWORD])


def _is_password_of(somebody: User, password: str) -> bool:
    """Whether this is their password. Tries count for this session alone: no attack stops its owner."""
    accounts = parts().services.accounts
    ticket = enter([f"device:session-{accounts.sessions.id_of(token())}"], somebody.email)
    user = accounts.sign_in(somebody.email, password)
    settle(ticket, somebody.email, user)
    return user is not None
