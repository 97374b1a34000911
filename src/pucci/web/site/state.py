"""How it is: /health in one word for whoever watches; for the owner what is wrong, and what was told."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from pucci.accounts import Role
from pucci.errors import PucciError
from pucci.health import Condition
from pucci.herald.notes import Notes
from pucci.web.site.allow import allow
from pucci.web.site.language import told
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


def _said(condition: Condition) -> str:
    """Say a condition in the reader's language."""
    values = {name: told(value) for name, value in condition.values.items()}
    return told(condition.text) % values if values else told(condition.text)


@bp.get("/state")
@allow(Role.OWNER)
def show() -> str:
    """Show what is wrong now, since when, and the last messages."""
    here = parts()
    services = here.services
    known = Notes(services.db).known()
    conditions = services.health().conditions
    wrong = [
        (_said(one), known[one.key].since if one.key in known else one.since, one.quiet) for one in conditions
    ]
    notify = services.settings.notify
    return render_template(
        "state.html",
        wrong=wrong,
        sent=services.outbox.newest(),
        trouble=services.outbox.trouble(),
        is_told=bool(notify.email_to or notify.webhook_url or notify.apprise_urls),
        postcard_at=notify.postcard_at,
        trusted=services.clock.is_trusted(),
        now=here.now(),
    )
