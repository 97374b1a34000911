import bcrypt
import pytest

from pucci.accounts.cost import bearable_cost
from pucci.accounts.passwords import Passwords, cost_of
from pucci.db import Database
from pucci.errors import AccountError


@pytest.fixture
def passwords(db: Database) -> Passwords:
    return Passwords(db, cost=10)


@pytest.mark.parametrize(
    "password",
    ["throws the ball", "x" * 72, "é" * 36, "犬" * 24, "🐕" * 18, "  spaces count  ", "12345678"],
)
def test_a_password_of_up_to_72_bytes_is_the_one_that_was_hashed(passwords: Passwords, password: str):
    stored = passwords.hash(password)
    assert stored.startswith("$2b$10$")
    assert passwords.check(password, stored)
    assert not passwords.check(password[:-1], stored)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("", "is empty"),
        (" " * 12, "is empty"),
        ("1234567", "too short"),
        ("犬" * 7, "too short"),
        ("x" * 73, "too long"),
        ("é" * 36 + "x", "too long"),
        ("犬" * 25, "too long"),
        ("before\0after", "cannot be typed"),
        ("eight\ud800letters", "cannot be typed"),
    ],
)
def test_a_password_that_bcrypt_would_cut_or_anybody_guess_is_refused(
    passwords: Passwords, password: str, reason: str
):
    with pytest.raises(AccountError, match=reason):
        passwords.hash(password)


def test_what_follows_the_72nd_byte_is_not_ignored_at_sign_in(passwords: Passwords):
    stored = passwords.hash("x" * 72)
    assert not passwords.check("x" * 73, stored)
    assert not passwords.check("x" * 72 + "\0", stored)


@pytest.mark.parametrize("prefix", ["$2a$", "$2b$", "$2y$"])
def test_a_hash_of_any_prefix_verifies(passwords: Passwords, prefix: str):
    old = bcrypt.hashpw("gwen’s own".encode(), bcrypt.gensalt(4)).decode()
    stored = prefix + old[4:]
    assert passwords.check("gwen’s own", stored)
    assert not passwords.check("luke’s own", stored)


@pytest.mark.parametrize(
    "stored",
    ["", "plain text", "$2b$10$short", "$2x$10$" + "." * 53, "$2b$99$" + "." * 53, "$2b$10$" + "z" * 53],
)
def test_what_is_no_hash_is_nobodys_password(passwords: Passwords, stored: str):
    assert cost_of(stored) is None
    assert not passwords.check(stored or "anything", stored)


# -- the time an answer takes --------------------------------------------------------------------


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each check's rounds of bcrypt: the time it takes, on a machine that is never busy."""
    counted: list[int] = []
    real = bcrypt.checkpw

    def counting(password: bytes, hashed: bytes) -> bool:
        counted.append(2 ** int(hashed[4:6]))
        return real(password, hashed)

    monkeypatch.setattr(bcrypt, "checkpw", counting)
    return counted


WRONG = ["not this one", "", "x" * 73, "犬" * 40, "nul\0nul", "\ud800"]


@pytest.mark.parametrize("password", WRONG)
@pytest.mark.parametrize("cost", [None, 4, 9, 10])
def test_every_wrong_answer_takes_the_rounds_of_one_hash(
    passwords: Passwords, rounds: list[int], password: str, cost: int | None
):
    stored = cost and bcrypt.hashpw(b"the right one", bcrypt.gensalt(cost)).decode()
    assert not passwords.check(password, stored or None)
    assert sum(rounds) == 2**10


# -- the cost a machine can bear -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "cost"), [(0.0, 12), (0.07, 12), (0.25, 12), (0.26, 11), (0.5, 11), (0.51, 10), (9.0, 10)]
)
def test_the_cost_is_the_highest_whose_hash_takes_a_second_but_never_below_10(seconds: float, cost: int):
    assert bearable_cost(12, seconds) == cost


class SlowMachine:
    """A stopwatch on which one hash takes so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.reads = 0

    def __call__(self) -> float:
        self.reads += 1
        return self.reads * self.seconds


def test_a_slow_machine_gets_a_lower_cost_measured_once_and_remembered(db: Database):
    slow = SlowMachine(0.4)
    assert Passwords(db, cost=12, stopwatch=slow).cost == 11
    assert slow.reads == 2

    later = SlowMachine(0.0)
    assert Passwords(db, cost=12, stopwatch=later).cost == 11
    assert later.reads == 0


def test_the_lowest_cost_is_not_measured(db: Database):
    watch = SlowMachine(0.0)
    assert Passwords(db, cost=10, stopwatch=watch).cost == 10
    assert watch.reads == 0
