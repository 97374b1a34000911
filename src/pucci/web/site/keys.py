"""Passkeys and sign-in codes: signing in by them, and one's own."""

import json
import math
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from pucci.accounts import Event, Role, User
from pucci.accounts.passkeys import NewPasskey, Question
from pucci.accounts.throttle import network_key
from pucci.accounts.tokens import hash_of
from pucci.errors import AccountError, AccountSlowed
from pucci.web import cookie
from pucci.web.site import gate, me
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts
from pucci.web.site.paths import own_path
from pucci.web.site.qr import code
from pucci.web.site.rp import site, why_off
from pucci.web.site.signin import begin, note

bp = Blueprint("keys", __name__)

_STATE = "passkey"
_HALF_S = 600.0


# -- asking and answering --------------------------------------------------------------------------


def _ask(question: Question) -> ResponseReturnValue:
    """Send a question; what must be remembered goes into the cookie of whoever asked."""
    session[_STATE] = question.state
    return question.options


def _answer(field: str) -> tuple[dict[str, Any], Any]:
    """Return the question's state, which is forgotten, and the browser's answer to it."""
    state = session.pop(_STATE, None)
    try:
        answer = json.loads(request.form.get(field, ""))
    except ValueError:
        answer = None
    return (state if isinstance(state, dict) else {}), answer if isinstance(answer, dict) else {}


def holder(field: str) -> User | None:
    """Return whose passkey answered in a form's field.

    Raises:
        AccountSlowed: too many tries from this network.
    """
    ticket = gate.enter([network_key(request.remote_addr or "")], "a passkey")
    state, answer = _answer(field)
    try:
        user = parts().services.accounts.passkeys.check(site(), state, answer)
    except AccountError:
        user = None
    gate.settle(ticket, "a passkey", user)
    return user


def new_passkey(field: str) -> NewPasskey:
    """Return the new passkey in a form's field.

    Raises:
        AccountError: it is none, or passkeys are off.
    """
    state, answer = _answer(field)
    return parts().services.accounts.passkeys.read_new(site(), state, answer)


@bp.post("/passkeys/ask")
@allow(None)
def ask() -> ResponseReturnValue:
    """Ask for a passkey, of whoever comes."""
    try:
        return _ask(parts().services.accounts.passkeys.ask(site()))
    except AccountError as error:
        return {"error": str(error)}, 400


@bp.post("/login/passkey")
@allow(None)
def enter() -> ResponseReturnValue:
    """Sign in by a passkey: nothing is typed. It is two proofs in one, so no code is asked."""
    asked = request.form.get("next", "")
    try:
        user = holder("passkey")
    except AccountSlowed as error:
        page = render_template("login.html", next=asked, slowed=str(error), why_off=why_off())
        return page, error.http_status, {"Retry-After": str(math.ceil(error.wait_s))}
    if user is None:
        return render_template("login.html", next=asked, lost_key=True, why_off=why_off()), 401
    begin(user)
    gate.remember(user)
    note(Event.SIGNED_IN, who=user.username, whom="by a passkey")
    return redirect(own_path(asked), 303)


@bp.post("/invite/<token>/ask")
@allow(None)
def ask_invited(token: str) -> ResponseReturnValue:
    """Ask somebody invited for a new passkey."""
    link = parts().services.accounts.links.find(token)
    if link is None or link.user_id is not None:
        return {"error": "This link works no more. Ask the owner for a new one."}, 410
    try:
        return _ask(parts().services.accounts.passkeys.ask_new(site(), link.name, _handle(token)))
    except AccountError as error:
        return {"error": str(error)}, 400


def _handle(text: str) -> bytes:
    return bytes.fromhex(hash_of(f"handle {text}"))


# -- one's own passkeys ----------------------------------------------------------------------------


@bp.post("/me/passkeys/ask")
@allow(Role.GUEST)
def ask_own() -> ResponseReturnValue:
    """Ask for a new passkey of one's own."""
    somebody = me.myself()
    try:
        passkeys = parts().services.accounts.passkeys
        return _ask(passkeys.ask_new(site(), somebody.email, _handle(str(somebody.id)), somebody))
    except AccountError as error:
        return {"error": str(error)}, 400


@bp.post("/me/passkeys")
@allow(Role.GUEST, fresh=True)
def add() -> ResponseReturnValue:
    """Keep the passkey that was just made."""
    somebody, name = me.myself(), request.form.get("name", "") or "Passkey"
    try:
        parts().services.accounts.passkeys.add(somebody, new_passkey("passkey"), name)
    except AccountError as error:
        return me.page(somebody, problem=str(error)), 400
    note(Event.PASSKEY, whom=f"added {name}")
    return redirect(url_for("me.show", done="passkey"), 303)


@bp.post("/me/passkeys/<int:passkey_id>/remove")
@allow(Role.GUEST, fresh=True)
def remove(passkey_id: int) -> ResponseReturnValue:
    """Take one of one's passkeys away."""
    somebody = me.myself()
    try:
        name = parts().services.accounts.passkeys.remove(somebody, passkey_id)
    except AccountError as error:
        return me.page(somebody, problem=str(error)), 400
    if name is not None:
        note(Event.PASSKEY, whom=f"removed {name}")
    return redirect(url_for("me.show"), 303)


# -- sign-in codes ---------------------------------------------------------------------------------


@bp.get("/me/codes")
@allow(Role.GUEST)
def codes() -> ResponseReturnValue:
    """Show how codes are turned on, or off."""
    return _codes(me.myself())


@bp.post("/me/codes")
@allow(Role.GUEST, fresh=True)
def codes_on() -> ResponseReturnValue:
    """Turn codes on, once the app shows the right one; show the recovery codes this once."""
    somebody, form = me.myself(), request.form
    try:
        found = parts().services.accounts.codes.turn_on(
            somebody, form.get("secret", ""), form.get("code", "")
        )
    except AccountError as error:
        return _codes(somebody, problem=str(error), secret=form.get("secret", "")), 400
    note(Event.CODES, whom="turned on")
    return _codes(somebody, recovery=found)


@bp.post("/me/codes/off")
@allow(Role.GUEST, fresh=True)
def codes_off() -> ResponseReturnValue:
    """Turn codes off."""
    parts().services.accounts.codes.turn_off(me.myself())
    note(Event.CODES, whom="turned off")
    return redirect(url_for("me.show"), 303)


def _codes(somebody: User, *, problem: str = "", secret: str = "", recovery: list[str] | None = None) -> str:
    codes = parts().services.accounts.codes
    on = codes.has(somebody)
    if len(secret) != 32 or not secret.isalnum():
        secret = codes.new_secret()
    address = codes.address(somebody, secret, parts().profile.name)
    return render_template(
        "codes.html",
        on=on,
        left=codes.left(somebody),
        secret=secret,
        qr=None if on else code(address),
        recovery=recovery,
        problem=problem,
    )


def ask_code(user: User, asked: str, problem: str = "") -> str:
    """Return the page that asks for a code, after a right password. It carries that in a signed box."""
    half = _half().dumps({"user": user.id, "at": parts().now().timestamp()})
    return render_template("code.html", half=half, next=asked, problem=problem)


def _half() -> Any:
    return cookie.box(parts().services.secret_key, salt="pucci.half")


@bp.post("/login/code")
@allow(None)
def enter_code() -> ResponseReturnValue:
    """Sign in by the code that goes with the password given before."""
    asked, accounts = request.form.get("next", ""), parts().services.accounts
    half = cookie.read(_half(), request.form.get("half", ""))
    user = accounts.users.by_id(half.get("user", 0)) if half else None
    late = not half or abs(parts().now().timestamp() - half.get("at", 0)) > _HALF_S
    if user is None or user.disabled or late:
        return redirect(url_for("door.login"), 303)
    try:
        ticket = gate.enter([f"device:codes-{user.id}"], user.email)
    except AccountSlowed as error:
        return ask_code(user, asked, problem=str(error)), error.http_status
    right = accounts.codes.check(user, request.form.get("code", ""))
    gate.settle(ticket, user.email, user if right else None)
    if not right:
        return ask_code(
            user, asked, problem="That code does not fit, or was used. Wait for the next one."
        ), 401
    begin(user)
    gate.remember(user)
    note(Event.SIGNED_IN, who=user.username, whom="with a code")
    return redirect(own_path(asked), 303)
