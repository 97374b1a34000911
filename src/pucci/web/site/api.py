"""/api/: JSON for Home Assistant and scripts, opened by a token alone, so no form can be forged to it."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from flask import Blueprint, Response, abort, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts.apitokens import Scope
from pucci.photo import Photo
from pucci.web.site.allow import allow
from pucci.web.site.openapi import description
from pucci.web.site.parts import parts
from pucci.web.site.paths import outside

bp = Blueprint("api", __name__, url_prefix="/api")

MOST: Final = 500
_USUAL: Final = 100


@bp.get("/openapi.json")
@allow(None)
def openapi() -> ResponseReturnValue:
    """Describe all this, for programs."""
    return description(parts().services.settings.server.address)


@bp.get("/health")
@allow(Scope.NEWEST)
def health() -> ResponseReturnValue:
    """Say how the whole is."""
    found = parts().services.health()
    return {"status": found.word}


@bp.get("/cameras")
@allow(Scope.NEWEST)
def cameras() -> ResponseReturnValue:
    """List the cameras."""
    return {"cameras": [_camera(name) for name in parts().services.cameras]}


@bp.get("/cameras/<camera>/newest")
@allow(Scope.NEWEST)
def newest(camera: str) -> ResponseReturnValue:
    """Return a camera's newest photo."""
    return _photo(_newest(camera))


@bp.get("/cameras/<camera>/newest.jpg")
@allow(Scope.NEWEST)
def newest_picture(camera: str) -> ResponseReturnValue:
    """Return the picture of a camera's newest photo."""
    photo = _newest(camera)
    try:
        body = parts().services.album.path(photo).read_bytes()
    except FileNotFoundError:
        abort(404)
    return Response(body, mimetype="image/jpeg")


@bp.get("/cameras/<camera>/photos")
@allow(Scope.ALBUM)
def photos(camera: str) -> ResponseReturnValue:
    """Return a page of a camera's photos, the newest first."""
    _need(camera)
    since, until = _time("since"), _time("until")
    limit = _limit()
    found = parts().services.album.index.page(camera, since=since, until=until, limit=limit + 1)
    more = found[limit - 1].taken_at if len(found) > limit else None
    after = None
    if more is not None:
        query = {"until": more.isoformat(), "limit": limit} | ({"since": since.isoformat()} if since else {})
        after = url_for("api.photos", camera=camera, **query)  # type: ignore[arg-type]
    return {"photos": [_photo(photo) for photo in found[:limit]], "next": after}


@bp.post("/cameras/<camera>/photos")
@allow(Scope.TAKE)
def take(camera: str) -> ResponseReturnValue:
    """Take a photo now."""
    _need(camera)
    return _photo(parts().services.take_photo(camera)), 201


@bp.get("/photos/<int:photo_id>")
@allow(Scope.ALBUM)
def photo(photo_id: int) -> ResponseReturnValue:
    """Return one photo."""
    found = parts().services.album.photo(photo_id) if photo_id < 2**63 else None
    return _photo(found) if found else abort(404)


def _need(camera: str) -> None:
    if camera not in parts().services.cameras:
        abort(404)


def _newest(camera: str) -> Photo:
    _need(camera)
    return parts().services.album.newest(camera) or abort(404)


def _camera(name: str) -> dict[str, Any]:
    services = parts().services
    newest, off = services.album.newest(name), services.privacy[name].off()
    return {
        "name": name,
        "off": off.reason if off else None,
        "newest": _photo(newest) if newest else None,
        "live": outside(f"/media/live/{name}.mjpeg"),
    }


def _photo(photo: Photo) -> dict[str, Any]:
    return {
        "id": photo.id,
        "camera": photo.camera,
        "taken_at": photo.taken_at.isoformat(),
        "width": photo.width,
        "height": photo.height,
        "bytes": photo.size,
        "kept": photo.kept,
        "activity": photo.activity,
        "picture": outside(f"/media/photo/{photo.id}.jpg"),
        "thumb": outside(f"/media/thumb/{photo.id}.jpg"),
    }


def _time(name: str) -> datetime | None:
    """Return a time of the query in UTC; one without a zone is taken for UTC."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+"))  # a plus sign that was not encoded
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        return moment + timedelta()
    except (ValueError, OverflowError):
        abort(400, f"{name} is not a time. Write it like 2026-11-22T21:35:00+00:00.")


def _limit() -> int:
    text = request.args.get("limit", str(_USUAL))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= MOST):
        abort(400, f"limit is a whole number from 1 to {MOST}.")
    return int(text)
