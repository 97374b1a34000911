"""The parts of accounts, joined: who signs in, and how the first owner comes."""

from pucci.accounts.links import Links, use_link
from pucci.accounts.names import clean_email, clean_name
from pucci.accounts.passwords import Passwords
from pucci.accounts.roles import Role
from pucci.accounts.sessions import Sessions
from pucci.accounts.users import User, Users, add_user, has_owner
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import AccountError
from pucci.settings import AccountSettings

_DEAD_LINK = "This link works no more. Start Pucci again for a new one."
_HAS_OWNER = "There is an owner already. Sign in, or ask the owner."


class Accounts:
    """Everybody who may come in, by whatever way."""

    def __init__(self, db: Database, *, clock: Clock, settings: AccountSettings) -> None:
        self._db = db
        self._clock = clock
        self.users = Users(db, clock=clock)
        self.passwords = Passwords(db, cost=settings.bcrypt_cost)
        self.sessions = Sessions(db, clock=clock, days=settings.session_days)
        self.links = Links(db, clock=clock, minutes=settings.link_minutes)

    def sign_in(self, email: str, password: str) -> User | None:
        """Return who has this e-mail and password, or None, which takes the same time for every reason.

        A hash of another cost than today's is made anew, now that the password is at hand.
        """
        found = self.users.with_password(email)
        person, stored = found or (None, None)
        if not self.passwords.check(password, stored) or person is None or person.disabled:
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
            if not use_link(connection, token, now=now):
                raise AccountError(_DEAD_LINK)
            return add_user(connection, username, email, Role.OWNER, password_hash, now=now)
