"""A photo's page: large, when and where, the ones beside it, and what may be done with it."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role
from pucci.photo import Photo
from pucci.web.site.allow import allow
from pucci.web.site.language import say
from pucci.web.site.me import myself
from pucci.web.site.parts import parts
from pucci.web.site.paths import own_path
from pucci.web.site.signin import note
from pucci.web.site.words import listed

bp = Blueprint("photo", __name__)

# Thumbs on either side of the one that is looked at.
_NEAR = 2


@bp.get("/photo/<int:photo_id>")
@allow(Role.FAMILY)
def show(photo_id: int) -> str:
    """Show one photo."""
    here, photo = parts(), _find(photo_id)
    index = here.services.album.index
    before, after = index.beside(photo, _NEAR)
    day = here.words.day_of(photo.taken_at)
    first, last = here.words.midnight(day), here.words.midnight(here.words.next_day(day))
    return render_template(
        "photo.html",
        photo=photo,
        before=before,
        after=after,
        day=day,
        number=index.count_between(photo.camera, first, photo.taken_at) + 1,
        total=index.count_between(photo.camera, first, last),
        now=here.now(),
        gone=request.args.get("gone") == "1",
        public=here.services.album.public.is_shown(photo_id),
        **_kept(photo),
    )


@bp.post("/photo/<int:photo_id>/keep")
@allow(Role.FAMILY)
def keep(photo_id: int) -> ResponseReturnValue:
    """Put one's star on a photo."""
    _found(parts().services.album.kept.keep(_need(photo_id), myself().id))
    return _back(photo_id)


@bp.post("/photo/<int:photo_id>/unkeep")
@allow(Role.FAMILY)
def unkeep(photo_id: int) -> ResponseReturnValue:
    """Take one's star off a photo."""
    _found(parts().services.album.kept.unkeep(_need(photo_id), myself().id))
    return _back(photo_id)


@bp.post("/photo/<int:photo_id>/delete")
@allow(Role.OWNER, fresh=True)
def delete(photo_id: int) -> ResponseReturnValue:
    """Delete a photo for good, whoever keeps it, and go on to the one beside it."""
    photo = _find(photo_id)
    before, after = parts().services.album.index.beside(photo, 1)
    delete_for_good([photo])
    beside = after or before
    if not beside:
        return redirect(url_for("cam.one", camera=photo.camera), 303)
    return redirect(url_for("photo.show", photo_id=beside[0].id, gone=1), 303)


def delete_for_good(photos: list[Photo]) -> None:
    """Delete photos, whoever keeps them, with a line in the journal for each."""
    here = parts()
    here.services.album.delete(photos, kept_too=True)
    for photo in photos:
        when = f"{here.words.day(photo.taken_at)}, {here.words.clock(photo.taken_at)}"
        note(Event.DELETED, whom=f"the photo of {when}, camera {photo.camera}")


def _need(photo_id: int) -> int:
    return photo_id if photo_id < 2**63 else abort(404)


def _found(there: bool) -> None:
    if not there:
        abort(404)


def _find(photo_id: int) -> Photo:
    return parts().services.album.photo(_need(photo_id)) or abort(404)


def _back(photo_id: int) -> ResponseReturnValue:
    """Return to the page the star was on; to a program, say who keeps the photo now."""
    if request.accept_mimetypes.best == "application/json":
        photo = _find(photo_id)
        told = _kept(photo)
        return {**told, "kept": photo.kept, "said": told["said"] or say("Not kept.")}
    asked = request.form.get("next")
    return redirect(own_path(asked) if asked else url_for("photo.show", photo_id=photo_id), 303)


def _kept(photo: Photo) -> dict[str, object]:
    """Return whether one's own star is on a photo, and in a sentence what keeps it, or that it goes."""
    me, stars = myself().id, parts().services.album.kept.stars(photo.id)
    names = [say("you") if star.user_id == me else star.name or say("somebody who left") for star in stars]
    names.sort(key=lambda name: name != say("you"))
    said = say("Kept by %s. It stays when older photos go.") % listed(names) if names else _without(photo)
    return {"mine": any(star.user_id in (me, None) for star in stars), "said": said}


def _without(photo: Photo) -> str:
    """Say what becomes of a photo without a star; nothing of one that is not older than those that stay."""
    if photo.kept:
        return say("It stays while it is on the public page.")
    if parts().services.going([photo]):
        return say("Not kept. It is older than those that stay, and goes within the hour.")
    return ""
