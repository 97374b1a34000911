"""Where to go on to, never away from this site; and what this site is called from outside."""

import ipaddress
from urllib.parse import quote, urlsplit

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from pucci.web.site.parts import parts


def own_path(asked: str | None) -> str:
    r"""Return a path on this site to go on to: what was asked for, or the cam.

    Browsers read a backslash as a slash and skip control characters, so `/\evil` and a tab between
    two slashes lead elsewhere.
    """
    usual = url_for("cam.index")
    if not asked or not asked.startswith("/") or asked.startswith("//") or "\\" in asked:
        return usual
    if not asked.isprintable() or any(urlsplit(asked)[:2]):
        return usual
    return asked


def outside(path: str) -> str:
    """Return a path's whole address, as somebody elsewhere types it."""
    return (parts().services.settings.server.address or request.host_url).rstrip("/") + path


def is_only_here(address: str) -> bool:
    """Whether an address is this machine's name for itself, which leads nowhere from a phone."""
    name = urlsplit(address).hostname or ""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost" or name.endswith(".localhost")


def logged() -> str:
    """Return a request's path as the log may have it: of a link that is its own key, the kind alone."""
    has_key = "token" in (request.view_args or {})
    return str(request.url_rule) if has_key else request.path


def without_slash() -> ResponseReturnValue | None:
    """Lead on from a page's address with a slash at its end; runs before every request."""
    page = f"/{request.path.strip('/')}"
    if (
        request.endpoint is not None
        or not request.path.endswith("/")
        or request.method not in {"GET", "HEAD"}
    ):
        return None
    routes = current_app.create_url_adapter(request)
    try:
        if routes is None or not routes.match(page, method="GET"):
            return None
    except HTTPException:  # there is no such page either
        return None
    query = request.query_string.decode("latin-1")
    return redirect(quote(page) + (f"?{query}" if query else ""), 308)
