"""The herald with the real parts: slots that are missed, a receiver on loopback, and restarts between."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pucci import services as parts_list
from pucci.album import Album, Tally
from pucci.errors import DatabaseError, SettingsError
from pucci.herald import Herald
from pucci.herald.thread import card_due
from pucci.services import Services
from pucci.settings import NotifySettings
from tests.fakes import SUNDAY, FakeClock
from tests.notify.receiver import Receiver, receiving
from tests.web.house import add_photo, house_settings

STEP = timedelta(minutes=5)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


@pytest.fixture
def house(tmp_path: Path, database_url: str, clock: FakeClock, receiver: Receiver) -> Iterator[Services]:
    notify = NotifySettings(webhook_url=receiver.address, postcard_at="")
    built = parts_list.build(house_settings(tmp_path, database_url=database_url, notify=notify), clock=clock)
    yield built
    built.close()


def pass_time(herald: Herald, clock: FakeClock, minutes: int, services: Services, reason: str = "") -> None:
    """Let time pass: a slot each five minutes, filled, or missed for a reason, and a look each minute."""
    for _ in range(minutes):
        if clock.now().minute % 5 == 0:
            due = clock.now().replace(second=0)
            if reason:
                services.album.slots.missed("sofa", due, reason=reason, tally=Tally())
            else:
                add_photo(services, due, due.minute)
        herald.look()
        herald.post()
        herald.deliver()
        clock.advance(minutes=1)


def subjects(receiver: Receiver) -> list[str]:
    return [told["subject"] for told in receiver.messages]


def test_a_camera_that_is_lost_and_comes_back_is_two_messages_with_its_last_photo(
    house: Services, clock: FakeClock, receiver: Receiver
):
    herald = house.herald()
    pass_time(herald, clock, 30, house)
    assert receiver.taken == []
    pass_time(herald, clock, 60, house, "camera unplugged")
    herald = house.herald()  # the power was gone for a moment
    pass_time(herald, clock, 60, house, "camera unplugged")
    herald = house.herald()
    pass_time(herald, clock, 60, house)
    assert subjects(receiver) == [
        "Pucci: The camera sofa is unplugged",
        "Pucci: The camera sofa gives pictures again",
    ]
    start, end = receiver.messages
    assert start["picture"]
    assert "since 22:05 on Sunday 22 November" in start["text"]
    assert "from 22:05 on Sunday 22 November to 00:05 on Monday 23 November" in end["text"]
    assert house.outbox.waiting() == 0


def test_a_slot_missed_now_and_then_is_no_news(house: Services, clock: FakeClock, receiver: Receiver):
    herald = house.herald()
    for _ in range(10):
        pass_time(herald, clock, 5, house, "camera busy")
        pass_time(herald, clock, 10, house)
    assert receiver.taken == []


def test_damaged_frames_are_told_after_an_hour(house: Services, clock: FakeClock, receiver: Receiver):
    herald = house.herald()
    pass_time(herald, clock, 10, house)
    pass_time(herald, clock, 55, house, "damaged: cut short")
    assert receiver.taken == []
    pass_time(herald, clock, 30, house, "damaged: cut short")
    assert subjects(receiver) == [
        "Pucci: There was no photo of the camera sofa for an hour: damaged: cut short"
    ]


def test_a_camera_that_somebody_turned_off_is_no_news(house: Services, clock: FakeClock, receiver: Receiver):
    herald = house.herald()
    pass_time(herald, clock, 10, house)
    pass_time(herald, clock, 200, house, "off, by Alice")
    assert receiver.taken == []


def test_a_receiver_that_is_away_for_hours_gets_all_later(
    house: Services, clock: FakeClock, receiver: Receiver
):
    herald = house.herald()
    pass_time(herald, clock, 10, house)
    receiver.status = 503
    pass_time(herald, clock, 120, house, "camera unplugged")
    pass_time(herald, clock, 120, house)
    assert receiver.taken == []
    receiver.status = 200
    pass_time(herald, clock, 120, house)
    assert len(set(subjects(receiver))) == len(receiver.taken) == 2


def test_a_clock_that_is_not_set_is_told_and_no_card_is_sent_by_it(
    house: Services, clock: FakeClock, receiver: Receiver
):
    clock.trusted = False
    house = replace(
        house, settings=replace(house.settings, notify=replace(house.settings.notify, postcard_at="21:00"))
    )
    pass_time(house.herald(), clock, 60, house)
    assert subjects(receiver) == ["Pucci: The clock is not set yet, so nothing is deleted by age"]


class Unwritable:
    """The database of a disk that is full: it can be read, unless `is_dead`."""

    def __init__(self, services: Services) -> None:
        self._db = services.db
        self.is_dead = False
        self.is_full = True

    def read(self):
        if self.is_dead:
            raise DatabaseError("The disk is gone.")
        return self._db.read()

    def write(self):
        if self.is_full or self.is_dead:
            raise DatabaseError("The disk is full.")
        return self._db.write()


def test_what_cannot_be_written_down_is_told_all_the_same_and_once(
    house: Services, clock: FakeClock, receiver: Receiver
):
    pass_time(house.herald(), clock, 10, house)
    for minutes in range(0, 30, 5):
        house.album.slots.missed(
            "sofa", clock.now() + timedelta(minutes=minutes), reason="camera unplugged", tally=Tally()
        )
    stuck = replace(house, db=Unwritable(house))  # type: ignore[arg-type]
    herald = stuck.herald()
    for _ in range(60):
        herald.look()
        clock.advance(minutes=1)
    assert "Pucci: The camera sofa is unplugged" in subjects(receiver)
    assert len(set(subjects(receiver))) == len(receiver.taken)


def test_what_can_neither_be_written_down_nor_sent_at_once_is_sent_later_and_once(
    house: Services, clock: FakeClock, receiver: Receiver
):
    pass_time(house.herald(), clock, 10, house)
    disk = Unwritable(house)
    herald = replace(house, db=disk).herald()  # type: ignore[arg-type]
    receiver.status = 503
    pass_time(herald, clock, 60, house, "camera unplugged")
    assert receiver.taken == []
    receiver.status = 200
    pass_time(herald, clock, 5, house, "camera unplugged")
    disk.is_full = False
    pass_time(herald, clock, 60, house, "camera unplugged")
    assert subjects(receiver) == ["Pucci: The camera sofa is unplugged"]
    assert house.outbox.waiting() == 0


def test_what_could_not_be_sent_goes_into_the_outbox_when_the_disk_is_well(
    house: Services, clock: FakeClock, receiver: Receiver
):
    pass_time(house.herald(), clock, 10, house)
    disk = Unwritable(house)
    receiver.status = 503
    herald = replace(house, db=disk).herald()  # type: ignore[arg-type]
    pass_time(herald, clock, 30, house, "camera unplugged")
    disk.is_full = False
    pass_time(herald, clock, 2, house, "camera unplugged")
    assert house.outbox.waiting() == 1
    receiver.status = 200
    pass_time(house.herald(), clock, 60, house, "camera unplugged")  # started anew
    assert subjects(receiver) == ["Pucci: The camera sofa is unplugged"]


def test_a_disk_that_cannot_be_read_is_told_and_the_rest_stays_as_it_was(
    house: Services, clock: FakeClock, receiver: Receiver, tmp_path: Path
):
    pass_time(house.herald(), clock, 10, house)
    pass_time(house.herald(), clock, 30, house, "camera unplugged")
    disk = Unwritable(house)
    disk.is_dead, disk.is_full = True, False
    album = Album(disk, tmp_path, clock=clock)  # type: ignore[arg-type]
    herald = replace(house, db=disk, album=album).herald()  # type: ignore[arg-type]
    for _ in range(30):
        herald.look()
        clock.advance(minutes=1)
    unplugged, unreadable = "The camera sofa is unplugged", "Pucci cannot read what it has written down"
    assert subjects(receiver) == [f"Pucci: {unplugged}", f"Pucci: {unreadable}"]
    disk.is_dead = False
    pass_time(herald, clock, 30, house, "camera unplugged")
    assert subjects(receiver)[2:] == ["Pucci: Pucci can read what it has written down again"]


class Forgetful:
    """What is known of the dog, at the second time."""

    def __init__(self, services: Services) -> None:
        self._profiles = services.profiles
        self._asked = 0

    def current(self):
        self._asked += 1
        if self._asked == 1:
            raise DatabaseError("The disk was busy.")
        return self._profiles.current()


def test_a_letter_without_the_dogs_name_is_better_than_none(
    house: Services, clock: FakeClock, receiver: Receiver
):
    herald = replace(house, profiles=Forgetful(house)).herald()  # type: ignore[arg-type]
    pass_time(herald, clock, 10, house)
    pass_time(herald, clock, 30, house, "camera unplugged")
    assert subjects(receiver) == ["Pucci: The camera sofa is unplugged"]


def test_the_card_is_sent_once_a_day_over_restarts(house: Services, clock: FakeClock, receiver: Receiver):
    house = replace(
        house, settings=replace(house.settings, notify=replace(house.settings.notify, postcard_at="22:00"))
    )
    for _ in range(6):
        pass_time(house.herald(), clock, 15, house)
    assert subjects(receiver) == ["Pucci’s Sunday"]
    assert receiver.messages[0]["picture"]
    clock.advance(hours=22)
    pass_time(house.herald(), clock, 60, house)
    assert [subject for subject in subjects(receiver) if "’s" in subject] == [
        "Pucci’s Sunday",
        "Pucci’s Monday",
    ]


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-11-22", 24)])
@pytest.mark.parametrize("at", [time(0), time(2, 30), time(20), time(23, 59)])
def test_each_day_has_one_card_those_of_23_and_25_hours_too(day: str, hours: int, at: time):
    start = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=BERLIN).astimezone(UTC)
    last, sent = "", list[datetime]()
    for minute in range(hours * 60):
        now = start + timedelta(minutes=minute)
        found = card_due(now, at, BERLIN, last=last)
        if found is not None:
            last = found.isoformat()
            sent.append(now)
    assert last == day
    assert len(sent) == 1
    if (day, at) != ("2026-03-29", time(2, 30)):  # a time this day does not have
        assert sent[0].astimezone(BERLIN).time() == at


def test_a_machine_that_was_off_at_the_hour_sends_the_card_a_little_later_or_not_at_all():
    eight = SUNDAY.replace(hour=20, minute=0)
    assert card_due(eight + timedelta(hours=3), time(20), UTC, last="2026-11-21") is not None
    assert card_due(eight + timedelta(hours=5), time(20), UTC, last="2026-11-21") is None


def test_an_hour_that_is_none_is_said(house: Services):
    notify = replace(house.settings.notify, postcard_at="8pm")
    with pytest.raises(SettingsError, match="postcard_at"):
        replace(house, settings=replace(house.settings, notify=notify)).herald()
