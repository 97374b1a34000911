from datetime import UTC

import pytest

from pucci.accounts import Accounts, Role, User
from pucci.errors import AccountError
from tests.fakes import SUNDAY


def test_somebody_added_is_found_by_id_name_and_email_in_any_case(accounts: Accounts, alice: User, bob: User):
    users = accounts.users
    assert users.all() == [alice, bob]
    assert users.count() == 2
    assert (alice.role, alice.disabled, alice.created_at) == (Role.OWNER, False, SUNDAY)
    assert users.by_id(bob.id) == users.by_name("bOB") == users.by_email(" BOB@Example.org ") == bob
    assert alice.created_at.tzinfo is UTC
    assert users.find("alice") == users.find("alice@example.org") == alice


@pytest.mark.parametrize("stranger", ["charlie@example.org", "", "\0", "\ud800@example.org", "' OR 1=1 --"])
def test_a_stranger_is_not_found(accounts: Accounts, alice: User, stranger: str):
    assert accounts.users.by_email(stranger) is None
    assert accounts.users.by_name(stranger) is None
    with pytest.raises(AccountError, match="There is nobody called"):
        accounts.users.find(stranger)


@pytest.mark.parametrize(
    ("username", "email", "reason"),
    [
        ("alice", "other@example.org", "called Alice already"),
        ("Alicia", "ALICE@example.org", "has the e-mail alice@example.org already"),
        ("", "other@example.org", "name is empty"),
        ("Alicia", "nowhere", "not an e-mail"),
    ],
)
def test_a_name_or_email_is_nobody_elses(
    accounts: Accounts, alice: User, username: str, email: str, reason: str
):
    with pytest.raises(AccountError, match=reason):
        accounts.users.add(username, email, Role.FAMILY, None)
    assert accounts.users.all() == [alice]


def test_a_new_password_ends_all_sessions(accounts: Accounts, bob: User):
    token = accounts.sessions.start(bob, address="192.0.2.7", device="Bob's phone")
    accounts.users.set_password(bob, accounts.passwords.hash("bob has a new one"))
    assert accounts.sessions.user_of(token) is None
    assert accounts.sign_in(bob.email, "bob has a new one") == bob


def test_disabled_means_out_at_once_and_enabled_means_to_sign_in_again(accounts: Accounts, bob: User):
    token = accounts.sessions.start(bob, address="192.0.2.7", device="Bob's phone")
    accounts.users.disable(bob)
    assert accounts.sessions.user_of(token) is None
    assert accounts.sign_in(bob.email, "bob throws the ball") is None
    accounts.users.enable(bob)
    assert accounts.sessions.user_of(token) is None
    assert accounts.sign_in(bob.email, "bob throws the ball") == bob


def test_somebody_removed_is_forgotten_with_their_sessions(accounts: Accounts, bob: User):
    token = accounts.sessions.start(bob, address="192.0.2.7", device="Bob's phone")
    accounts.users.remove(bob)
    assert accounts.users.by_id(bob.id) is None
    assert accounts.sessions.user_of(token) is None
    with pytest.raises(AccountError, match="no account any more"):
        accounts.users.set_role(bob, Role.GUEST)


def test_the_last_owner_stays_owner(accounts: Accounts, alice: User, bob: User):
    users = accounts.users
    with pytest.raises(AccountError, match="Alice is the last owner"):
        users.disable(alice)
    with pytest.raises(AccountError, match="Alice is the last owner"):
        users.remove(alice)
    with pytest.raises(AccountError, match="Alice is the last owner"):
        users.set_role(alice, Role.FAMILY)
    assert users.by_id(alice.id) == alice


def test_a_second_owner_sets_the_first_one_free(accounts: Accounts, alice: User, bob: User):
    users = accounts.users
    users.set_role(bob, Role.OWNER)
    users.disable(alice)
    with pytest.raises(AccountError, match="Bob is the last owner"):
        users.remove(bob)
    users.remove(alice)
    assert [(one.username, one.role) for one in users.all()] == [("Bob", Role.OWNER)]
