"""What is done with a camera: take a photo now, turn it off, turn it on."""

from datetime import datetime, timedelta

from flask import Blueprint, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role
from pucci.capture import Privacy
from pucci.errors import PucciError
from pucci.web.site.allow import allow
from pucci.web.site.cam import page_of
from pucci.web.site.parts import Parts, parts
from pucci.web.site.signin import note, person

bp = Blueprint("switch", __name__)


@bp.post("/cam/<camera>/photo")
@allow(Role.FAMILY)
def photo(camera: str) -> ResponseReturnValue:
    """Store what the camera sees now, and show it; or say why there is nothing."""
    services = parts().services
    if camera not in services.cameras:
        abort(404)
    try:
        taken = services.take_photo(camera)
    except PucciError as error:
        if error.http_status != 503:
            raise
        return page_of(camera, problem=_sentence(str(error))), error.http_status
    return redirect(url_for("cam.one", camera=camera, taken=taken.id), 303)


@bp.post("/cam/<camera>/off")
@allow(Role.OWNER)
def off(camera: str) -> ResponseReturnValue:
    """Turn the camera off for everybody."""
    here, somebody = parts(), person()
    end = until(here, request.form.get("until", ""))
    _privacy(camera).turn_off(by=somebody.username if somebody else "the owner", until=end)
    note(Event.PRIVACY, whom=f"{camera}, off")
    return redirect(url_for("cam.one", camera=camera), 303)


@bp.post("/cam/<camera>/on")
@allow(Role.OWNER)
def on(camera: str) -> ResponseReturnValue:
    """Turn the camera on again; quiet hours of the settings stay."""
    if _privacy(camera).turn_on():
        note(Event.PRIVACY, whom=f"{camera}, on")
    return redirect(url_for("cam.one", camera=camera), 303)


def until(here: Parts, asked: str) -> datetime | None:
    """Return when a camera goes on by itself: in an hour, tomorrow at eight; None is when told."""
    now = here.now()
    if asked == "hour":
        return now + timedelta(hours=1)
    if asked == "morning":
        tomorrow = here.words.local(now).date() + timedelta(days=1)
        return here.words.midnight(tomorrow) + timedelta(hours=8)
    return None if asked == "told" else abort(400)


def _privacy(camera: str) -> Privacy:
    return parts().services.privacy.get(camera) or abort(404)


def _sentence(text: str) -> str:
    """Return what a driver or a verdict says as a sentence."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") else f"{text}. Try again in a minute."
