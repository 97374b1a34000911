"""Answers that are the same for everyone: no cookie, a version, packed for whoever takes it so."""

from flask import Response, request

from pucci.web.site.assets import Content


def public(content: Content, *, lasting: str) -> Response:
    """Return the content, or 304 where the browser has it. `lasting` is what Cache-Control adds to public."""
    packs = content.packed is not None and request.accept_encodings["gzip"] > 0
    body = content.packed if packs and content.packed is not None else content.body
    response = Response(body, mimetype=content.kind)
    response.headers["Cache-Control"] = f"public, {lasting}"
    # Weak, because the packed bytes differ from the others: the same content, not the same bytes.
    response.set_etag(content.version, weak=True)
    if content.packed is not None:
        response.vary.add("Accept-Encoding")
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.make_conditional(request)
    del response.headers["Date"]  # the server's to say, and once
    return response
