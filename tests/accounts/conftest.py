"""Accounts at bcrypt's lowest cost, and Alice and Bob in them."""

import pytest

from pucci.accounts import Accounts, Role, User
from pucci.db import Database
from pucci.settings import AccountSettings
from tests.fakes import FakeClock
from tests.people import ALICE, BOB, Person

QUICK = AccountSettings(bcrypt_cost=10)


def add(accounts: Accounts, person: Person) -> User:
    assert person.role is not None
    password_hash = accounts.passwords.hash(person.password)
    return accounts.users.add(person.username, person.email, Role(person.role), password_hash)


@pytest.fixture
def accounts(db: Database, clock: FakeClock) -> Accounts:
    return Accounts(db, clock=clock, settings=QUICK)


@pytest.fixture
def alice(accounts: Accounts) -> User:
    return add(accounts, ALICE)


@pytest.fixture
def bob(accounts: Accounts, alice: User) -> User:
    return add(accounts, BOB)
