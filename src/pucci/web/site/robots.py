"""What search engines are told: the dog's page is for finding, everything else is not."""

from flask import Blueprint, Response

from pucci.web.site.allow import allow
from pucci.web.site.answers import public
from pucci.web.site.assets import content

bp = Blueprint("robots", __name__)

_ROBOTS = """\
User-agent: *
Allow: /$
Allow: /?lang=
Allow: /contact$
Allow: /contact?lang=
Allow: /static/
Allow: /media/public/
Disallow: /
"""


@bp.get("/robots.txt")
@allow(None)
def robots() -> Response:
    """Say which pages may be found."""
    return public(content(_ROBOTS.encode(), "text/plain", packed=False), lasting="max-age=86400")
