import bcrypt
import pytest
import sqlalchemy as sa

from pucci.accounts import Accounts, Role, User
from pucci.db import Database
from pucci.tables import user
from tests.people import ALICE, CHARLIE


def stored_hash(db: Database, person: User) -> str:
    with db.read() as connection:
        return connection.execute(sa.select(user.c.password).where(user.c.id == person.id)).scalar_one()


def test_the_right_email_and_password_sign_in(accounts: Accounts, alice: User, bob: User):
    assert accounts.sign_in("Alice@Example.org ", ALICE.password) == alice


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (ALICE.email, CHARLIE.password),
        (CHARLIE.email, ALICE.password),
        (ALICE.username, ALICE.password),
        (ALICE.email, ""),
        (ALICE.email, ALICE.password + "\0"),
        (ALICE.email, ALICE.password * 10),
        ("\0", "\0"),
        ("", ""),
    ],
)
def test_nothing_else_signs_in(accounts: Accounts, alice: User, email: str, password: str):
    assert accounts.sign_in(email, password) is None


@pytest.mark.parametrize("password", ["", "anything", "None"])
def test_somebody_without_a_password_cannot_sign_in_by_one(accounts: Accounts, password: str):
    accounts.users.add("Grandma", "grandma@example.org", Role.FAMILY, None)
    assert accounts.sign_in("grandma@example.org", password) is None


@pytest.mark.parametrize("cost", [4, 11])
def test_a_hash_of_another_cost_is_made_anew_at_sign_in_and_the_sessions_go_on(
    accounts: Accounts, db: Database, cost: int
):
    old = bcrypt.hashpw(b"short", bcrypt.gensalt(cost)).decode()
    gwen = accounts.users.add("Gwen", "gwen@example.org", Role.OWNER, old)
    token = accounts.sessions.start(gwen, address="192.0.2.7", device="a phone")

    assert accounts.sign_in("gwen@example.org", "wrong") is None
    assert stored_hash(db, gwen) == old
    assert accounts.sign_in("gwen@example.org", "short") == gwen
    assert stored_hash(db, gwen).startswith("$2b$10$")
    assert accounts.sign_in("gwen@example.org", "short") == gwen
    assert accounts.sessions.user_of(token) == gwen


def test_an_empty_password_of_the_first_version_signs_nobody_in(accounts: Accounts):
    accounts.users.add("Gwen", "gwen@example.org", Role.OWNER, bcrypt.hashpw(b"", bcrypt.gensalt(4)).decode())
    assert accounts.sign_in("gwen@example.org", "") is None


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("gwen@example.org", "wrong"),
        ("luke@example.org", "wrong"),
        ("nobody@example.org", "wrong"),
        ("off@example.org", "wrong"),
        ("invited@example.org", "wrong"),
        ("luke@example.org", "x" * 100),
    ],
)
def test_the_time_tells_nobody_who_has_an_account(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch, email: str, password: str
):
    """Counted in bcrypt's rounds, with hashes dearer and cheaper than ours in the table."""
    for name, cost in {"Gwen": 11, "Luke": 5, "Off": 10}.items():
        known = bcrypt.hashpw(b"the right one", bcrypt.gensalt(cost)).decode()
        person = accounts.users.add(name, f"{name}@example.org", Role.FAMILY, known)
        if name == "Off":
            accounts.users.disable(person)
    accounts.users.add("Invited", "invited@example.org", Role.FAMILY, None)

    rounds: list[int] = []
    real = bcrypt.checkpw
    monkeypatch.setattr(
        bcrypt, "checkpw", lambda secret, known: rounds.append(2 ** int(known[4:6])) or real(secret, known)
    )
    assert accounts.sign_in(email, password) is None
    assert sum(rounds) == 2**11
