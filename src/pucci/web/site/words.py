"""Times and numbers as people say them. Everything else that is said stands in the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from pucci.clock import zone
from pucci.profile import Age, VagueDate

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ONES = (
    *(
        "none",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True, slots=True)
class Words:
    """Says times in one time zone; None is the machine's own."""

    zone: tzinfo | None

    def local(self, moment: datetime) -> datetime:
        """Return the moment as the family's clocks show it."""
        return moment.astimezone(self.zone)

    def midnight(self, day: date) -> datetime:
        """Return the beginning of a local day, aware."""
        start = datetime.combine(day, time.min)
        return start.replace(tzinfo=self.zone) if self.zone else start.astimezone()

    def day_of(self, moment: datetime) -> date:
        """Return the local day a moment is in."""
        return self.local(moment).date()

    def next_day(self, day: date, step: int = 1) -> date:
        """Return the day after a day, or `step` days after; the last day there is where there is no more."""
        try:
            return day + timedelta(days=step)
        except OverflowError:
            return day

    def clock(self, moment: datetime) -> str:
        """Say "21:35"."""
        local = self.local(moment)
        return f"{local.hour:02}:{local.minute:02}"  # a day's page says it 300 times, strftime is slow

    def day(self, moment: datetime) -> str:
        """Say "Sunday 22 November"."""
        local = self.local(moment)
        return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"

    def date(self, moment: datetime) -> str:
        """Say "22 Nov"."""
        local = self.local(moment)
        return f"{local.day} {_MONTHS[local.month - 1][:3]}"

    def when(self, moment: datetime, now: datetime) -> str:
        """Say "21:35", with the day where it is not today's."""
        same = self.local(moment).date() == self.local(now).date()
        return self.clock(moment) if same else f"{self.day(moment)}, {self.clock(moment)}"


def words_for(timezone: str) -> Words:
    """Return the words for a zone's name; "" is the machine's.

    Raises:
        SettingsError: there is no such zone.
    """
    return Words(zone(timezone))


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago: "just now", "2 minutes ago", "3 hours ago", "2 days ago"."""
    minutes = int((now - moment) / timedelta(minutes=1))
    for unit, size in (("day", 1440), ("hour", 60), ("minute", 1)):
        if minutes >= size * (2 if unit == "day" else 1):
            return f"{counted(minutes // size, unit)} ago"
    return "just now"


def counted(number: int, thing: str) -> str:
    """Say "1 slot", "2 slots"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def span(seconds: float) -> str:
    """Say how often: "every minute", "every five minutes", "every 90 seconds", "every two hours"."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds % size == 0:
            number = int(seconds // size)
            return f"every {unit}" if number == 1 else f"every {in_words(number)} {unit}s"
    return "every second" if seconds == 1 else f"every {seconds:g} seconds"


def in_words(number: int) -> str:
    """Say a whole number below a hundred in words, a larger one in figures."""
    if number < len(_ONES):
        return _ONES[number]
    if number >= 100:
        return str(number)
    tens, ones = _TENS[number // 10 - 2], number % 10
    return f"{tens}-{_ONES[ones]}" if ones else tens


def old(age: Age) -> str:
    """Say "eighteen years old", "five months old", "not a year old"."""
    if age.years:
        return f"{in_words(age.years)} {'year' if age.years == 1 else 'years'} old"
    if age.months > 0:
        return f"{in_words(age.months)} {'month' if age.months == 1 else 'months'} old"
    return "newly born" if age.months == 0 else "not a year old"


def listed(names: Sequence[str]) -> str:
    """Say "Bob", "Bob and Alice", "Bob, Alice and Luke"."""
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def vaguely(moment: VagueDate) -> str:
    """Say "2008", "December 2015" or "17 May 2008"."""
    month = f"{_MONTHS[moment.month - 1]} " if moment.month else ""
    day = f"{moment.day} " if moment.day else ""
    return f"{day}{month}{moment.year}"


def a_or_an(noun: str) -> str:
    """Put the article before a breed: "A Pomeranian", "An Akita"."""
    return f"{'An' if noun[:1].lower() in 'aeiou' else 'A'} {noun}"
