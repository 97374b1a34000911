"""The pictures of the public page: the owner puts each one there, and takes it down."""

from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci import jpeg
from pucci.accounts import Event, Role
from pucci.album.public import MOST_CAPTION, on_page
from pucci.photo import Photo
from pucci.web.site.allow import allow
from pucci.web.site.me import myself
from pucci.web.site.parts import parts
from pucci.web.site.signin import note

bp = Blueprint("pictures", __name__)

# A picture darker than this on average, of 255, is no ornament: it is offered last.
_DARK: Final = 60
# Photos on either side of the large one of which the nearest that differs says where the dog is: an hour's.
_NEAR: Final = 12


@bp.get("/profile/pictures")
@allow(Role.OWNER)
def index() -> str:
    """Show what is public, and one candidate after the other."""
    public = parts().services.album.public
    candidates = sorted(public.candidates(), key=_is_dark)
    asked = request.args.get("undo", type=int)
    undo = asked if asked is not None and asked < 2**63 else None
    shown = public.shown()
    hero, beside = on_page(shown)
    return render_template(
        "pictures.html",
        shown=shown,
        on_page={one.photo.id for one in (hero, *beside) if one},
        beside=len(beside),
        candidate=candidates[0] if candidates else None,
        following=candidates[1:6],
        most=MOST_CAPTION,
        undo=undo,
        put=undo is not None and public.is_shown(undo),
        down=undo is not None and public.was_taken_down(undo),
    )


@bp.post("/photo/<int:photo_id>/publish")
@allow(Role.OWNER)
def publish(photo_id: int) -> ResponseReturnValue:
    """Put a photo on the public page."""
    if photo_id >= 2**63 or not parts().services.album.public.show(photo_id, request.form.get("caption", "")):
        abort(404)
    note(Event.PUBLISHED, whom=f"photo {photo_id}")
    return _back(photo_id)


@bp.post("/photo/<int:photo_id>/unpublish")
@allow(Role.OWNER)
def unpublish(photo_id: int) -> ResponseReturnValue:
    """Take a photo down, or pass it over: it is not offered again."""
    public = parts().services.album.public
    if photo_id >= 2**63:
        abort(404)
    if public.take_down(photo_id, myself().id):
        note(Event.UNPUBLISHED, whom=f"photo {photo_id}")
    elif not public.pass_over(photo_id):
        abort(404)
    return _back(photo_id)


@bp.post("/photo/<int:photo_id>/undecide")
@allow(Role.OWNER)
def undecide(photo_id: int) -> ResponseReturnValue:
    """Take the last decision back."""
    if photo_id >= 2**63:
        abort(404)
    put = request.form.get("put") == "1"
    if parts().services.album.public.undo(photo_id, put=put):
        note(Event.UNPUBLISHED if put else Event.PUBLISHED, whom=f"photo {photo_id}")
    return redirect(url_for("pictures.index"), 303)


@bp.post("/photo/<int:photo_id>/caption")
@allow(Role.OWNER)
def caption(photo_id: int) -> ResponseReturnValue:
    """Write what stands under a public photo."""
    if photo_id >= 2**63:
        abort(404)
    parts().services.album.public.caption(photo_id, request.form.get("caption", ""))
    return redirect(url_for("pictures.index"), 303)


@bp.post("/profile/hero")
@allow(Role.OWNER)
def hero() -> ResponseReturnValue:
    """Choose the large picture at the top: a public photo, or the drawn dog."""
    asked = request.form.get("photo", "")
    known = asked.isascii() and asked.isdigit() and len(asked) < 19
    album = parts().services.album
    photo = album.photo(int(asked)) if known else None
    if photo is None:
        album.public.choose_hero(None)
    else:
        album.public.choose_hero(photo.id, album.sheets.across(photo, *album.index.beside(photo, _NEAR)))
    return redirect(url_for("pictures.index"), 303)


def _is_dark(photo: Photo) -> bool:
    try:
        sketch = jpeg.sketch(parts().services.album.path(photo).read_bytes())
    except OSError:
        return True
    return sketch is None or sum(sketch.samples) < _DARK * len(sketch.samples)


def _back(photo_id: int) -> ResponseReturnValue:
    if request.form.get("next") == "photo":
        return redirect(url_for("photo.show", photo_id=photo_id), 303)
    return redirect(url_for("pictures.index", undo=photo_id), 303)
