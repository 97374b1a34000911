import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial

import pytest

from pucci.accounts import Accounts, Role, User
from pucci.db import open_db
from pucci.errors import AccountError
from tests.accounts.conftest import QUICK
from tests.fakes import FakeClock
from tests.people import ALICE, BOB, Person


def use(accounts: Accounts, token: str, person: Person = ALICE) -> User:
    return accounts.use_owner_link(
        token, username=person.username, email=person.email, password=person.password
    )


@pytest.fixture
def token(accounts: Accounts) -> str:
    made = accounts.links.make_owner_link()
    assert made is not None
    return made


def test_the_link_makes_the_owner_once(accounts: Accounts, token: str):
    assert accounts.links.is_open(token)
    owner = use(accounts, token)
    assert owner.role is Role.OWNER
    assert accounts.sign_in(ALICE.email, ALICE.password) == owner
    assert not accounts.links.is_open(token)
    with pytest.raises(AccountError, match="owner already"):
        use(accounts, token, BOB)
    assert accounts.users.count() == 1


def test_the_link_dies_after_an_hour(accounts: Accounts, token: str, clock: FakeClock):
    clock.advance(minutes=59)
    assert accounts.links.is_open(token)
    clock.advance(minutes=1)
    assert not accounts.links.is_open(token)
    with pytest.raises(AccountError, match="works no more"):
        use(accounts, token)


def test_a_new_link_ends_the_older_one(accounts: Accounts, token: str):
    newer = accounts.links.make_owner_link()
    assert newer is not None
    assert not accounts.links.is_open(token)
    assert accounts.links.is_open(newer)


def test_there_is_no_link_where_there_is_an_owner(accounts: Accounts, token: str):
    accounts.users.add("Alice", "alice@example.org", Role.OWNER, None)
    assert accounts.links.make_owner_link() is None
    assert not accounts.links.is_open(token)
    with pytest.raises(AccountError, match="owner already"):
        use(accounts, token, BOB)


@pytest.mark.parametrize("made_up", ["", "x" * 43, "\0", "\ud800"])
def test_a_link_made_up_opens_nothing(accounts: Accounts, token: str, made_up: str):
    assert not accounts.links.is_open(made_up)
    with pytest.raises(AccountError, match="works no more"):
        use(accounts, made_up)


@pytest.mark.parametrize(
    "mistake",
    [
        Person("", "alice@example.org", "long enough", None),
        Person("Alice", "nowhere", "long enough", None),
        Person("Alice", "alice@example.org", "short", None),
        Person("Bob", "alice@example.org", "long enough", None),
    ],
)
def test_a_mistake_leaves_the_link_as_it_was(accounts: Accounts, token: str, mistake: Person):
    accounts.users.add("Bob", "bob@example.org", Role.FAMILY, None)
    with pytest.raises(AccountError):
        use(accounts, token, mistake)
    assert use(accounts, token).username == "Alice"


def try_to_use(accounts: Accounts, token: str, number: int) -> bool:
    try:
        use(accounts, token, Person(f"Racer {number}", f"racer{number}@example.org", "fast and furry", None))
    except AccountError:
        return False
    return True


def test_of_threads_that_race_for_one_link_one_becomes_the_owner(accounts: Accounts, token: str):
    with ThreadPoolExecutor(6) as pool:
        won = list(pool.map(partial(try_to_use, accounts, token), range(6)))
    assert sum(won) == 1
    assert accounts.users.count() == 1


def race(url: str, token: str, number: int) -> bool:
    db = open_db(url)
    try:
        return try_to_use(Accounts(db, clock=FakeClock(), settings=QUICK), token, number)
    finally:
        db.close()


def test_of_processes_that_race_for_one_link_one_becomes_the_owner(
    accounts: Accounts, token: str, database_url: str
):
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        won = list(pool.map(partial(race, database_url, token), range(4), timeout=60))
    assert sum(won) == 1
    assert [one.role for one in accounts.users.all()] == [Role.OWNER]
