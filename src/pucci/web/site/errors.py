"""Pages for what went wrong: what is so, then what to do."""

import logging
from collections.abc import Mapping
from typing import Final

from flask import Flask, Response, g, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from pucci.errors import Busy, PucciError
from pucci.web.site import headers, paths

log = logging.getLogger(__name__)

# Title, and what to do. {name} is the dog's.
PAGES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("That did not arrive well", "Go back, load the page again, and try once more."),
    403: ("This is for the family", "You are signed in, but this is not open to you. Ask the owner."),
    404: ("Nobody here", "This page does not exist, or it has gone. {name} was last seen at home."),
    405: (
        "Not this way",
        "This address is there, but it cannot be used like this. Start from {name}’s page.",
    ),
    408: ("That took too long", "The line may be slow. Go back, and try again."),
    413: ("That is too large", "Go back, and send something smaller."),
    429: ("Too many tries", "Wait a while, then try again."),
    500: ("Something broke", "It is noted, and not your fault. Try again in a minute."),
    503: ("Not now", "Too much is going on at once. Try again in a minute."),
}
_OLD_FORM: Final = (
    "The page was open for too long, or the form came from somewhere else. Load it again, and try once more."
)


def install(app: Flask) -> None:
    """Give an application its error pages."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(PucciError, _ours)


def page(status: int, advice: str = "") -> str:
    """Return an error's page. It asks nothing of the database, which may be what is broken."""
    title, usual = PAGES.get(status) or PAGES[500 if status >= 500 else 400]
    return render_template("error.html", status=status, title=title, advice=advice or usual)


def refusal(app: Flask, status: int) -> tuple[list[tuple[bytes, bytes]], bytes]:
    """Return headers and page for a request that came no further than the server."""
    with app.app_context():
        body = page(status).encode()
    lines = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", **headers.ALWAYS}
    return [(name.lower().encode(), value.encode()) for name, value in lines.items()], body


def _http(error: HTTPException) -> Response:
    if error.code is not None and error.code < 400:
        return error.get_response()  # type: ignore[return-value]
    status = error.code or 500
    advice = _OLD_FORM if isinstance(error, CSRFError) else ""
    response = _answer(status, advice, json_words=error.description or "")
    for name, value in error.get_headers(request.environ):
        if name.lower() in {"allow", "retry-after"}:
            response.headers[name] = value
    return response


def _ours(error: PucciError) -> Response:
    """Show the owner's sentence to people we know; it may name folders, which are nobody else's affair."""
    status = error.http_status
    if status >= 500 and not isinstance(error, Busy):
        log.error("%s %s: %s", request.method, paths.logged(), error, exc_info=error)
    advice = str(error) if g.get("known") else ""
    response = _answer(status, advice, json_words=advice)
    if isinstance(error, Busy):
        response.headers["Retry-After"] = "10"
    return response


def _answer(status: int, advice: str, *, json_words: str) -> Response:
    """Return an error as a page, or as JSON to a program."""
    if request.path.startswith("/api/"):
        title, _ = PAGES.get(status) or PAGES[500 if status >= 500 else 400]
        return make_response({"error": json_words or f"{title}."}, status)
    return make_response(page(status, advice), status)
