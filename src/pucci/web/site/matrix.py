"""The access matrix: every route against everybody who may ask, as the rules have it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from flask import Flask

from pucci.accounts import Role
from pucci.accounts.apitokens import Scope, opens
from pucci.web import served
from pucci.web.access import Answer, may
from pucci.web.site.allow import is_fresh_only, rule_of

ROLES: Final = (None, Role.GUEST, Role.FAMILY, Role.OWNER)
_WORDS: Final = {Answer.YES: "yes", Answer.SIGN_IN: "sign in", Answer.NO: "no"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One way to ask for one route, and its rule."""

    method: str
    path: str
    rule: Role | Scope | None
    fresh: bool

    def answer(self, role: Role | None) -> Answer:
        """Return what somebody of a role is told. A route for tokens knows no people."""
        return Answer.SIGN_IN if isinstance(self.rule, Scope) else may(role, self.rule)

    @property
    def token(self) -> str:
        """Which scopes open it; "" where no token does."""
        if isinstance(self.rule, Scope):
            return " or ".join(scope for scope in Scope if opens(scope, self.rule))
        return "yes" if self.rule is None else ""


def cells(app: Flask) -> Iterator[Cell]:
    """Yield each route with each of its methods, by path."""
    for route in sorted(app.url_map.iter_rules(), key=str):
        view = app.view_functions[route.endpoint]
        for method in sorted((route.methods or set()) - {"HEAD", "OPTIONS"}):
            yield Cell(method, str(route), rule_of(view), is_fresh_only(view))


def page(app: Flask, commands: list[str]) -> str:
    """Return docs/reference/access.md."""
    out = [
        "# Who may what",
        "",
        "Made from the rules above each view; a test asks for every cell, and a route without a rule is an",
        "error. *sign in*: led to the sign-in page, or 401 for programs. *again*: asks for a password or",
        "passkey given within 15 minutes. Links are their own keys: a setup link, an invite and a share link",
        "open what they are for.",
        "",
        "## Pages and forms",
        "",
        "| Route | Nobody | Guest | Family | Owner | Token |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for cell in cells(app):
        answers = [_WORDS[cell.answer(role)] for role in ROLES]
        if cell.fresh:
            answers = [f"{word}, again" if word == "yes" else word for word in answers]
        out.append(f"| `{cell.method} {cell.path}` | {' | '.join(answers)} | {cell.token} |")
    out += ["", "## Pictures", "", "| Route | Nobody | Guest | Family | Owner | Share link | Token |"]
    out += ["| --- | --- | --- | --- | --- | --- | --- |"]
    for one in served.ALL:
        answers = ["yes" if may(role, one.rule) is Answer.YES else "no" for role in ROLES]
        answers += [one.also.link, one.also.token]
        out.append(f"| `GET {one.path}` | {' | '.join(answers)} |")
    out += [
        "",
        "## Commands",
        "",
        "Commands ask for no role: who may read and write the data folder on this machine may run them, and",
        "nobody else. They are: " + ", ".join(f"`{name}`" for name in commands) + ".",
    ]
    return "\n".join(out) + "\n"
