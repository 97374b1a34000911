"""People: who they are, how they prove it, and what they may."""

from pucci.accounts.accounts import Accounts
from pucci.accounts.journal import Event
from pucci.accounts.links import Link, Purpose
from pucci.accounts.roles import Role
from pucci.accounts.users import User

__all__ = ["Accounts", "Event", "Link", "Purpose", "Role", "User"]
