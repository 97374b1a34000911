"""People: who they are, how they prove it, and what they may."""

from pucci.accounts.accounts import Accounts
from pucci.accounts.roles import Role
from pucci.accounts.users import User

__all__ = ["Accounts", "Role", "User"]
