"""The loop: every slot of every camera is filled, or missed with its reason."""

import contextlib
import ctypes
import logging
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta

from pucci.album import Album, HoldsSince, Tally
from pucci.capture.eye import Opens
from pucci.capture.schedule import due_slot, seconds_to_next
from pucci.capture.snap import Attempt, reason_of
from pucci.clock import Clock
from pucci.counting import counted
from pucci.errors import AlbumError, CameraOff, DatabaseError, PucciError
from pucci.settings import CameraSettings, Settings

log = logging.getLogger(__name__)

# A jump of the wall clock is noticed within this many seconds.
_LONGEST_WAIT_S = 5.0
_SLOT_RECORD = timedelta(days=30)
# A purge for each slot would double what a slot writes to the card.
_TIDY_EVERY = timedelta(hours=1)
# A try ends after its camera's limits, a photo is stored in seconds: a loop that says nothing for this much
# longer has stuck, on a dead disk for one.
_STUCK_S = 60.0
# Missed slots remembered while they cannot be written down: four days of them.
_MOST_OWED = 1152


class Daemon:
    """One thread for each camera, so that a hung one holds up nobody else."""

    def __init__(
        self,
        cameras: Mapping[str, Opens],
        album: Album,
        settings: Settings,
        *,
        clock: Clock,
        holds_since: HoldsSince = lambda _camera: None,
    ) -> None:
        self._stop = threading.Event()
        self._loops = [
            CameraLoop(camera, album, settings, clock=clock, stop=self._stop, holds_since=holds_since)
            for camera in cameras.values()
        ]
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start taking pictures; the slot that is due now, if nobody has filled it, at once."""
        for loop in self._loops:
            thread = threading.Thread(target=loop.run, name=f"camera-{loop.name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def is_turning(self) -> bool:
        """Whether every camera's loop lives and came by lately. A hung camera is no reason to say no."""
        return all(thread.is_alive() for thread in self._threads) and all(
            loop.is_turning() for loop in self._loops
        )

    def stop(self, limit_s: float = 3.0) -> None:
        """Stop, waiting at most `limit_s` for pictures being taken. A hung driver is left behind."""
        self._stop.set()
        for thread in self._threads:
            thread.join(limit_s / max(1, len(self._threads)))


class CameraLoop:
    """Takes one camera's pictures, slot by slot."""

    def __init__(
        self,
        camera: Opens,
        album: Album,
        settings: Settings,
        *,
        clock: Clock,
        stop: threading.Event,
        holds_since: HoldsSince = lambda _camera: None,
    ) -> None:
        self.name = camera.name
        self._camera = camera
        self._album = album
        self._settings = settings
        self._clock = clock
        self._stop = stop
        self._holds_since = holds_since
        self._alive_at = clock.monotonic()
        mine = settings.cameras.get(self.name, CameraSettings())
        # Of opening, of frames that do not come, and of the pause before the next try.
        self._longest_try_s = mine.delay_s + 4 * mine.timeout_s + settings.capture.retry_pause_s
        self._tidied: datetime | None = None
        self._owed: dict[datetime, tuple[str, Tally]] = {}
        self._told = ""  # the last reason that was said before its slot was over

    def is_turning(self) -> bool:
        """Whether the loop came by lately."""
        return self._clock.monotonic() - self._alive_at < self._longest_try_s + _STUCK_S

    def _is_stopped(self) -> bool:
        """Whether to stop; who asks has come by."""
        self._alive_at = self._clock.monotonic()
        return self._stop.is_set()

    def run(self) -> None:
        """Go on until told to stop; no fault of a camera, the disk or the database ends it."""
        last: datetime | None = None
        while not self._is_stopped():
            due = due_slot(self._clock.now(), self._settings.capture.interval_s)
            if due == last:
                self._wait()
                continue
            self._guarded(due, first=last is None)
            last = due

    def _guarded(self, due: datetime, *, first: bool) -> None:
        try:
            if first and self._album.slots.is_filled(self.name, due):
                return
            self.fill(due)
            self._tidy(due)
        except PucciError as error:
            log.error("%s: %s", self.name, error)  # noqa: TRY400 - the sentence is for the owner
            log.debug("where", exc_info=True)
        except Exception:
            # The outermost loop of a daemon nobody looks after: it goes on with the next slot.
            log.exception("%s: something broke while filling the slot of %s.", self.name, due)

    def fill(self, due: datetime) -> None:
        """Fill one slot, or record why it was missed. Ends when the next slot is due."""
        limit_s = seconds_to_next(self._clock.now(), self._settings.capture.interval_s)
        attempt = Attempt(
            self._camera,
            clock=self._clock,
            limit_s=limit_s,
            pause_s=min(self._settings.capture.retry_pause_s, limit_s / 2),
            stopped=self._is_stopped,
            first_failure=lambda error: self._first_failure(due, error),
        )
        try:
            shot = attempt.run()
        except CameraOff as error:
            self._missed(due, error.reason, Tally(0))
            return
        except PucciError as error:
            reason = reason_of(error)
            self._missed(due, reason, attempt.tally)
            if not self._stop.is_set():
                log.warning("%s: the slot of %s was missed: %s", self.name, f"{due:%H:%M:%S}", error)
            return
        try:
            photo = self._album.add(self.name, shot.frame, shot.verdict, due_at=due, tally=shot.tally)
        except (AlbumError, DatabaseError) as error:
            self._missed(due, str(error), shot.tally)
            raise
        self._settle()
        self._told = ""
        tries = counted(shot.tally.tries, "try", "tries")
        log.info("%s: photo %d, %s, %s.", self.name, photo.sequence, photo.file, tries)

    def _first_failure(self, due: datetime, error: PucciError) -> None:
        """Say at once what is wrong, not when the slot is over; of a camera that stays so, not each time."""
        reason = reason_of(error)
        self._missed(due, reason, Tally())
        if reason != self._told:
            log.warning("%s: %s", self.name, error)
            self._told = reason

    def _missed(self, due: datetime, reason: str, tally: Tally) -> None:
        """Put a missed slot on record; while the disk cannot be written, as soon as it can be again."""
        self._owed[due] = reason, tally
        while len(self._owed) > _MOST_OWED:
            del self._owed[min(self._owed)]
        self._settle()

    def _settle(self) -> None:
        for due, (reason, tally) in list(self._owed.items()):
            try:
                self._album.slots.missed(self.name, due, reason=reason, tally=tally)
            except DatabaseError as error:
                log.debug("%s: the slot of %s is not on record yet: %s", self.name, due, error)
                return
            del self._owed[due]

    def _tidy(self, due: datetime) -> None:
        keep = timedelta(hours=self._settings.retention.max_age_h)
        dated = self._album.redate()
        if dated:
            log.info("%s got the true time: the clock is set now.", counted(dated, "photo"))
        pause = min(_TIDY_EVERY, keep / 24) if keep else _TIDY_EVERY
        if self._tidied is not None and abs(due - self._tidied) < pause:
            return
        self._tidied = due
        gone = self._album.purge(keep, self._holds_since)
        if gone:
            log.info(
                "%s older than %g hours went.", counted(gone, "photo"), self._settings.retention.max_age_h
            )
        if self._clock.is_trusted():
            self._album.slots.forget_before(self._clock.now() - _SLOT_RECORD)

    def _wait(self) -> None:
        _give_back_memory()
        left = seconds_to_next(self._clock.now(), self._settings.capture.interval_s)
        self._stop.wait(min(left, _LONGEST_WAIT_S))


def _give_back_memory() -> None:
    """Hand freed memory back to the system: a photo is judged in megabytes that then lie idle for minutes."""
    with contextlib.suppress(OSError, AttributeError):  # musl has no such thing, and no need
        ctypes.CDLL(None).malloc_trim(0)
