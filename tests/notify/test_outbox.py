"""The outbox: what cannot be sent is tried again, and nothing is sent twice."""

import socket
from datetime import timedelta

import pytest

from pucci.db import Database
from pucci.errors import DatabaseError, NotifyError
from pucci.notify import Message, Outbox
from pucci.notify.outbox import MOST_WAITING, pause_after, put
from pucci.notify.webhook import Webhook
from tests.fakes import FakeClock
from tests.notify.receiver import Receiver


@pytest.fixture
def outbox(db: Database, clock: FakeClock) -> Outbox:
    return Outbox(db, clock=clock)


def write(db: Database, clock: FakeClock, *subjects: str) -> None:
    with db.write() as connection:
        for subject in subjects:
            put(connection, ["webhook"], Message("start", subject, "text", clock.now()))


def send(outbox: Outbox, receiver: Receiver) -> int:
    return outbox.deliver([Webhook(receiver.address)], lambda _id: b"")


def test_a_message_is_sent_once_in_order(db: Database, outbox: Outbox, clock: FakeClock, receiver: Receiver):
    write(db, clock, "one", "two")
    assert send(outbox, receiver) == 2
    assert send(outbox, receiver) == 0
    assert [told["subject"] for told in receiver.messages] == ["one", "two"]
    assert outbox.waiting() == 0
    assert outbox.trouble() is None


def test_an_outage_of_a_day_loses_nothing_and_tries_ever_less(
    db: Database, outbox: Outbox, clock: FakeClock, receiver: Receiver
):
    receiver.status = 503
    write(db, clock, "one", "two")
    for _ in range(24 * 60):
        send(outbox, receiver)
        clock.advance(minutes=1)
    assert 2 * 24 <= len(receiver.paths) < 120
    trouble = outbox.trouble()
    assert trouble is not None
    assert "503" in trouble.error
    receiver.status = 200
    for _ in range(60):
        send(outbox, receiver)
        clock.advance(minutes=1)
    assert sorted(told["subject"] for told in receiver.messages) == ["one", "two"]
    assert outbox.trouble() is None


def test_after_three_days_it_is_given_up_and_says_so(
    db: Database, outbox: Outbox, clock: FakeClock, receiver: Receiver
):
    receiver.status = 500
    write(db, clock, "one")
    for _ in range(80):
        send(outbox, receiver)
        clock.advance(hours=1)
    assert outbox.waiting() == 0
    (one,) = outbox.newest()
    assert one.next_at is None
    assert one.sent_at is None
    assert one == outbox.trouble()


def test_what_is_not_taken_says_that_it_is_tried_again_as_long_as_it_is(
    db: Database, outbox: Outbox, clock: FakeClock
):
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # nobody listens
        nowhere = Webhook(f"http://127.0.0.1:{closed.getsockname()[1]}")
        write(db, clock, "one")
        assert outbox.deliver([nowhere], lambda _id: b"") == 0
        _says_that_it_is_tried_again(outbox)
        clock.advance(days=4)
        assert outbox.deliver([nowhere], lambda _id: b"") == 0
    assert outbox.waiting() == 0
    assert outbox.newest()[0].error.startswith("127.0.0.1 did not take the message: ")
    assert "tried again" not in outbox.newest()[0].error


def _says_that_it_is_tried_again(outbox: Outbox) -> None:
    trouble = outbox.trouble()
    assert trouble is not None
    assert trouble.error.startswith("127.0.0.1 did not take the message: ")
    assert trouble.error.endswith(". It is tried again.")


def test_what_waits_is_bounded(db: Database, outbox: Outbox, clock: FakeClock):
    write(db, clock, *(str(number) for number in range(MOST_WAITING + 20)))
    assert outbox.waiting() == MOST_WAITING
    assert outbox.newest(1)[0].subject == str(MOST_WAITING + 19)


def test_a_try_is_written_down_before_it_is_made(db: Database, outbox: Outbox, clock: FakeClock):
    """Killed in the middle of sending, it is not sent again at once at each start."""

    class Dies:
        name = "webhook"

        def send(self, message: Message) -> None:
            (one,) = outbox.newest()
            assert one.tries == 1
            assert one.next_at == clock.now() + timedelta(minutes=1)
            raise NotifyError("no")

    write(db, clock, "one")
    outbox.deliver([Dies()], lambda _id: b"")
    assert outbox.newest()[0].error == "no"


def test_a_clock_set_back_holds_no_message_for_years(
    db: Database, outbox: Outbox, clock: FakeClock, receiver: Receiver
):
    clock.advance(days=3650)
    write(db, clock, "one")
    clock.advance(days=-3650)
    assert send(outbox, receiver) == 1


def test_the_pauses_double_up_to_an_hour():
    minutes = [pause_after(tries) / timedelta(minutes=1) for tries in range(1, 9)]
    assert minutes == [1, 2, 4, 8, 16, 32, 60, 60]


class Card:
    """The database of a card that can only be read while `is_stuck`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.is_stuck = True

    def read(self):
        return self._db.read()

    def write(self):
        if self.is_stuck:
            raise DatabaseError("The disk can only be read.")
        return self._db.write()


def test_what_waits_on_a_disk_that_can_only_be_read_is_sent_once(
    db: Database, clock: FakeClock, receiver: Receiver
):
    write(db, clock, "one", "two")
    card = Card(db)
    outbox = Outbox(card, clock=clock)  # type: ignore[arg-type]
    receiver.status = 503
    for _ in range(60):
        send(outbox, receiver)
        clock.advance(minutes=1)
    assert 2 < len(receiver.paths) < 20
    receiver.status = 200
    for _ in range(120):
        send(outbox, receiver)
        clock.advance(minutes=1)
    assert sorted(told["subject"] for told in receiver.messages) == ["one", "two"]
    assert outbox.waiting() == 2
    card.is_stuck = False
    for _ in range(120):
        send(outbox, receiver)
        clock.advance(minutes=1)
    assert len(receiver.messages) == 2
    assert outbox.waiting() == 0
