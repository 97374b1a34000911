"""Who asks: Flask-Login over sessions that are rows, and Flask's cookie signed our way."""

from datetime import timedelta

from flask import Flask, Request, Response, request, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from itsdangerous import URLSafeTimedSerializer

from pucci.accounts import Event, User
from pucci.services import Services
from pucci.web import cookie
from pucci.web.site.parts import parts

_RENEW_S = 86_400.0


class SignedIn(UserMixin):
    """A person with their session, as Flask-Login wants it: its id is the session's token."""

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self.token = token

    def get_id(self) -> str:
        """Return what the cookie carries."""
        return self.token


class CookieSession(SecureCookieSessionInterface):
    """Flask's session in our box; never on an answer that is the same for everyone."""

    def __init__(self, secret_key: bytes, *, always_secure: bool) -> None:
        self._box = cookie.box(secret_key)
        self._always_secure = always_secure

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:  # noqa: ARG002
        """Return the box, the same that the media app opens."""
        return self._box

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession:  # noqa: ARG002
        """Return what the request's cookie holds."""
        value = request.cookies.get(cookie.NAME)
        found = self.session_class(cookie.read(self._box, value) if value else None)
        found.is_old = value is not None and abs(cookie.age_s(self._box, value)) > _RENEW_S  # type: ignore[attr-defined]
        return found

    def should_set_cookie(self, app: Flask, session: SessionMixin) -> bool:  # noqa: ARG002
        """Whether the cookie is sent: once a day, so that it lasts while it is used, and no oftener.

        The browser keeps pictures for one cookie (`Vary: Cookie`): with each new one it asks for all again.
        """
        return session.modified or (session.permanent and getattr(session, "is_old", True))

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Set the cookie where it changed, or is used; leave public answers alone."""
        if not response.cache_control.public:
            super().save_session(app, session, response)

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Whether the cookie travels by TLS alone: where it came by it, or the site's address says so."""
        return self._always_secure or request.is_secure


def install(app: Flask, services: Services) -> None:
    """Teach an application who asks."""
    settings = services.settings
    app.secret_key = services.secret_key
    app.session_interface = CookieSession(services.secret_key, always_secure=settings.server.has_tls)
    app.config.update(
        SESSION_COOKIE_NAME=cookie.NAME,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        # A home line changes its address every night; the row is what ends a session.
        SESSION_PROTECTION=None,
        PERMANENT_SESSION_LIFETIME=timedelta(days=settings.accounts.session_days),
    )
    # Its context processor would ask the database for every page, also for one that says it is broken.
    manager = LoginManager(app, add_context_processor=False)

    @manager.user_loader
    def load(token: str) -> SignedIn | None:
        user = services.accounts.sessions.user_of(token)
        return SignedIn(user, token) if user else None


def person() -> User | None:
    """Return who asks, None where nobody is signed in."""
    return current_user.user if current_user.is_authenticated else None


def token() -> str:
    """Return the token of the session of whoever asks."""
    return current_user.token


def begin(user: User) -> None:
    """Sign somebody in with a new session: neither its token nor anything in the cookie is an old one."""
    end()
    token = parts().services.accounts.sessions.start(
        user,
        address=request.remote_addr or "",
        device=request.user_agent.string,
    )
    session.permanent = True
    login_user(SignedIn(user, token))
    session.pop("_id", None)  # Flask-Login's mark of the browser, which nobody here reads


def note(what: Event, *, who: str = "", whom: str = "") -> None:
    """Write a line into the journal, by whoever asks unless `who` says another."""
    somebody = person()
    name = who or (somebody.username if somebody else "")
    parts().services.accounts.journal.write(what, who=name, whom=whom, address=request.remote_addr or "")


def end() -> None:
    """End the session of whoever asks, everywhere: its row goes, and the cookie is emptied."""
    if current_user.is_authenticated:
        parts().services.accounts.sessions.end(current_user.token)
    logout_user()
    session.clear()
