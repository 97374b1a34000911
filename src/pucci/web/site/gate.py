"""Passwords from outside, through the throttle; and the cookie by which a device is known again."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Response, after_this_request, request
from itsdangerous import URLSafeTimedSerializer

from pucci.accounts import Event, User
from pucci.accounts.throttle import Ticket, account_key, network_key
from pucci.errors import AccountSlowed, Busy
from pucci.web import cookie
from pucci.web.site.parts import parts
from pucci.web.site.signin import note

_NAME: Final = "pucci_known"
_LIFE: Final = timedelta(days=730)
# People one device is known for; the cookie has room for no more.
_MOST: Final = 12


def sign_in(email: str, password: str) -> User | None:
    """Return who this is, None where e-mail and password do not go together.

    Raises:
        AccountSlowed: too many tries; nothing was looked at.
        Busy: too many are at it just now.
    """
    known = _known()
    here = known is not None and account_key(email) in known.accounts
    keys = [f"device:{known.id}"] if here and known else _keys(email)
    ticket = enter(keys, email)
    try:
        user = parts().services.accounts.sign_in(email, password, patient=here)
    except Busy:
        parts().services.accounts.throttle.passed(ticket)
        raise
    settle(ticket, email, user)
    return user


def _keys(email: str) -> list[str]:
    return [account_key(email), network_key(request.remote_addr or "")]


def enter(keys: list[str], whom: str) -> Ticket:
    """Ask the throttle for a try.

    Raises:
        AccountSlowed: there were too many.
    """
    ticket = parts().services.accounts.throttle.enter(keys)
    if ticket.news:
        note(Event.SLOWED, whom=whom)
    if ticket.wait_s:
        raise AccountSlowed(ticket.wait_s)
    return ticket


def settle(ticket: Ticket, whom: str, user: User | None) -> None:
    """Take a try that was right back, and write one that was not into the journal."""
    if user is not None:
        parts().services.accounts.throttle.passed(ticket)
    elif not ticket.many:
        note(Event.FAILED, whom=whom)


# -- devices ---------------------------------------------------------------------------------------


def _box() -> URLSafeTimedSerializer:
    return cookie.box(parts().services.secret_key, salt="pucci.known")


@dataclass(frozen=True, slots=True)
class Device:
    """A device's cookie: its id, and the keys of the accounts it is known for, the newest first."""

    id: str
    accounts: tuple[str, ...]


def _known() -> Device | None:
    """Return the device that asks, None where it brings no cookie of ours."""
    found = cookie.read(_box(), request.cookies.get(_NAME, ""))
    name, accounts = found.get("id"), found.get("for")
    if not isinstance(name, str) or not isinstance(accounts, list):
        return None
    return Device(name, tuple(str(one) for one in accounts))


def remember(user: User) -> None:
    """Give the device its cookie. It opens nothing: it only says that somebody signed in here before."""
    known = _known()
    key = account_key(user.email)
    accounts = [key, *(one for one in (known.accounts if known else ()) if one != key)][:_MOST]
    value = _box().dumps({"id": known.id if known else secrets.token_hex(8), "for": accounts})
    always = parts().services.settings.server.has_tls

    @after_this_request
    def give(response: Response) -> Response:
        response.set_cookie(
            _NAME,
            value if isinstance(value, str) else value.decode(),
            max_age=_LIFE,
            path="/",
            secure=always or request.is_secure,
            httponly=True,
            samesite="Lax",
        )
        return response
