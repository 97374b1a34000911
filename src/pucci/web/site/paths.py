"""Where to go on to, never away from this site; and what this site is called from outside."""

from urllib.parse import urlsplit

from flask import request, url_for

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


def logged() -> str:
    """Return a request's path as the log may have it: of a link that is its own key, the kind alone."""
    has_key = "token" in (request.view_args or {})
    return str(request.url_rule) if has_key else request.path
