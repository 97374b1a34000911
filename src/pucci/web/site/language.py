"""The reader's language: English, or what somebody wrote in words/; what is not translated stays English."""

import gettext
import re
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from flask import Flask, Response, g, has_request_context, request

FOLDER: Final = Path(__file__).with_name("words")
# By their own names, as a reader looks for them.
LANGUAGES: Final = {"en": "English", "de": "Deutsch"}
COOKIE: Final = "pucci_lang"
_OFF_BY: Final = "off, by "
_SLOWED: Final = re.compile(r"Too many tries\. Wait (\d+) (minute|second)s, then try again\.")
# Where English is read by a clock of twelve hours (CLDR's timeData).
_TWELVE: Final = frozenset({"en-us", "en-ca", "en-au", "en-nz", "en-in", "en-ph"})
_A_YEAR_S: Final = 31_536_000
# Pages that caches on the way may keep.
_FOR_ALL: Final = ("home.", "app.", "robots.")


def install(app: Flask) -> None:
    """Let templates say things in the reader's language: `_`, `ngettext` and {% trans %}."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(say, say_many, newstyle=True)  # type: ignore[attr-defined]
    app.jinja_env.filters.update(said=told, upper_first=upper_first, ended=ended)
    app.after_request(_tell)


def language() -> str:
    """Return the language of this answer: the one asked for in the address, kept in the browser, or its own.

    A page that is the same for everybody knows no cookie: it goes by address and browser alone.
    """
    if not has_request_context():
        return "en"
    if "language" not in g:
        kept = "" if _is_for_all() else request.cookies.get(COOKIE, "")
        g.language = next((one for one in (asked(), kept) if one in LANGUAGES), _own())
    return g.language


def asked() -> str:
    """Return the language that the address asks for, "" where it asks for none we know."""
    code = request.args.get("lang", "") if has_request_context() else ""
    return code if code in LANGUAGES else ""


def say(text: str) -> str:
    """Return a text in the reader's language."""
    return _catalogue(language()).gettext(text) if text else ""


def say_many(one: str, many: str, number: int) -> str:
    """Return the text for so many in the reader's language."""
    return _catalogue(language()).ngettext(one, many, number)


def told(text: str) -> str:
    """Return a sentence or reason from elsewhere in the reader's language, if need be part by part.

    "damaged: cut short, torn" has three parts; what has a name or a figure in it stands in `sentences`.
    """
    whole = say(text)
    if whole != text or language() == "en":
        return whole
    if found := _SLOWED.fullmatch(text):
        number = int(found[1])
        minutes = say_many("%(num)d minute", "%(num)d minutes", number)
        seconds = say_many("%(num)d second", "%(num)d seconds", number)
        span = (minutes if found[2] == "minute" else seconds) % {"num": number}
        return say("Too many tries. Wait %s, then try again.") % span
    if text.startswith(_OFF_BY):
        return say("off, by %s") % text.removeprefix(_OFF_BY)
    from pucci.web.site.sentences import filled  # who reads English never needs it

    if found := filled(text, say, told):
        return found
    return ": ".join(", ".join(map(say, part.split(", "))) for part in text.split(": "))


def elsewhere(code: str) -> str:
    """Return the link to this page in another language: a query without a path, which leads nowhere else.

    A page that is the same for everybody keeps nothing of what this visitor asked for.
    """
    all_asked = () if _is_for_all() else request.args.items(multi=True)
    kept = [(name, value) for name, value in all_asked if name != "lang"]
    return f"?{urlencode([*kept, ('lang', code)])}"


def carried(path: str) -> str:
    """Return a path of ours with the language along, where nothing else would bring it there.

    A page for everybody passes on what its address asks for, and nothing else: its copy goes to others, too.
    From a page of the family the browser's memory leads to the others, but not to those for everybody.
    """
    if not has_request_context():
        return path
    code = asked() if _is_for_all() else language() if language() != _own() else ""
    return f"{path}?lang={code}" if code else path


def twelve_hours() -> bool:
    """Whether this reader's clock has a.m. and p.m.: English as it is read in some countries."""
    if not has_request_context() or language() != "en" or _is_for_all():
        return False
    if "twelve" not in g:
        tags = [tag.lower() for tag, quality in request.accept_languages if quality > 0]
        g.twelve = next((tag in _TWELVE for tag in tags if tag.partition("-")[0] == "en"), False)
    return g.twelve


def upper_first(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def ended(text: str) -> str:
    """Return a text with a full stop, where it does not end a sentence itself."""
    return text if text.rstrip("\"'”“’»«)").endswith((".", "?", "!", "…", ":")) else f"{text}."


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    return gettext.translation("pucci", FOLDER, [code], fallback=True)


def _own() -> str:
    return request.accept_languages.best_match(list(LANGUAGES), "en") or "en"


def _is_for_all() -> bool:
    return (request.endpoint or "").startswith(_FOR_ALL)


def _tell(response: Response) -> Response:
    """Say which language an answer is in, and keep one that was asked for."""
    if response.mimetype != "text/html":
        return response
    response.headers["Content-Language"] = language()
    if not (asked() and _is_for_all()):  # there the address says it all, and a cache needs one copy
        response.vary.add("Accept-Language")
    if asked() and not _is_for_all():
        response.set_cookie(
            COOKIE, asked(), max_age=_A_YEAR_S, secure=request.is_secure, httponly=True, samesite="Lax"
        )
    return response
