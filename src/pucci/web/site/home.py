"""The dog's page and how to reach the family: for everyone, without script or cookie."""

import re

from flask import Blueprint, Response, current_app, render_template

from pucci.profile import Profile, age
from pucci.web.site.allow import allow
from pucci.web.site.answers import public
from pucci.web.site.assets import Content, content
from pucci.web.site.parts import parts
from pucci.web.site.words import a_or_an, old, vaguely

bp = Blueprint("home", __name__)

# Seconds a copy on the way may be shown: long enough for a crowd, short enough for a birthday.
_LASTING = "max-age=300"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@bp.get("/")
@allow(None)
def index() -> Response:
    """The dog's page."""
    return _page("home.html")


@bp.get("/contact")
@allow(None)
def contact() -> Response:
    """How to reach the family."""
    return _page("contact.html")


def _page(template: str) -> Response:
    """Return a public page, made once a day: nothing on it changes faster than an age."""
    here = parts()
    today = here.words.local(here.now()).date()
    made: dict[str, tuple[object, Content]] = current_app.extensions.setdefault("pucci_pages", {})
    found = made.get(template)
    if found is None or found[0] != today:
        dog = here.profile
        years = age(dog.birthday, today) if dog.birthday else None
        text = render_template(
            template,
            line=_line(dog, old(years) if years else ""),
            facts=_facts(dog),
            email=dog.contact if _EMAIL.fullmatch(dog.contact) else "",
        )
        found = made[template] = (today, content(text.encode(), "text/html", packed=True))
    return public(found[1], lasting=_LASTING)


def _line(dog: Profile, years: str) -> str:
    """Say "A Pomeranian, eighteen years old, at home with Gwen and Luke."."""
    said = (
        a_or_an(dog.breed) if dog.breed else "",
        years if dog.breed else years[:1].upper() + years[1:],
        f"at home with {dog.family}" if dog.family else "",
    )
    return f"{', '.join(part for part in said if part)}." if any(said) else ""


def _facts(dog: Profile) -> list[tuple[str, str]]:
    facts = (
        ("Born", vaguely(dog.birthday) if dog.birthday else ""),
        ("Breed", dog.breed),
        ("Home since", vaguely(dog.home_since) if dog.home_since else ""),
        ("Family", dog.family),
    )
    return [(name, text) for name, text in facts if text]
