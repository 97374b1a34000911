"""What every answer says to the browser about safety, and about not being kept."""

from typing import Final

from flask import Response, abort, request

from pucci.web.hosts import is_ours
from pucci.web.replies import HSTS
from pucci.web.site.parts import parts

# No inline script, no inline style, nothing from elsewhere.
POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "img-src 'self'",
        "media-src 'self'",
        "style-src 'self'",
        "script-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
ALWAYS: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: the proof against forged forms looks at it behind TLS.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def check_host() -> None:
    """Refuse a request by a name that is not this site's; runs before every request."""
    if not is_ours(request.environ.get("HTTP_HOST", ""), parts().services.settings.server):
        abort(400)


def add(response: Response) -> Response:
    """Add them to an answer; what does not say how long it may be kept is not kept at all."""
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"
    if request.is_secure or parts().services.settings.server.has_tls:
        name, value = HSTS
        response.headers[name.decode().title()] = value.decode()
    return response
