"""The herald's thread: it looks, it writes down, it sends. No slot ever waits for it."""

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from pucci.album import Album
from pucci.clock import Clock
from pucci.db import Database
from pucci.errors import DatabaseError, PucciError, SettingsError
from pucci.forms import clock_time
from pucci.health import UNREADABLE, Health
from pucci.herald.certificate import Certificate
from pucci.herald.edges import Known, News, step
from pucci.herald.letters import letter
from pucci.herald.notes import Letter, Notes
from pucci.notify import Message, Outbox, Way
from pucci.notify.outbox import MOST_WAITING
from pucci.rounds import Rounds
from pucci.timelapse.choose import local_moment

if TYPE_CHECKING:
    from pucci.postcard import Postcards

log = logging.getLogger(__name__)

_LOOK_S: Final = 15.0
# A machine that was off at the hour sends the day's card when it is back, if that is not much later.
_STILL_SENT: Final = timedelta(hours=4)


@dataclass(frozen=True, slots=True)
class Desk:
    """What the herald works with. `health` says how the whole is, `dog` what she is called."""

    album: Album
    db: Database
    clock: Clock
    zone: tzinfo | None
    health: Callable[[], Health]
    dog: Callable[[], str]
    address: str
    certificate: Certificate
    postcards: "Callable[[], Postcards]"


class Herald:
    """Tells what begins and ends, each once, and sends a card a day. `start()` begins a thread.

    Raises:
        SettingsError: the hour of the postcard is none.
    """

    def __init__(self, desk: Desk, ways: Sequence[Way], *, postcard_at: str) -> None:
        self._desk = desk
        self._ways = ways
        self._names = [way.name for way in ways]
        self._at = clock_time(postcard_at)
        if postcard_at and self._at is None:
            raise SettingsError(
                f"notify.postcard_at: {postcard_at!r} is not a time of day. Write it as 20:00."
            )
        self._notes = Notes(desk.db)
        self._outbox = Outbox(desk.db, clock=desk.clock)
        self._known: Mapping[str, Known] = {}
        self._is_read = False
        self._unwritten = False
        # Letters that are neither in the outbox nor sent, each by its way.
        self._unsent: deque[tuple[str, Letter]] = deque(maxlen=MOST_WAITING)
        self._name = "Pucci"
        self._said = ""
        self._rounds = Rounds("herald", self._round, every_s=_LOOK_S)

    def start(self) -> None:
        """Begin."""
        self._rounds.start()

    def stop(self, limit_s: float = 1.0) -> None:
        """Stop. A message on its way is sent again at the next start if it did not arrive."""
        self._rounds.stop(limit_s)

    def _round(self) -> None:
        for work in (self.look, self.post, self.deliver, self._desk.certificate.ask):
            try:
                work()
            except PucciError as error:
                if str(error) != self._said:  # four times a minute is no news
                    log.error("messages: %s", error)  # noqa: TRY400 - the sentence is for the owner
                self._said = str(error)
            except Exception:
                # The outermost loop of a daemon nobody looks after: it goes on with the next look.
                log.exception("messages: something broke.")

    def look(self) -> None:
        """See how the whole is, and write down what is to be told."""
        now = self._desk.clock.now()
        before = self._before()
        after, news = self._step(before, now)
        letters = [self._letter(one, now) for one in news]
        self._known = after
        if after == before and not self._unwritten:
            return  # nothing is written: a card is spared
        for message, _ in letters:
            log.warning("%s", message.text.splitlines()[0])
        self._unsent.extend((name, one) for one in letters for name in self._names)
        try:
            if not self._is_read:
                raise DatabaseError("What was told before is not known.")
            self._notes.write(after, self._unsent)
            self._unwritten = False
            self._unsent.clear()
        except DatabaseError:
            # A full or dead disk is what most needs to be told: past the outbox, until it has been.
            self._unwritten = True
            self._send_unsent()

    def _before(self) -> Mapping[str, Known]:
        """Return what is known, with what was written down by an earlier process once that can be read."""
        if not self._is_read:
            try:
                self._known = {**self._known, **self._notes.known()}
                self._is_read = True
            except DatabaseError as error:
                log.debug("messages: %s", error)  # the look itself says so
        return self._known

    def _step(self, before: Mapping[str, Known], now: datetime) -> tuple[dict[str, Known], list[News]]:
        try:
            return step(before, self._desk.health().conditions, now)
        except (DatabaseError, OSError) as error:
            log.debug("messages: %s", error)
        # Nobody knows how the rest is: it stays as it was, neither begun nor over.
        known = {key: one for key, one in before.items() if key == UNREADABLE.key}
        after, news = step(known, [UNREADABLE], now)
        return {**before, **after}, news

    def post(self) -> None:
        """Write the day's postcard, if it is time."""
        desk = self._desk
        now = desk.clock.now()
        if self._at is None or not self._names or not desk.clock.is_trusted():
            return
        day = card_due(now, self._at, desk.zone, last=self._notes.postcard_day())
        if day is not None:
            card = desk.postcards().write(now, desk.health().sentences)
            self._notes.post((card.message, card.photo_id), self._names, day)

    def deliver(self) -> None:
        """Send what waits."""
        if self._names and (count := self._outbox.deliver(self._ways, self._picture)):
            log.info("%d messages were sent.", count)

    def _letter(self, news: News, now: datetime) -> Letter:
        desk = self._desk
        kind, _, camera = news.known.key.partition(" ")
        newest = None
        with suppress(DatabaseError):  # the words are what matters
            self._name = desk.dog()
            newest = desk.album.newest(camera) if kind in ("camera", "missed") else None
        message = letter(news, dog=self._name, address=desk.address, now=now, zone=desk.zone)
        return message, newest.id if newest else None

    def _send_unsent(self) -> None:
        """Send what is neither in the outbox nor sent; what is not taken stays, for the next look."""
        left, stuck = list[tuple[str, Letter]](), set[str]()
        by_name = {way.name: way for way in self._ways}
        for name, one in self._unsent:
            if name not in stuck and self._is_taken(by_name[name], one[0]):
                continue
            stuck.add(name)  # its server is away: one try is enough
            left.append((name, one))
        self._unsent.clear()
        self._unsent.extend(left)

    def _is_taken(self, way: Way, message: Message) -> bool:
        try:
            way.send(message)
        except PucciError as error:
            log.error("messages: %s", error)  # noqa: TRY400 - the sentence is for the owner
            return False
        except Exception as error:  # noqa: BLE001 - whatever a library does, the other messages go on
            log.error("messages: sending by %s failed: %s.", way.name, type(error).__name__)  # noqa: TRY400
            return False
        return True

    def _picture(self, photo_id: int) -> bytes:
        try:
            photo = self._desk.album.photo(photo_id)
            return self._desk.album.path(photo).read_bytes() if photo else b""
        except (OSError, DatabaseError):
            return b""  # it has gone meanwhile; the words are what matters


def card_due(now: datetime, at: time, zone: tzinfo | None, *, last: str) -> date | None:
    """Return the local day whose card is to be sent now, None where none is. `last` is the last one's.

    The day is told by the family's clocks, so a day of 23 or 25 hours has one card as well.
    """
    day = now.astimezone(zone).date()
    begins = local_moment(day, at, zone)
    due = begins <= now < begins + _STILL_SENT
    return day if due and day.isoformat() != last else None
