"""The privacy switch: while a camera is off nothing is captured, not even in memory."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo

from pucci.album import Pause, Pauses
from pucci.capture.eye import Look, Opens, Sight
from pucci.clock import Clock
from pucci.errors import CameraOff, SettingsError
from pucci.forms import SPAN

# Seconds after which an open camera notices that another process turned it off.
_NOTICE_S = 1.0
QUIET_HOURS = "quiet hours"


@dataclass(frozen=True, slots=True)
class Off:
    """Why a camera is off: `by` is who turned it off, or "quiet hours"; `until` is None if until told."""

    by: str
    since: datetime
    until: datetime | None

    @property
    def reason(self) -> str:
        """The few words a slot shows."""
        return "off, quiet hours" if self.by == QUIET_HOURS else f"off, by {self.by}"


@dataclass(frozen=True, slots=True)
class Span:
    """A part of each day, in local time; one that ends at or before its start goes over midnight."""

    start: time
    end: time

    def around(self, now: datetime) -> tuple[datetime, datetime] | None:
        """Return start and end of this span at `now`, a local time, or None outside it."""
        for day in (now.date() - timedelta(days=1), now.date()):
            start = datetime.combine(day, self.start, now.tzinfo)
            last = day if self.end > self.start else day + timedelta(days=1)
            end = datetime.combine(last, self.end, now.tzinfo)
            if start <= now < end:
                return start, end
        return None


def parse_spans(words: Iterable[str]) -> list[Span]:
    """Return spans from settings such as "22:00-06:30".

    Raises:
        SettingsError: one is not a span.
    """
    spans = []
    for text in words:
        match = SPAN.fullmatch(text.strip())
        if match is None:
            raise SettingsError(f"quiet_hours: {text!r} is not a span of hours. Write it like 22:00-06:30.")
        start_hour, start_minute, end_hour, end_minute = map(int, match.groups())
        spans.append(Span(time(start_hour, start_minute), time(end_hour % 24, end_minute)))
    return spans


def off_at(now: datetime, pause: Pause | None, spans: Iterable[Span], zone: tzinfo | None) -> Off | None:
    """Return why a camera is off at this moment, None if it is on. A person's word comes first."""
    if pause is not None and (pause.until is None or now < pause.until):
        return Off(pause.by, pause.since, pause.until)
    local = now.astimezone(zone)
    for span in spans:
        if (around := span.around(local)) is not None:
            return Off(QUIET_HOURS, *around)
    return None


class Privacy:
    """One camera's switch."""

    def __init__(
        self, camera: str, pauses: Pauses, *, quiet_hours: Iterable[str], zone: tzinfo | None, clock: Clock
    ) -> None:
        self._camera = camera
        self._pauses = pauses
        self._spans = parse_spans(quiet_hours)
        self._zone = zone
        self._clock = clock
        self.turned = 0  # how often it was turned by this process: an open camera sees that at once

    def off(self) -> Off | None:
        """Return why the camera is off now, None if it is on."""
        return off_at(self._clock.now(), self._pauses.of(self._camera), self._spans, self._zone)

    def turn_off(self, *, by: str, until: datetime | None) -> None:
        """Turn the camera off for everybody, until a time or until told."""
        self._pauses.begin(Pause(self._camera, self._clock.now(), until, by))
        self.turned += 1

    def turn_on(self) -> bool:
        """Turn the camera on; return whether somebody had turned it off. Quiet hours stay."""
        return self._pauses.end(self._camera)


class Gate:
    """An eye that is shut while its camera is off: every way to a frame goes through here."""

    def __init__(self, eye: Opens, privacy: Privacy, *, clock: Clock) -> None:
        self._eye = eye
        self._privacy = privacy
        self._clock = clock

    @property
    def name(self) -> str:
        """The camera's name."""
        return self._eye.name

    def check(self) -> None:
        """Raise CameraOff while the camera is off."""
        off = self._privacy.off()
        if off is not None:
            raise CameraOff(f"The camera {self.name} is {off.reason}.", off.reason)

    def open(self) -> Look:
        """Open the camera, if it is on.

        Raises:
            CameraOff: it is off.
        """
        self.check()
        return _Guarded(self._eye.open(), self, self._privacy, clock=self._clock)


class _Guarded:
    def __init__(self, look: Look, gate: Gate, privacy: Privacy, *, clock: Clock) -> None:
        self._look = look
        self._gate = gate
        self._privacy = privacy
        self._clock = clock
        self._checked = clock.monotonic(), privacy.turned

    def read(self, timeout_s: float, *, not_before: float = 0.0, deep: bool = True) -> Sight:
        sight = self._look.read(timeout_s, not_before=not_before, deep=deep)
        moment, turned = self._checked
        if self._clock.monotonic() - moment >= _NOTICE_S or self._privacy.turned != turned:
            self._checked = self._clock.monotonic(), self._privacy.turned
            self._gate.check()
        return sight

    def close(self) -> None:
        self._look.close()
