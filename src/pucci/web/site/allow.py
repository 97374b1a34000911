"""The rule above each view: who may. A view without one is refused when the application is made."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.web.access import Answer, may
from pucci.web.site.signin import person

View = TypeVar("View", bound=Callable[..., Any])

_RULE: Final = "pucci_rule"
_FRESH: Final = "pucci_fresh"


def allow(rule: Role | None, *, fresh: bool = False) -> Callable[[View], View]:
    """Let this role, and those above it, see a view; None lets everyone.

    `fresh` asks for a password or passkey given within the last 15 minutes, too: see proof.py.
    """

    def marked(view: View) -> View:
        setattr(view, _RULE, rule)
        setattr(view, _FRESH, fresh)
        return view

    return marked


def rule_of(view: Callable[..., Any]) -> Role | None:
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
    somebody = person()
    answer = may(somebody.role if somebody else None, rule)
    if answer is Answer.SIGN_IN:
        back = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} else None
        return redirect(url_for("door.login", next=back), 302)
    if answer is Answer.NO:
        abort(403)
    g.known = True
    return None
