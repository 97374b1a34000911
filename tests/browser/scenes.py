"""Houses to look at: the same day with all well, with trouble, and before the first photo."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random

from pucci import demo, tables
from pucci import services as parts_list
from pucci.accounts import Role
from pucci.album import Tally
from pucci.album.bulk import Bulk
from pucci.album.films import Kind
from pucci.cameras.scene import Painter
from pucci.cameras.synthetic import damage
from pucci.jpeg import Witness
from pucci.notify import Message
from pucci.notify.outbox import put
from pucci.photo import Frame, State, Verdict
from pucci.recovery import notice
from pucci.recovery.notice import Recovered
from pucci.services import Services
from pucci.settings import ProfileSettings, ServerSettings
from pucci.web.asgi import make
from pucci.web.wire import App
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB, CHARLIE
from tests.web.house import house_settings, move_in
from tests.web.running import Running, serving

MIDNIGHT = SUNDAY.replace(hour=0, minute=0)
STEP = timedelta(minutes=5)
WIDTH, HEIGHT = 640, 480


@contextmanager
def house(
    folder: Path,
    furnish: Callable[[Services, FakeClock], None],
    *cameras: str,
    clock: FakeClock | None = None,
    **sections: object,
) -> Iterator[tuple[Running, Services]]:
    """Run a house of Alice (owner), Bob (family) and Charlie (guest), furnished, at 21:37 on Sunday."""
    clock = clock or FakeClock(SUNDAY + timedelta(minutes=2))
    settings = house_settings(
        folder,
        *cameras,
        **(
            {"server": ServerSettings(port=0), "profile": ProfileSettings(contact="gwen@example.org")}
            | sections
        ),
    )
    services = parts_list.build(settings, clock=clock)
    move_in(services, ALICE)
    move_in(services, BOB)
    move_in(services, CHARLIE, Role.GUEST)
    furnish(services, clock)
    try:
        with serving(app_of(services), settings.server) as running:
            yield running, services
    finally:
        services.close()


def app_of(services: Services) -> Callable[..., App]:
    return lambda stopping: make(services, stopping=stopping)


def whole_day(services: Services, clock: FakeClock) -> None:
    """Fill the day's slots, but for one damaged frame and the time without a plug."""
    fill(services, MIDNIGHT, SUNDAY + STEP)


def starred(services: Services, clock: FakeClock) -> None:
    """Fill the day's slots, and let Alice have kept a photo of each hour."""
    whole_day(services, clock)
    for number in range(9, 250, 12):
        services.album.kept.keep(number, 1)


def week(services: Services, clock: FakeClock) -> None:
    """Draw two weeks of her life, each photo at its own time, some of them kept."""
    plan = demo.plan("sofa", SUNDAY, 8, None, 300, zone=UTC)
    bulk = Bulk(services.db, services.album.files, "sofa", slots_since=SUNDAY - timedelta(days=30), keeper=1)
    bulk.fill(demo.drawn(plan))


def filmed(services: Services, clock: FakeClock) -> None:
    """Make films of two days at eight, of the day and of an hour, and let somebody wait for another."""
    whole_day(services, clock)
    films = services.album.films
    films.keep_daily("sofa", (MIDNIGHT - timedelta(days=1)).date(), 9, painted(SUNDAY))
    two_days = MIDNIGHT - timedelta(days=1), MIDNIGHT + timedelta(days=1)
    services.films.make(films.want("sofa", Kind.DAILY, *two_days, "08:00"))
    services.films.make(films.want("sofa", Kind.DAY, MIDNIGHT, MIDNIGHT + timedelta(days=1)))
    noon = MIDNIGHT + timedelta(hours=12)
    services.films.make(films.want("sofa", Kind.SPAN, noon, noon + timedelta(hours=1)))
    films.tell(films.want("sofa", Kind.SPAN, MIDNIGHT - timedelta(days=3), MIDNIGHT), 400)


def published(services: Services, clock: FakeClock) -> None:
    """Put six photos on the public page, and write down a story and some weights."""
    whole_day(services, clock)
    words = (
        "Off to find the ball",
        "The postman comes at ten",
        "",
        "Not tired at all",
        "Tired after all",
        "",
    )
    for number, caption in enumerate(words):
        services.album.public.show(120 + 22 * number, caption)
    services.album.public.choose_hero(164)
    texts = services.profiles.texts() | {
        "story": services.profiles.texts()["story"] + "\n\n- sleeps\n- *eats*"
    }
    services.profiles.write(texts, shows_weight=True)
    today = SUNDAY.date()
    for back, kg in ((900, "2.6"), (700, "2.9"), (420, "3.1"), (200, "3.0"), (20, "2.9")):
        services.profiles.weigh(today - timedelta(days=back), kg, today=today)


def stuck(services: Services, clock: FakeClock) -> None:
    """No photo since 20:10, for the webcam hangs, and a reset of its port did not help."""
    unplugged(services, clock, reason="camera stuck")


def unplugged(services: Services, clock: FakeClock, *, reason: str = "camera unplugged") -> None:
    """Leave the camera without its plug since 20:10."""
    since = SUNDAY.replace(hour=20, minute=10)
    fill(services, MIDNIGHT, since)
    miss(services, since, SUNDAY + STEP, reason)


def much_wrong(services: Services, clock: FakeClock) -> None:
    """Leave the camera without its plug, and one message sent, one waiting and one given up."""
    unplugged(services, clock)
    with services.db.write() as connection:
        told = SUNDAY.replace(hour=20, minute=20)
        lost = Message("start", "Pucci: The camera sofa is unplugged", "It is unplugged.", told)
        put(connection, ["e-mail", "webhook"], lost)
        put(connection, ["apprise"], Message("postcard", "Pucci’s Saturday", "…", told - timedelta(days=1)))
        rows = tables.message
        for way, values in {
            "e-mail": {"sent_at": told, "next_at": None, "tries": 1},
            "webhook": {"tries": 7, "error": "example.org answered 503. Look at notify.webhook_url."},
            "apprise": {
                "tries": 80,
                "next_at": None,
                "error": "Apprise could not send it by address 1. It is tried again.",
            },
        }.items():
            connection.execute(rows.update().where(rows.c.way == way).values(values))


def not_running(services: Services, clock: FakeClock) -> None:
    """Let nothing run since 20:10."""
    fill(services, MIDNIGHT, SUNDAY.replace(hour=20, minute=10))


def off(services: Services, clock: FakeClock) -> None:
    """Let Alice have turned the camera off at nine, until eleven."""
    since = SUNDAY.replace(hour=21, minute=0)
    fill(services, MIDNIGHT, since)
    miss(services, since, SUNDAY + STEP, "off, by Alice")
    until = SUNDAY.replace(hour=23, minute=0)
    services.privacy["sofa"].turn_off(by="Alice", until=until)


def refused(services: Services, clock: FakeClock) -> None:
    """Leave five refused frames, two of which are no pictures, and a fault that is let pass."""
    whole_day(services, clock)
    dice = Random(7)
    ways = {
        "lost": "data lost",
        "garbage": "not a JPEG",
        "truncate": "cut short",
        "empty": "empty",
        "stale": "torn",
    }
    for minutes, (way, reason) in zip((20, 15, 9, 6, 3), ways.items(), strict=True):
        at = SUNDAY - timedelta(minutes=minutes)
        whole, before = painted(SUNDAY), painted(MIDNIGHT.replace(hour=12, minute=35))
        data = damage(way, whole, dice=dice, before=before) or b"\xff\xd8"
        tally = Tally(3, {reason: 2}, (Frame(data, at), reason))
        services.album.slots.missed("sofa", SUNDAY + STEP, reason="damaged", tally=tally)
    services.album.witnesses.save("sofa", Witness().memory(), tolerated="bytes before a marker", now=SUNDAY)


def recovered(services: Services, clock: FakeClock) -> None:
    """The database was damaged, and made anew."""
    whole_day(services, clock)
    night = clock.now().replace(hour=3, minute=0)
    told = Recovered(clock.now(), "", "pucci.db.damaged-2026-11-22-211403", night, photos=1298, left=2)
    with services.db.write() as connection:
        notice.write(connection, told)


def nothing_yet(services: Services, clock: FakeClock) -> None:
    """Leave the album empty."""


def fill(services: Services, start: datetime, end: datetime, camera: str = "sofa") -> None:
    at = start
    while at < end:
        if at == MIDNIGHT + timedelta(hours=4, minutes=25):
            miss(services, at, at + STEP, "damaged: cut short")
        elif MIDNIGHT + timedelta(hours=12, minutes=40) <= at < MIDNIGHT + timedelta(hours=13, minutes=20):
            miss(services, at, at + STEP, "camera unplugged")
        else:
            frame = Frame(painted(at.replace(minute=35)), at)
            services.album.add(camera, frame, Verdict(State.WHOLE, width=WIDTH, height=HEIGHT), due_at=at)
        at += STEP


def miss(services: Services, start: datetime, end: datetime, reason: str) -> None:
    at = start
    while at < end:
        services.album.slots.missed("sofa", at, reason=reason, tally=Tally(tries=3))
        at += STEP


@cache
def painted(at: datetime) -> bytes:
    """Return the drawn dog at a time; one for each hour is enough."""
    return _painter().paint(at)


@cache
def _painter() -> Painter:
    return Painter("sofa", WIDTH, HEIGHT)


def empty(services: Services, clock: FakeClock) -> None:
    """Let everybody move out again: nobody owns the house."""
    with services.db.write() as connection:
        connection.execute(tables.user.delete())
