"""The kept photos: newest first, page after page, and many at once to download, share, let go or delete."""

from itertools import groupby
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.album import Place
from pucci.web.site.allow import allow
from pucci.web.site.me import myself
from pucci.web.site.parts import parts
from pucci.web.site.photo import delete_for_good
from pucci.web.site.shared import chosen_ids, nothing_chosen

bp = Blueprint("kept", __name__)

PAGE: Final = 60


@bp.get("/kept")
@allow(Role.FAMILY)
def index() -> str:
    """Show a page of kept photos, by month."""
    here, after = parts(), Place.parse(request.args.get("after", ""))
    photos = here.services.album.kept.page(after, PAGE + 1)
    shown = photos[:PAGE]
    months = groupby(shown, key=lambda photo: here.words.month(here.words.day_of(photo.taken_at)))
    return render_template(
        "kept.html",
        months=[(month, list(group)) for month, group in months],
        older=Place.after(shown[-1]) if len(photos) > PAGE else None,
        first=after is None,
        selects=request.args.get("select") == "1",
        gone=request.args.get("gone", type=int),
        off=request.args.get("off", type=int),
        nothing=request.args.get("none") == "1",
        going=request.args.get("going", type=int),
    )


@bp.post("/kept/unkeep")
@allow(Role.FAMILY)
def unkeep() -> ResponseReturnValue:
    """Take one's own star off many photos."""
    services, me, chosen = parts().services, myself().id, chosen_ids(request.form)
    if not chosen:
        return redirect(nothing_chosen(), 303)
    mine = services.album.kept.mine(chosen, me)
    for photo_id in mine:
        services.album.kept.unkeep(photo_id, me)
    going = services.going(services.album.index.these(mine))
    return redirect(url_for("kept.index", off=len(mine), going=len(going) or None), 303)


@bp.post("/kept/delete")
@allow(Role.OWNER, fresh=True)
def delete() -> ResponseReturnValue:
    """Delete many kept photos for good."""
    photos = parts().services.album.kept.these(chosen_ids(request.form))
    delete_for_good(photos)
    return redirect(url_for("kept.index", gone=len(photos)) if photos else nothing_chosen(), 303)
