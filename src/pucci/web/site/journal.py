"""The journal's page: who did what, for the owner."""

import math
from itertools import groupby

from flask import Blueprint, render_template, request

from pucci.accounts import Role
from pucci.accounts.journal import PAGE
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts

bp = Blueprint("journal", __name__)


@bp.get("/people/journal")
@allow(Role.OWNER)
def show() -> str:
    """Show a page of lines, the newest first, by day."""
    here = parts()
    before = request.args.get("before", type=int)
    lines = here.services.accounts.journal.page(before if before and 0 < before < 2**63 else None)
    days = [(day, list(group)) for day, group in groupby(lines, key=lambda line: here.words.day(line.at))]
    older = lines[-1].id if len(lines) == PAGE else None
    kept = math.ceil(here.services.settings.accounts.journal_days)
    return render_template("journal.html", days=days, older=older, days_kept=kept)
