import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci.accounts import Accounts
from pucci.accounts.throttle import FREE, LONGEST_WAIT, account_key, faded, network_key, wait_after
from pucci.accounts.turns import Turns
from pucci.db import open_db
from pucci.errors import AccountSlowed, Busy
from tests.accounts.conftest import QUICK
from tests.fakes import FakeClock

KEYS = [account_key("alice@example.org"), network_key("203.0.113.9")]


def fail(accounts: Accounts, times: int, keys: list[str] = KEYS) -> list[float]:
    return [accounts.throttle.enter(keys).wait_s for _ in range(times)]


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("203.0.113.9", "net:203.0.113.0/24"),
        ("2001:db8:1:2::3", "net:2001:db8:1::/48"),
        ("::ffff:203.0.113.9", "net:203.0.113.0/24"),
        ("fe80::1%eth0", "net:fe80::/48"),
        ("", "net:unknown"),
        ("not an address", "net:unknown"),
    ],
)
def test_a_network_is_what_one_line_gets(address: str, key: str):
    assert network_key(address) == key


@given(st.text(max_size=300))
def test_any_text_has_keys_that_fit_the_table(text: str):
    assert len(account_key(text)) <= 80
    assert len(network_key(text)) <= 80


def test_five_tries_are_free_then_each_waits_twice_as_long():
    waits = [wait_after(n, 5).total_seconds() for n in range(20)]
    assert waits[:10] == [0, 0, 0, 0, 0, 1, 2, 4, 8, 16]
    assert waits[-1] == LONGEST_WAIT.total_seconds()


def test_half_of_the_failures_are_forgotten_each_hour():
    assert faded(8, timedelta(hours=2)) == 2
    assert faded(8, timedelta(hours=-2)) == 8


def test_the_sixth_try_must_wait(accounts: Accounts, clock: FakeClock):
    assert fail(accounts, 6) == [0, 0, 0, 0, 0, 1]
    clock.advance(1)
    assert fail(accounts, 2) == [0, 2]


def test_the_count_is_in_the_database_and_survives_a_restart(
    accounts: Accounts, clock: FakeClock, database_url: str
):
    fail(accounts, 5)
    again = open_db(database_url)
    assert fail(Accounts(again, clock=clock, settings=QUICK), 1) == [1]
    again.close()


def test_a_try_that_was_right_is_no_failure(accounts: Accounts):
    for _ in range(30):
        ticket = accounts.throttle.enter(KEYS)
        assert not ticket.wait_s
        accounts.throttle.passed(ticket)


def test_other_accounts_of_the_network_go_on_until_it_has_had_twenty(accounts: Accounts):
    network = KEYS[1]
    waits = [accounts.throttle.enter([account_key(f"{n}@x"), network]).wait_s for n in range(FREE["net"] + 1)]
    assert waits == [0.0] * FREE["net"] + [1]
    assert accounts.throttle.enter([account_key("x@x"), network_key("198.51.100.1")]).wait_s == 0


def test_of_many_at_once_only_the_free_ones_are_looked_at(accounts: Accounts):
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda _n: accounts.throttle.enter(KEYS).wait_s, range(24)))
    assert waits.count(0) == FREE["account"]


def test_a_wait_ends_also_where_the_clock_was_set_back(accounts: Accounts, clock: FakeClock):
    fail(accounts, 5)
    clock.jump(clock.now() - timedelta(days=30))
    assert fail(accounts, 1) == [1]
    clock.advance(days=30, seconds=2)
    assert fail(accounts, 1) == [0]


def test_refusals_are_news_once_an_hour_and_write_nothing_else(accounts: Accounts, clock: FakeClock):
    fail(accounts, 5)
    for _ in range(8):
        clock.advance(900)
        fail(accounts, 1)
    news = [accounts.throttle.enter(KEYS).news for _ in range(5)]
    assert news == [True, False, False, False, False]
    slowed = accounts.throttle.slowed()
    assert slowed is not None
    assert slowed.accounts == 1
    assert "1 account " in str(slowed)
    clock.advance(days=1, minutes=1)
    assert accounts.throttle.slowed() is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.2, "a second"), (39.5, "40 seconds"), (90, "90 seconds"), (91, "2 minutes"), (900, "15 minutes")],
)
def test_the_time_left_is_said_in_words(seconds: float, words: str):
    assert str(AccountSlowed(seconds)) == f"Too many tries. Wait {words}, then try again."


def test_one_hash_at_a_time_and_one_waits_the_rest_is_sent_away():
    turns = Turns(waiting=1)

    def one(patient: bool) -> str:
        try:
            with turns.take(patient=patient):
                return "in"
        except Busy:
            return "busy"

    with ThreadPoolExecutor(4) as pool:
        with turns.take(patient=False):
            waiting = pool.submit(one, False)
            while turns._there < 2:
                time.sleep(0.001)
            assert [pool.submit(one, False).result(5) for _ in range(2)] == ["busy", "busy"]
            patient = pool.submit(one, True)
            while turns._there < 3:
                time.sleep(0.001)
            assert not waiting.done()
            assert not patient.done()
        assert (waiting.result(5), patient.result(5)) == ("in", "in")
