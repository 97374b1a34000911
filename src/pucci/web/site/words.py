"""Times and numbers in the reader's language; all else that is said stands in the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from pucci.clock import zone
from pucci.profile import Age, VagueDate
from pucci.web.site.language import language, say, say_many, twelve_hours

_DAYS = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
}
_MONTHS = {
    "en": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni"),
        *("Juli", "August", "September", "Oktober", "November", "Dezember"),
    ),
}
_ONES = {
    "en": (
        *("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven"),
        *("twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
    ),
    "de": (
        *("null", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf"),
        *("zwölf", "dreizehn", "vierzehn", "fünfzehn", "sechzehn", "siebzehn", "achtzehn", "neunzehn"),
    ),
}
_TENS = {
    "en": ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
    "de": ("zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"),
}


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
        """Say "21:35", or "9:35 pm" where the reader's clock has twelve hours."""
        local = self.local(moment)
        if twelve_hours():
            return f"{local.hour % 12 or 12}:{local.minute:02} {'am' if local.hour < 12 else 'pm'}"
        return f"{local.hour:02}:{local.minute:02}"  # a day's page says it 300 times, strftime is slow

    def day(self, moment: datetime) -> str:
        """Say "Sunday 22 November"."""
        return self.long_day(self.local(moment).date())

    def long_day(self, day: date | None) -> str:
        """Say "Sunday 22 November" of a day; nothing of none."""
        if not day:
            return ""
        comma = "," if language() == "de" else ""
        return f"{self.weekdays[day.weekday()]}{comma} {self.short_day(day)}"

    def short_day(self, day: date) -> str:
        """Say "22 November" of a day."""
        return f"{_numbered(day.day)} {_month(day.month)}"

    def month(self, day: date | None) -> str:
        """Say "November 2026"; nothing of no day."""
        return f"{_month(day.month)} {day.year}" if day else ""

    @property
    def weekdays(self) -> Sequence[str]:
        """The days' names from Monday on."""
        return _DAYS[language()]

    def span_ends(self, first: date, last: date) -> tuple[str, str]:
        """Say from when to when, as shortly as tells both apart: "2024", "2026"; "Mar 2026"; "3 Mar 2026"."""
        if first.year != last.year:
            return str(first.year), str(last.year)
        days = ("", "") if first.month != last.month else tuple(f"{_numbered(d.day)} " for d in (first, last))
        one, other = (
            f"{day}{_month(d.month)[:3]} {d.year}" for day, d in zip(days, (first, last), strict=True)
        )
        return one, other

    def date(self, moment: datetime) -> str:
        """Say "22 Nov"."""
        local = self.local(moment)
        return f"{_numbered(local.day)} {_month(local.month)[:3]}"

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
    if minutes >= 2880:
        return say_many("%(num)d day ago", "%(num)d days ago", minutes // 1440) % {"num": minutes // 1440}
    if minutes >= 60:
        return say_many("%(num)d hour ago", "%(num)d hours ago", minutes // 60) % {"num": minutes // 60}
    if minutes >= 1:
        return say_many("%(num)d minute ago", "%(num)d minutes ago", minutes) % {"num": minutes}
    return say("just now")


def counted(number: int, thing: str) -> str:
    """Say "1 photo", "2 photos": of photos, days and seconds."""
    words = {
        "photo": say_many("%(num)d photo", "%(num)d photos", number),
        "day": say_many("%(num)d day", "%(num)d days", number),
        "second": say_many("%(num)d second", "%(num)d seconds", number),
    }
    return words[thing] % {"num": number}


def figure(number: float) -> str:
    """Say a number in figures: "2.9", "2,9" in German."""
    said = f"{number:g}"
    return said.replace(".", ",") if language() == "de" else said


def span(seconds: float) -> str:
    """Say how often: "every minute", "every five minutes", "every 90 seconds", "every two hours"."""
    hours, minutes = seconds / 3600, seconds / 60
    if seconds == 1:
        return say("every second")
    if hours == int(hours):
        return say("every hour") if hours == 1 else say("every %s hours") % in_words(int(hours))
    if minutes == int(minutes):
        return say("every minute") if minutes == 1 else say("every %s minutes") % in_words(int(minutes))
    return say("every %s seconds") % figure(seconds)


def in_words(number: int) -> str:
    """Say a whole number below a hundred in words, a larger one in figures."""
    ones, code = _ONES[language()], language()
    if number < len(ones):
        return ones[number]
    if number >= 100:
        return str(number)
    tens, one = _TENS[code][number // 10 - 2], number % 10
    if not one:
        return tens
    return f"{ones[one]}und{tens}" if code == "de" else f"{tens}-{ones[one]}"


def old(age: Age) -> str:
    """Say "eighteen years old", "five months old", "not a year old"."""
    if age.years:
        return say_many("%(num)s year old", "%(num)s years old", age.years) % {"num": in_words(age.years)}
    if age.months > 0:
        return say_many("%(num)s month old", "%(num)s months old", age.months) % {"num": in_words(age.months)}
    return say("newly born") if age.months == 0 else say("not a year old")


def listed(names: Sequence[str]) -> str:
    """Say "Bob", "Bob and Alice", "Bob, Alice and Luke"."""
    return say(" and ").join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def vaguely(moment: VagueDate) -> str:
    """Say "2008", "December 2015" or "17 May 2008"."""
    month = f"{_month(moment.month)} " if moment.month else ""
    day = f"{_numbered(moment.day)} " if moment.day else ""
    return f"{day}{month}{moment.year}"


def a_or_an(noun: str) -> str:
    """Put the article before a breed: "A Pomeranian"; in German there is none, as its gender is not known."""
    if language() == "de":
        return noun
    return f"{'An' if noun[:1].lower() in 'aeiou' else 'A'} {noun}"


def _month(number: int) -> str:
    return _MONTHS[language()][number - 1]


def _numbered(day: int) -> str:
    return f"{day}." if language() == "de" else str(day)
