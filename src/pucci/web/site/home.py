"""The dog's page and how to reach the family: for everyone, without script or cookie."""

import re

from flask import Blueprint, Response, current_app, render_template

from pucci.album.public import on_page
from pucci.errors import DatabaseError
from pucci.profile import Profile, age
from pucci.web.site.allow import allow
from pucci.web.site.answers import public
from pucci.web.site.assets import Content, content
from pucci.web.site.chart import chart
from pucci.web.site.language import asked, language, say
from pucci.web.site.parts import Parts, parts
from pucci.web.site.paths import outside
from pucci.web.site.story import html, plain
from pucci.web.site.words import a_or_an, figure, old, vaguely

bp = Blueprint("home", __name__)

# A browser asks again after five minutes; a CDN shows its copy while it asks, and for a day if we are down.
_LASTING = "max-age=300, stale-while-revalidate=3600, stale-if-error=86400"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_UNKNOWN = None


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
    """Return a public page, made again when the owner changed something, and each day for the age on it.

    Where it is as it was, one query says so, and no template is touched.
    """
    here = parts()
    today = here.words.local(here.now()).date()
    try:
        key = today, here.services.album.public.version()
    except DatabaseError:  # the dog has a page all the same, with what the settings say
        key = today, _UNKNOWN
    made: dict[str, tuple[object, Content]] = current_app.extensions.setdefault("pucci_pages", {})
    place = f"{template} {language()} {asked()}"  # asked for by the address, its links pass it on
    found = made.get(place)
    if found is None or found[0] != key:
        text = render_template(template, **_told(here, reads=key[1] is not _UNKNOWN))
        found = made[place] = (key, content(text.encode(), "text/html", packed=True))
    return public(found[1], lasting=_LASTING)


def _told(here: Parts, *, reads: bool) -> dict[str, object]:
    dog, today = here.profile, here.words.local(here.now()).date()
    years = age(dog.birthday, today) if dog.birthday else None
    shown = here.services.album.public.shown() if reads else []
    hero, wall = on_page(shown)
    weights = here.services.profiles.weights() if dog.shows_weight and reads else []
    line = _line(dog, old(years) if years else "")
    return {
        "line": line,
        "facts": _facts(dog, f"{figure(weights[-1].kg)} kg" if weights else ""),
        "email": dog.contact if _EMAIL.fullmatch(dog.contact) else "",
        "story": html(dog.story),
        "summary": plain(dog.story) or line or dog.name,
        "hero": hero,
        "wall": wall,
        "chart": chart(weights),
        "weights": weights,
        # Without an address of its own the page knows none to give to others.
        "address": here.services.settings.server.address and outside("/"),
        "outside": outside,
    }


def _line(dog: Profile, years: str) -> str:
    """Say "A Pomeranian, eighteen years old, at home with Gwen and Luke."."""
    said = (
        a_or_an(dog.breed) if dog.breed else "",
        years if dog.breed else years[:1].upper() + years[1:],
        say("at home with %s") % dog.family if dog.family else "",
    )
    return f"{', '.join(part for part in said if part)}." if any(said) else ""


def _facts(dog: Profile, weight: str) -> list[tuple[str, str]]:
    facts = (
        (say("Born"), vaguely(dog.birthday) if dog.birthday else ""),
        (say("Breed"), dog.breed),
        (say("Home since"), vaguely(dog.home_since) if dog.home_since else ""),
        (say("Weight"), weight),
        (say("Family"), dog.family),
    )
    return [(name, text) for name, text in facts if text]
