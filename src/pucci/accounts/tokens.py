"""Tokens: what a cookie or a link carries. Only the hash is stored: a copy of the table opens nothing."""

import hashlib
import secrets


def new_token() -> str:
    """Return 256 random bits as 43 characters that fit into a URL."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """Return what is stored of a token: its SHA-256, in hexadecimal. Any text is taken."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
