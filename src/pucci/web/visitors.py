"""Who comes for bytes: somebody signed in, the holder of a share link, or a script with a token."""

import re
from dataclasses import dataclass
from typing import Final

from pucci.accounts import Role
from pucci.accounts.apitokens import Scope
from pucci.photo import Photo
from pucci.services import Services
from pucci.web import cookie
from pucci.web.access import Answer, may
from pucci.web.served import WATCH

SHARES: Final = "pucci_share"
_BEARER: Final = re.compile(r"[Bb]earer +([\w-]{1,200})")
_QUERY: Final = re.compile(r"(?:^|&)token=([\w-]{1,200})(?:&|$)")


@dataclass(frozen=True, slots=True)
class Key:
    """What a request brings to open with; `camera` is which live picture it is for."""

    session: str = ""
    shares: tuple[str, ...] = ()
    token: str = ""
    camera: str = ""


class Visitors:
    """Answers for each key anew, so that what was ended is ended."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._box = cookie.box(services.secret_key)
        self._share_box = cookie.box(services.secret_key, salt="pucci.share")

    def key(self, cookies: str, authorization: str = "", query: str = "", camera: str = "") -> Key:
        """Return the key in a request's headers and query."""
        session = cookie.token_in(self._box, cookies) or ""
        return Key(session, shares_in(self._share_box, cookies), bearer(authorization, query), camera)

    def has(self, key: Key, rule: Role | None) -> bool:
        """Whether a rule lets in who is signed in with this key; a rule of None lets everyone in."""
        if rule is None:
            return True
        user = self._services.accounts.sessions.user_of(key.session) if key.session else None
        return may(user.role if user else None, rule) is Answer.YES

    def may_see(self, key: Key, photo: Photo) -> bool:
        """Whether a share link or a token shows this photo."""
        shares = self._services.accounts.shares.by_keys(key.shares) if key.shares else []
        if any(share.shows(photo) for share in shares):
            return True
        token = self._services.accounts.tokens.find(key.token) if key.token else None
        if token is None:
            return False
        if token.may(Scope.ALBUM):
            return True
        newest = self._services.album.newest(photo.camera) if token.may(Scope.NEWEST) else None
        return newest is not None and newest.id == photo.id

    def may_watch(self, key: Key) -> bool:
        """Whether a key opens its camera's live picture."""
        return self.opener(key) is not None

    def opener(self, key: Key) -> Key | None:
        """Return the one part of a key that opens its camera's live picture; None where none does.

        Whatever else it brings does not make it another watcher.
        """
        if self.has(key, WATCH):
            return Key(session=key.session, camera=key.camera)
        shares = self._services.accounts.shares.by_keys(key.shares) if key.shares else []
        for share in shares:
            if share.kind == "live" and share.camera == key.camera:
                return Key(shares=(share.key,), camera=key.camera)
        token = self._services.accounts.tokens.find(key.token) if key.token else None
        opens = token is not None and token.may(Scope.NEWEST)
        return Key(token=key.token, camera=key.camera) if opens else None


def bearer(authorization: str, query: str) -> str:
    """Return the token of an Authorization header, or else of the query's `token`."""
    found = _BEARER.fullmatch(authorization.strip()) or _QUERY.search(query)
    return found[1] if found else ""


def shares_in(signer: cookie.Signer, cookies: str) -> tuple[str, ...]:
    """Return the keys of the share links that were opened in this browser."""
    for part in cookies.split(";"):
        name, _, value = part.strip().partition("=")
        if name == SHARES:
            keys = cookie.read(signer, value).get("keys")
            return tuple(str(key) for key in keys) if isinstance(keys, list) else ()
    return ()
