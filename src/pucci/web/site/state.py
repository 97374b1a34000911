"""/health: one word for whoever watches."""

from flask import Blueprint
from flask.typing import ResponseReturnValue

from pucci.errors import PucciError
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts

bp = Blueprint("state", __name__)


@bp.get("/health")
@allow(None)
def health() -> ResponseReturnValue:
    """Say "ok", or in one word what is wrong; nothing private."""
    try:
        found = parts().services.health()
    except PucciError:
        return {"status": "broken"}, 503
    return {"status": found.word}, 200 if found.ok else 503
