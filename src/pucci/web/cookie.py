"""The cookie: a signed box with a session's token in it, read by the site and by the media app."""

import hashlib
import json
from typing import Any, Final

from itsdangerous import BadData, URLSafeTimedSerializer

NAME: Final = "pucci"
# Flask-Login's name for what identifies somebody. With us that is the token of the session's row.
TOKEN: Final = "_user_id"  # noqa: S105 - the name, not the token

Signer = URLSafeTimedSerializer


def box(secret_key: bytes, *, salt: str = "pucci.session") -> URLSafeTimedSerializer:
    """Return what signs and reads a cookie; one of another salt is not taken for it."""
    return URLSafeTimedSerializer(
        secret_key,
        salt=salt,
        serializer=json,
        signer_kwargs={"key_derivation": "hmac", "digest_method": hashlib.sha256},
    )


def read(signer: URLSafeTimedSerializer, value: str) -> dict[str, Any]:
    """Return what the cookie holds; nothing if it is not of our making.

    Its age is not looked at: a Pi's clock may have been ahead when it was signed, and the session's row
    knows how long it lasts.
    """
    try:
        content = signer.loads(value)
    except BadData:
        return {}
    return content if isinstance(content, dict) else {}


def age_s(signer: URLSafeTimedSerializer, value: str) -> float:
    """Return how many seconds ago a cookie was signed, by the clock it was signed by; 0 if it is not ours."""
    try:
        _, signed_at = signer.loads(value, return_timestamp=True)
    except BadData:
        return 0.0
    # make_signer() is typed as one that knows no time.
    now: int = signer.make_signer(signer.salt).get_timestamp()  # type: ignore[attr-defined]
    return now - signed_at.timestamp()


def token_in(signer: URLSafeTimedSerializer, header: str) -> str | None:
    """Return the session's token in a Cookie header, None where there is none."""
    for part in header.split(";"):
        name, _, value = part.strip().partition("=")
        if name == NAME:
            token = read(signer, value).get(TOKEN)
            return token if isinstance(token, str) else None
    return None
