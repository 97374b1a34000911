"""/static: style, icons and drawings, cached for as long as their address names their version."""

from typing import Final

from flask import Blueprint, Response, abort, request

from pucci.web.site.allow import allow
from pucci.web.site.answers import public
from pucci.web.site.parts import parts

bp = Blueprint("files", __name__)

_FOR_EVER: Final = "max-age=31536000, immutable"
_A_WHILE: Final = "max-age=300"


@bp.get("/static/<path:name>")
@allow(None)
def file(name: str) -> Response:
    """Send one file."""
    content = parts().assets.get(name)
    if content is None:
        abort(404)
    return public(content, lasting=_FOR_EVER if request.args.get("v") == content.version else _A_WHILE)
