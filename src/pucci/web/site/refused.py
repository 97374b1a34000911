"""The refused frames: the owner looks at the last few, and may say that one is fine after all."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.album.refusals import LIMIT
from pucci.errors import NoSuchPhoto, NotShowable
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts

bp = Blueprint("refused", __name__)


@bp.get("/cam/<camera>/refused")
@allow(Role.OWNER)
def index(camera: str) -> ResponseReturnValue:
    """Show a camera's last refused frames."""
    return _page(camera)


@bp.post("/cam/<camera>/refused/<int:refusal_id>/fine")
@allow(Role.OWNER)
def fine(camera: str, refusal_id: int) -> ResponseReturnValue:
    """Take a frame into the album after all."""
    _mine(camera, refusal_id)
    try:
        photo = parts().services.album.admit(refusal_id)
    except (NoSuchPhoto, NotShowable) as error:
        return _page(camera, problem=str(error)), error.http_status
    return redirect(url_for("refused.index", camera=camera, fine=photo.id), 303)


@bp.post("/cam/<camera>/refused/<int:refusal_id>/forget")
@allow(Role.OWNER)
def forget(camera: str, refusal_id: int) -> ResponseReturnValue:
    """Go on refusing such a frame, and throw this one away."""
    _mine(camera, refusal_id)
    parts().services.album.refusals.forget(refusal_id)
    return redirect(url_for("refused.index", camera=camera), 303)


@bp.post("/cam/<camera>/refused/strict")
@allow(Role.OWNER)
def strict(camera: str) -> ResponseReturnValue:
    """Let nothing pass any more; what the camera always does must be learned again."""
    _known(camera)
    parts().services.album.witnesses.revoke(camera)
    return redirect(url_for("refused.index", camera=camera), 303)


def _page(camera: str, *, problem: str = "") -> str:
    _known(camera)
    here = parts()
    album = here.services.album
    admitted = album.photo(request.args.get("fine", 0, int))
    return render_template(
        "refused.html",
        camera=camera,
        now=here.now(),
        most=LIMIT,
        frames=album.refusals.newest(camera),
        showable=album.refusals.showable(camera),
        tolerated=album.witnesses.tolerated(camera),
        admitted=admitted if admitted and admitted.camera == camera else None,
        problem=problem,
    )


def _known(camera: str) -> None:
    if camera not in parts().services.cameras:
        abort(404)


def _mine(camera: str, refusal_id: int) -> None:
    """Make sure that the address tells the truth about whose frame it is."""
    _known(camera)
    if refusal_id not in {one.id for one in parts().services.album.refusals.newest(camera)}:
        abort(404)
