"""Share links: made by the family, opened by whoever holds one. The page shows that and nothing else."""

import math
from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role
from pucci.accounts.shares import Kind, Share
from pucci.album import Place
from pucci.errors import AccountError, AccountSlowed
from pucci.photo import Photo
from pucci.web import cookie
from pucci.web.site import gate
from pucci.web.site.allow import allow
from pucci.web.site.me import myself
from pucci.web.site.parts import parts
from pucci.web.site.paths import is_only_here, outside
from pucci.web.site.qr import code
from pucci.web.site.signin import note
from pucci.web.visitors import SHARES, shares_in
from pucci.web.zipped import MOST_NAMED, NOTHING_CHOSEN

bp = Blueprint("shared", __name__)

LIVES: Final = {"week": timedelta(days=7), "day": timedelta(days=1), "month": timedelta(days=30)}
# Links one browser has open; the cookie has room for no more.
_MOST: Final = 8
# Kept photos on one page: a screenful on a desk, some on a phone.
_PAGE: Final = 60
# The link is its own key: it must not travel on as a referrer, nor be found by a search.
_QUIET: Final = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Referrer-Policy": "no-referrer"}


@bp.get("/shares")
@allow(Role.FAMILY)
def index() -> ResponseReturnValue:
    """Show the links that work, and the form for a new one; where photos were to be ticked, not without."""
    if "chosen" in request.args and _wanted(request.args) is None:
        return redirect(nothing_chosen(), 303)
    return _page()


@bp.post("/shares")
@allow(Role.FAMILY)
def make() -> ResponseReturnValue:
    """Make a link to a photo, a day or the kept album."""
    return _make(_wanted(request.form))


@bp.post("/shares/live")
@allow(Role.OWNER)
def make_live() -> ResponseReturnValue:
    """Make a link to a camera's live picture: only an owner may."""
    camera = request.form.get("camera", "")
    return _make({"kind": Kind.LIVE, "camera": camera} if camera in parts().services.cameras else None)


@bp.post("/shares/<int:share_id>/revoke")
@allow(Role.FAMILY)
def revoke(share_id: int) -> ResponseReturnValue:
    """End a link at once."""
    kind = parts().services.accounts.shares.revoke(share_id) if share_id < 2**63 else None
    if kind is not None:
        note(Event.UNSHARED, whom=kind)
    return redirect(url_for("shared.index"), 303)


def _wanted(values: Any) -> dict[str, Any] | None:
    """Return what is to be shared, from a form or a query; None where there is no such thing."""
    here, photo_id = parts(), values.get("photo", "")
    if ids := chosen_ids(values):
        photos = here.services.album.kept.these(ids)
        return {"kind": Kind.SOME, "camera": "", "photos": photos} if photos else None
    if values.get("kept") == "1":
        return {"kind": Kind.KEPT, "camera": ""}
    if photo_id.isascii() and photo_id.isdigit() and len(photo_id) < 19:
        photo = here.services.album.photo(int(photo_id))
        if photo is None:
            return None
        size = photo.width, photo.height
        return {"kind": Kind.PHOTO, "photo_id": photo.id, "camera": photo.camera, "size": size}
    try:
        day = date.fromisoformat(values.get("day", ""))
        start, end = here.words.midnight(day), here.words.midnight(day + timedelta(days=1))
    except (ValueError, OverflowError):
        return None
    camera = values.get("camera", "")
    known = camera in here.services.cameras
    return {"kind": Kind.DAY, "camera": camera, "start": start, "end": end, "day": day} if known else None


def chosen_ids(values: Any) -> list[int]:
    """Return the photos ticked in a form or a query; several fields of one name."""
    ids = values.getlist("chosen")[:MOST_NAMED]
    return [int(one) for one in ids if one.isascii() and one.isdigit() and len(one) < 19 and int(one)]


def nothing_chosen() -> str:
    """Return the address of the kept photos, to be chosen from, with a word that none was."""
    return NOTHING_CHOSEN.decode()


def _make(wanted: dict[str, Any] | None) -> ResponseReturnValue:
    form, shares = request.form, parts().services.accounts.shares
    life = LIVES.get(form.get("life", "week"))
    if wanted is None or life is None:
        abort(400)
    rest = {"life": life, "pin": form.get("pin", ""), "by": myself().username}
    try:
        if wanted["kind"] is Kind.PHOTO:
            token = shares.photo(wanted["photo_id"], wanted["camera"], **rest)
        elif wanted["kind"] is Kind.DAY:
            token = shares.day(wanted["camera"], wanted["start"], wanted["end"], **rest)
        elif wanted["kind"] is Kind.SOME:
            token = shares.some([photo.id for photo in wanted["photos"]], **rest)
        elif wanted["kind"] is Kind.KEPT:
            token = shares.kept(**rest)
        else:
            token = shares.live(wanted["camera"], **rest)
    except AccountError as error:
        return _page(problem=str(error)), 400
    note(
        Event.SHARED,
        whom=f"{wanted['kind']}, camera {wanted['camera']}" if wanted["camera"] else str(wanted["kind"]),
    )
    address = outside(url_for("shared.show", token=token))
    until, only_here = parts().now() + life, is_only_here(address)
    return _page(fresh={"address": address, "qr": code(address), "until": until, "is_only_here": only_here})


def _page(fresh: dict[str, object] | None = None, problem: str = "") -> str:
    here, values = parts(), request.values
    return render_template(
        "shares.html",
        shares=here.services.accounts.shares.all(),
        wanted=_wanted(values),
        cameras=list(here.services.cameras),
        today=here.words.local(here.now()).date().isoformat(),
        fresh=fresh,
        problem=problem,
        lives=list(LIVES),
        now=here.now(),
    )


# -- for whoever holds a link ----------------------------------------------------------------------


@bp.get("/s/<token>")
@allow(None)
def show(token: str) -> ResponseReturnValue:
    """Show what is shared, or ask for its PIN."""
    share = parts().services.accounts.shares.find(token)
    if share is None:
        return _quiet(render_template("dead_share.html"), 410)
    if share.has_pin and share.key not in _opened():
        return _quiet(render_template("pin.html"), ask=True)
    return _shown(share)


@bp.post("/s/<token>")
@allow(None)
def unlock(token: str) -> ResponseReturnValue:
    """Look at the PIN; five wrong ones, and it must wait."""
    shares = parts().services.accounts.shares
    share = shares.find(token)
    if share is None:
        return _quiet(render_template("dead_share.html"), 410)
    whom = f"the PIN of shared link {share.id}"
    try:
        ticket = gate.enter([f"device:share-{share.id}"], whom)
    except AccountSlowed as error:
        answer = _quiet(render_template("pin.html", problem=str(error)), error.http_status, ask=True)
        answer.headers["Retry-After"] = str(math.ceil(error.wait_s))
        return answer
    right = share.has_pin and shares.is_pin(share, request.form.get("pin", ""))
    if not right:
        if not ticket.many:
            note(Event.FAILED, whom=whom)
        return _quiet(render_template("pin.html", problem="That is not the PIN. Try again."), 403, ask=True)
    parts().services.accounts.throttle.passed(ticket)
    return _keep(make_response(redirect(url_for("shared.show", token=token), 303)), share)


def _shown(share: Share) -> Response:
    here, photos = parts(), list[Photo]()
    if share.kind is Kind.PHOTO and share.photo_id is not None:
        photo = here.services.album.photo(share.photo_id)
        photos = [photo] if photo else []
    elif share.kind is Kind.DAY and share.start and share.end:
        photos = here.services.album.between(share.camera, share.start, share.end)
    place = Place.parse(request.args.get("after", ""))
    if share.kind is Kind.SOME:
        photos = here.services.album.index.these(share.photo_ids)
    elif share.kind is Kind.KEPT:
        photos = here.services.album.kept.page(place, _PAGE + 1)
    if place is None:
        here.services.accounts.shares.viewed(share)
    older = Place.after(photos[_PAGE - 1]) if share.kind is Kind.KEPT and len(photos) > _PAGE else None
    shown = photos[:_PAGE] if older else photos
    page = render_template("share.html", share=share, photos=shown, older=older, now=here.now())
    return _keep(_quiet(page), share)


def _quiet(page: str, status: int = 200, *, ask: bool = False) -> Response:
    """Return a page that is not indexed and leaks no referrer. A form must send one to this site (`ask`)."""
    answer = make_response(page, status)
    answer.headers.update(_QUIET | ({"Referrer-Policy": "same-origin"} if ask else {}))
    return answer


def _opened() -> tuple[str, ...]:
    return shares_in(_box(), request.headers.get("Cookie", ""))


def _box() -> cookie.Signer:
    return cookie.box(parts().services.secret_key, salt="pucci.share")


def _keep(answer: Response, share: Share) -> Response:
    """Note in the browser that this link is open, so that its pictures come."""
    keys = [share.key, *(key for key in _opened() if key != share.key)][:_MOST]
    value = _box().dumps({"keys": keys})
    always = parts().services.settings.server.has_tls
    answer.set_cookie(
        SHARES,
        value if isinstance(value, str) else value.decode(),
        max_age=max(share.expires_at - parts().now(), timedelta(seconds=1)),
        secure=always or request.is_secure,
        httponly=True,
        samesite="Lax",
    )
    return answer
