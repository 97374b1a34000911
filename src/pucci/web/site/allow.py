"""The rule above each view: who may. A view without one is refused when the application is made."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.accounts.apitokens import Scope
from pucci.web.access import Answer, may
from pucci.web.site.parts import parts
from pucci.web.site.signin import person
from pucci.web.visitors import bearer

View = TypeVar("View", bound=Callable[..., Any])

_RULE: Final = "pucci_rule"
_FRESH: Final = "pucci_fresh"


def allow(rule: Role | Scope | None, *, fresh: bool = False) -> Callable[[View], View]:
    """Let this role, and those above it, see a view; None lets everyone, a scope the tokens that have it.

    `fresh` asks for a password or passkey given within the last 15 minutes, too: see proof.py.
    """

    def marked(view: View) -> View:
        setattr(view, _RULE, rule)
        setattr(view, _FRESH, fresh)
        return view

    return marked


def rule_of(view: Callable[..., Any]) -> Role | Scope | None:
    """Return a view's rule.

    Raises:
        LookupError: it has none.
    """
    try:
        return getattr(view, _RULE)
    except AttributeError:
        raise LookupError(f"{view.__name__} has no rule. Write @allow(...) above it.") from None


def is_fresh_only(view: Callable[..., Any]) -> bool:
    """Whether a view asks for a fresh proof."""
    return getattr(view, _FRESH, False)


def refuse_views_without_rule(app: Flask) -> None:
    """Look at every route, so that a forgotten rule is found before anyone asks for the page.

    Raises:
        LookupError: a view has none.
    """
    for route in app.url_map.iter_rules():
        rule_of(app.view_functions[route.endpoint])


def check() -> ResponseReturnValue | None:
    """Ask the rule before each view; runs before every request."""
    if request.endpoint is None:
        return None
    rule = rule_of(current_app.view_functions[request.endpoint])
    if rule is None:
        return None  # and nobody's cookie is looked at
    if isinstance(rule, Scope):
        return _check_token(rule)
    somebody = person()
    answer = may(somebody.role if somebody else None, rule)
    if answer is Answer.SIGN_IN:
        back = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
        return redirect(url_for("door.login", next=back), 302)
    if answer is Answer.NO:
        abort(403)
    g.known = True
    return None


def _check_token(scope: Scope) -> ResponseReturnValue | None:
    """Look at the token of a request: a cookie opens nothing here, so there is no form to forge."""
    brought = bearer(request.headers.get("Authorization", ""), request.query_string.decode("latin-1"))
    token = parts().services.accounts.tokens.find(brought) if brought else None
    if token is None:
        error = {"error": "There is no token, or it was revoked. An owner makes one on the people page."}
        return error, 401, {"WWW-Authenticate": "Bearer"}
    if not token.may(scope):
        return {"error": f"This token may not do this: it has no scope {scope}."}, 403
    g.known = True
    return None
