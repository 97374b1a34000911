"""What makes the site an app on a phone: its name and icons, and a page for when there is no line."""

import io
from functools import lru_cache
from typing import Final

from flask import Blueprint, Response, abort, jsonify, render_template

from pucci.album.public import MIDDLE
from pucci.web.site.allow import allow
from pucci.web.site.answers import public
from pucci.web.site.assets import FOLDER, Content, content
from pucci.web.site.parts import parts

bp = Blueprint("app", __name__)

SIZES: Final = (180, 192, 512)
_DAY: Final = "max-age=86400"
_PAPER: Final = "#f6f3f0"


@bp.get("/manifest.webmanifest")
@allow(None)
def manifest() -> Response:
    """Say what the app is called, how it looks, and where it begins."""
    name, version = parts().profile.name, parts().services.album.public.version()
    icons = [
        {"src": f"/icon-{size}.png?v={version}", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    icons.append(icons[-1] | {"purpose": "maskable"})  # a photo: its ground goes on at its sides
    words = {
        "id": "/",
        "name": name,
        "short_name": name[:12],
        "start_url": "/cam",
        "scope": "/",
        "display": "standalone",
        "background_color": _PAPER,
        "theme_color": _PAPER,
        "icons": icons,
    }
    made = content(jsonify(words).get_data(), "application/manifest+json", packed=False)
    return public(made, lasting="max-age=300")


@bp.get("/icon-<int:size>.png")
@allow(None)
def icon(size: int) -> Response:
    """Send the app's icon: the public page's large picture, or the drawn dog's face."""
    if size not in SIZES:
        abort(404)
    hero = next((one for one in parts().services.album.public.shown() if one.hero), None)
    path = parts().services.album.path(hero.photo) if hero else FOLDER / "img" / "face.jpg"
    try:
        return public(_icon(str(path), size, hero.across if hero else MIDDLE), lasting=_DAY)
    except FileNotFoundError:
        abort(404)


@lru_cache(maxsize=8)
def _icon(path: str, size: int, across: float) -> Content:
    """Return a square of a picture, about where the dog is. It has no name: a photo never changes."""
    from PIL import Image, ImageOps

    with Image.open(path) as picture:
        room = max(0, picture.width - picture.height)
        left = min(max(across * picture.width - picture.height / 2, 0), room)
        square = ImageOps.fit(picture.convert("RGB"), (size, size), centering=(left / (room or 1), 0.5))
    out = io.BytesIO()
    square.quantize(128).save(out, "PNG", optimize=True)
    return content(out.getvalue(), "image/png", packed=False)


@bp.get("/sw.js")
@allow(None)
def worker() -> Response:
    """Send the worker that shows a page where there is no line. It must lie at the top to serve all below."""
    script = parts().assets.get("sw.js")
    if script is None:
        abort(404)
    return public(script, lasting="no-cache")


@bp.get("/offline")
@allow(None)
def offline() -> Response:
    """The page that the worker keeps for when there is no line."""
    made = content(render_template("offline.html").encode(), "text/html", packed=True)
    return public(made, lasting="no-cache")
