import hashlib
from datetime import timedelta

import pytest
import sqlalchemy as sa

from pucci.accounts import Accounts, User
from pucci.db import Database
from pucci.errors import AccountError
from pucci.tables import session
from tests.fakes import SUNDAY, FakeClock


def seen_at(db: Database) -> list[object]:
    with db.read() as connection:
        return list(connection.execute(sa.select(session.c.seen_at)).scalars())


def start(accounts: Accounts, person: User) -> str:
    return accounts.sessions.start(person, address="192.0.2.7", device="a phone")


def test_a_token_says_whose_it_is_until_it_is_ended(accounts: Accounts, alice: User, bob: User):
    hers, his = start(accounts, alice), start(accounts, bob)
    assert accounts.sessions.user_of(hers) == alice
    accounts.sessions.end(hers)
    accounts.sessions.end(hers)
    assert accounts.sessions.user_of(hers) is None
    assert accounts.sessions.user_of(his) == bob


def test_all_sessions_of_one_person_end_together(accounts: Accounts, alice: User, bob: User):
    phone, laptop, other = start(accounts, bob), start(accounts, bob), start(accounts, alice)
    accounts.sessions.end_all(bob)
    assert [accounts.sessions.user_of(token) for token in (phone, laptop, other)] == [None, None, alice]


@pytest.mark.parametrize("token", ["", "x", "\0", "\ud800", "ä" * 10_000])
def test_a_token_made_up_is_nobodys(accounts: Accounts, alice: User, token: str):
    start(accounts, alice)
    assert accounts.sessions.user_of(token) is None


def test_the_table_holds_a_hash_from_which_no_cookie_can_be_made(
    accounts: Accounts, alice: User, db: Database
):
    token = start(accounts, alice)
    assert len(token) == 43  # 256 bits
    with db.read() as connection:
        stored = connection.execute(sa.select(session.c.token_hash)).scalar_one()
    assert stored == hashlib.sha256(token.encode()).hexdigest()
    assert accounts.sessions.user_of(stored) is None


def test_a_session_ends_when_it_was_not_used_for_90_days(accounts: Accounts, alice: User, clock: FakeClock):
    token = start(accounts, alice)
    clock.advance(days=89)
    assert accounts.sessions.user_of(token) == alice
    clock.advance(days=89)
    assert accounts.sessions.user_of(token) == alice
    clock.advance(days=90)
    assert accounts.sessions.user_of(token) is None


def test_using_a_session_writes_once_an_hour(accounts: Accounts, alice: User, clock: FakeClock, db: Database):
    token = start(accounts, alice)
    for _ in range(5):
        clock.advance(minutes=11)
        accounts.sessions.user_of(token)
    assert seen_at(db) == [SUNDAY]
    clock.advance(minutes=5)
    accounts.sessions.user_of(token)
    assert seen_at(db) == [SUNDAY + timedelta(hours=1)]


def test_sessions_that_ended_are_purged_at_the_next_start(
    accounts: Accounts, alice: User, clock: FakeClock, db: Database
):
    start(accounts, alice)
    clock.advance(days=91)
    start(accounts, alice)
    assert seen_at(db) == [clock.now()]


def test_a_clock_that_jumped_ahead_purges_nobody(
    accounts: Accounts, alice: User, clock: FakeClock, db: Database
):
    token = start(accounts, alice)
    clock.trusted = False
    clock.jump(SUNDAY + timedelta(days=3650))
    start(accounts, alice)
    clock.jump(SUNDAY + timedelta(hours=2))
    assert len(seen_at(db)) == 2
    assert accounts.sessions.user_of(token) == alice


def test_a_time_from_the_future_is_mended_once_the_clock_is_trusted(
    accounts: Accounts, alice: User, clock: FakeClock, db: Database
):
    clock.jump(SUNDAY + timedelta(days=3650))
    token = start(accounts, alice)
    clock.jump(SUNDAY)
    clock.trusted = False
    assert accounts.sessions.user_of(token) == alice
    assert seen_at(db) == [SUNDAY + timedelta(days=3650)]
    clock.trusted = True
    assert accounts.sessions.user_of(token) == alice
    assert seen_at(db) == [SUNDAY]


def test_what_a_browser_says_of_itself_is_cut_and_cleaned(accounts: Accounts, alice: User, db: Database):
    accounts.sessions.start(alice, address="x" * 100, device="Fire\0fox\n" * 50)
    with db.read() as connection:
        row = connection.execute(sa.select(session.c.address, session.c.device)).one()
    assert (row.address, row.device) == ("x" * 64, ("Firefox" * 50)[:200])


def test_nobody_signs_in_whose_account_is_gone(accounts: Accounts, bob: User):
    accounts.users.remove(bob)
    with pytest.raises(AccountError, match="no account any more"):
        start(accounts, bob)
