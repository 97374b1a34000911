"""Where to go on to: never away from this site."""

from urllib.parse import urlsplit

from flask import url_for


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
