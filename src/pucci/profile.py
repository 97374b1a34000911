"""The dog: name, birthday, breed, story. Dates may be as vague as a family's memory."""

from dataclasses import dataclass
from datetime import date

from pucci.errors import SettingsError
from pucci.settings import ProfileSettings


@dataclass(frozen=True, slots=True)
class VagueDate:
    """A year, a month or a day: 2008, 2008-05 or 2008-05-17."""

    year: int
    month: int | None = None
    day: int | None = None


@dataclass(frozen=True, slots=True)
class Age:
    """How old: whole years, and whole months where the year is not yet full. -1 is an unknown month."""

    years: int
    months: int = -1


@dataclass(frozen=True, slots=True)
class Profile:
    """What the public page says of the dog. The story is in paragraphs; dates may be missing."""

    name: str
    breed: str
    family: str
    birthday: VagueDate | None
    home_since: VagueDate | None
    story: tuple[str, ...]
    contact: str


def read_profile(settings: ProfileSettings) -> Profile:
    """Return the profile as it is set.

    Raises:
        SettingsError: a date is none; the message names the setting.
    """
    return Profile(
        name=settings.name.strip(),
        breed=settings.breed.strip(),
        family=settings.family.strip(),
        birthday=_date("profile.birthday", settings.birthday),
        home_since=_date("profile.home_since", settings.home_since),
        story=tuple(" ".join(part.split()) for part in settings.story.split("\n\n") if part.strip()),
        contact=settings.contact.strip(),
    )


def vague_date(text: str) -> VagueDate:
    """Read `2008`, `2008-05` or `2008-05-17`.

    Raises:
        ValueError: it is none of these, or no day of the calendar.
    """
    parts = text.strip().split("-")
    if [len(part) for part in parts] not in ([4], [4, 2], [4, 2, 2]) or not "".join(parts).isdecimal():
        raise ValueError(f"{text!r} is not a date")
    year, month, day = ([int(part) for part in parts] + [None, None])[:3]
    date(year or 0, month or 1, day or 1)
    return VagueDate(year or 0, month, day)


def age(birthday: VagueDate, today: date) -> Age | None:
    """Return how old somebody born then is today; None if the birthday lies ahead.

    What is not known of the birthday is taken as past: born 2008 is eighteen all through 2026. Who
    was born on 29 February has a birthday on 1 March in other years.
    """
    month, day = birthday.month or 1, birthday.day or 1
    if (birthday.year, month, day) > (today.year, today.month, today.day):
        return None
    years = today.year - birthday.year - ((today.month, today.day) < (month, day))
    if years > 0 or birthday.month is None:
        return Age(years)
    return Age(0, (today.year - birthday.year) * 12 + today.month - month - (today.day < day))


def _date(name: str, text: str) -> VagueDate | None:
    if not text.strip():
        return None
    try:
        return vague_date(text)
    except ValueError as error:
        raise SettingsError(f"{name}: {error}. Write it as 2008, 2008-05 or 2008-05-17.") from error
