"""The parts of accounts, joined: who signs in, and how the first owner and everybody else comes."""

import sqlalchemy as sa

from pucci.accounts.apitokens import ApiTokens
from pucci.accounts.codes import Codes
from pucci.accounts.journal import Journal
from pucci.accounts.links import Link, Links, Purpose, find_link, use_link
from pucci.accounts.names import clean_email, clean_name
from pucci.accounts.passkeys import NewPasskey, Passkeys, add_passkey
from pucci.accounts.passwords import Passwords
from pucci.accounts.roles import Role
from pucci.accounts.sessions import Sessions
from pucci.accounts.shares import Shares
from pucci.accounts.throttle import Throttle
from pucci.accounts.users import User, Users, add_user, has_owner
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError
from pucci.settings import AccountSettings
from pucci.tables import link, session, user

_DEAD_LINK = "This link works no more. Start Pucci again for a new one."
_DEAD_INVITE = "This link works no more. Ask the owner for a new one."
_HAS_OWNER = "There is an owner already. Sign in, or ask the owner."


class Accounts:
    """Everybody who may come in, by whatever way."""

    def __init__(self, db: Database, *, clock: Clock, settings: AccountSettings) -> None:
        self._db = db
        self._clock = clock
        self.users = Users(db, clock=clock)
        self.passwords = Passwords(db, cost=settings.bcrypt_cost)
        self.sessions = Sessions(db, clock=clock, days=settings.session_days)
        self.throttle = Throttle(db, clock=clock)
        self.passkeys = Passkeys(db, clock=clock)
        self.shares = Shares(db, clock=clock, passwords=self.passwords)
        self.tokens = ApiTokens(db, clock=clock)
        self.codes = Codes(db, clock=clock)
        self.journal = Journal(db, clock=clock, days=settings.journal_days)
        self.links = Links(db, clock=clock, minutes=settings.link_minutes)

    def sign_in(self, email: str, password: str, *, patient: bool = True) -> User | None:
        """Return who has this e-mail and password, or None, which takes the same time for every reason.

        A hash of another cost than today's is made anew, now that the password is at hand.

        Raises:
            Busy: others are being looked at; a `patient` one waits for their turn instead.
        """
        found = self.users.with_password(email)
        person, stored = found or (None, None)
        if not self.passwords.check(password, stored, patient=patient) or person is None or person.disabled:
            return None
        if stored is not None and self.passwords.needs_new_hash(stored):
            self.users.renew_hash(person, stored, self.passwords.hash_again(password))
        return person

    def use_owner_link(self, token: str, *, username: str, email: str, password: str) -> User:
        """Make the first owner by a link from `links.make_owner_link()`, which then works no more.

        What is wrong with name, e-mail or password leaves the link as it was.

        Raises:
            AccountError: the link was used or is too old, or the name, e-mail or password will not do.
        """
        if not self.links.is_open(token):
            raise AccountError(_HAS_OWNER if self.users.has_owner() else _DEAD_LINK)
        username, email = clean_name(username), clean_email(email)
        password_hash = self.passwords.hash(password)  # outside the transaction: it takes a second
        now = self._clock.now()
        with self._db.write() as connection:
            if has_owner(connection):
                raise AccountError(_HAS_OWNER)
            found = find_link(connection, token, now=now)
            if found is None or found.purpose is not Purpose.OWNER:
                raise AccountError(_DEAD_LINK)
            if not use_link(connection, token, now=now):
                raise AccountError(_DEAD_LINK)
            return add_user(connection, username, email, Role.OWNER, password_hash, now=now)

    def use_invite(
        self, token: str, *, email: str, password: str = "", passkey: NewPasskey | None = None
    ) -> User:
        """Let somebody new in, by a link from `links.invite()`, which then works no more.

        They come in by a passkey, or by a password. What is wrong with e-mail or password leaves the link
        as it was.

        Raises:
            AccountError: the link was used, taken back or is too old, or e-mail or password will not do.
        """
        self._need(token, Purpose.INVITE)
        email = clean_email(email)
        # Outside the transaction: it takes a second.
        password_hash = self.passwords.hash(password) if password or not passkey else None
        now = self._clock.now()
        with self._db.write() as connection:
            found = find_link(connection, token, now=now)
            if found is None or found.role is None or not use_link(connection, token, now=now):
                raise AccountError(_DEAD_INVITE)
            person = add_user(connection, found.name, email, found.role, password_hash, now=now)
            if passkey is not None:
                add_passkey(connection, person, passkey, "The first one", now=now)
            return person

    def use_password_link(self, token: str, *, password: str) -> User:
        """Give somebody a new password by a link from `links.new_password()`; their sessions end.

        Raises:
            AccountError: the link was used, taken back or is too old, or the password will not do.
        """
        self._need(token, Purpose.PASSWORD)
        password_hash = self.passwords.hash(password)
        now = self._clock.now()
        with self._db.write() as connection:
            found = find_link(connection, token, now=now)
            if found is None or found.user_id is None or not use_link(connection, token, now=now):
                raise AccountError(_DEAD_INVITE)
            connection.execute(
                sa.update(user).where(user.c.id == found.user_id).values(password=password_hash)
            )
            connection.execute(sa.delete(session).where(session.c.user_id == found.user_id))
        person = self.users.by_id(found.user_id)
        if person is None:
            raise AccountError(_DEAD_INVITE)
        return person

    def change_password(self, person: User, password: str) -> None:
        """Give somebody the password they chose. All their sessions end, and so do links for a new one.

        Raises:
            AccountError: the password will not do.
        """
        self.users.set_password(person, self.passwords.hash(password))
        with self._db.write() as connection:
            connection.execute(sa.delete(link).where(link.c.user_id == person.id, link.c.used_at.is_(None)))

    def _need(self, token: str, purpose: Purpose) -> Link:
        found = self.links.find(token)
        if found is None or found.purpose is not purpose:
            raise AccountError(_DEAD_INVITE)
        return found
