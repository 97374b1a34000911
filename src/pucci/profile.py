"""The dog: name, birthday, breed, story, weight. Dates may be as vague as a family's memory.

The settings speak of the dog until the owner has written it down on the page; then the page's words do.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import sqlalchemy as sa

from pucci import tables
from pucci.db import Database, count_up
from pucci.errors import ProfileError, SettingsError
from pucci.forms import VagueDate, vague_date
from pucci.settings import ProfileSettings

# Counts changes of the public page; album/public.py counts its pictures by the same name.
VERSION: Final = "public.version"
# How long each may be, as the table has it.
LIMITS: Final[Mapping[str, int]] = {
    "name": 80,
    "birthday": 10,
    "breed": 80,
    "family": 120,
    "home_since": 10,
    "story": 20_000,
    "contact": 400,
}
_DATES: Final = ("birthday", "home_since")
_LEAST_KG, _MOST_KG = 0.1, 150.0


@dataclass(frozen=True, slots=True)
class Age:
    """How old: whole years, and whole months where the year is not yet full. -1 is an unknown month."""

    years: int
    months: int = -1


@dataclass(frozen=True, slots=True)
class Profile:
    """What the public page says of the dog. The story is Markdown; dates may be missing."""

    name: str
    breed: str
    family: str
    birthday: VagueDate | None
    home_since: VagueDate | None
    story: str
    contact: str
    shows_weight: bool = False


@dataclass(frozen=True, slots=True)
class Weight:
    """What the dog weighed on a day, in kilograms."""

    day: date
    kg: float


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
        story=settings.story.strip(),
        contact=settings.contact.strip(),
    )


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


class Profiles:
    """The dog as it is written down, and its weights. `seed` speaks until there is something."""

    def __init__(self, database: Database, seed: ProfileSettings) -> None:
        self._db = database
        self._seed = seed

    def current(self) -> Profile:
        """Return what is known of the dog: one query.

        Raises:
            SettingsError: nothing is written down, and a date in the settings is none.
        """
        row = self._row()
        return read_profile(self._seed) if row is None else _profile(row)

    def texts(self) -> dict[str, str]:
        """Return each fact as somebody typed it, for a form to begin with."""
        row = self._row()
        return {name: str(row[name] if row is not None else getattr(self._seed, name)) for name in LIMITS}

    def write(self, texts: Mapping[str, str], *, shows_weight: bool) -> None:
        """Write the dog down anew.

        Raises:
            ProfileError: something cannot stand so; nothing was changed.
        """
        values: dict[str, object] = {name: texts.get(name, "").strip() for name in LIMITS}
        if not values["name"]:
            raise ProfileError("A dog has a name. Write it down.")
        for name, most in LIMITS.items():
            if len(str(values[name])) > most:
                said = name.replace("_", " ")
                raise ProfileError(f"The {said} is longer than {most} characters. Shorten it.")
        for name in _DATES:
            try:
                if values[name]:
                    vague_date(str(values[name]))
            except ValueError as error:
                raise ProfileError(f"{error}. Write it as 2008, 2008-05 or 2008-05-17.") from error
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.profile))
            connection.execute(sa.insert(tables.profile).values(id=1, **values, shows_weight=shows_weight))
            count_up(connection, VERSION)

    def weights(self) -> list[Weight]:
        """Return all weights, the first day first."""
        row = tables.weight.c
        with self._db.read() as connection:
            return [
                Weight(*found) for found in connection.execute(sa.select(row.day, row.kg).order_by(row.day))
            ]

    def weigh(self, day: date, text: str, *, today: date) -> None:
        """Write down a weight; another one of the same day is replaced.

        Raises:
            ProfileError: it is no dog's weight, or the day is still to come.
        """
        try:
            kg = round(float(text.strip().replace(",", ".")), 2)
        except ValueError:
            kg = 0.0
        if not _LEAST_KG <= kg <= _MOST_KG:
            raise ProfileError("A weight is a number of kilograms, as 3.2.")
        if day > today:
            raise ProfileError("That day is still to come. Weigh the dog first.")
        self._forget(day, kg)

    def unweigh(self, day: date) -> None:
        """Take a day's weight away."""
        self._forget(day, None)

    def _forget(self, day: date, kg: float | None) -> None:
        with self._db.write() as connection:
            connection.execute(sa.delete(tables.weight).where(tables.weight.c.day == day))
            if kg is not None:
                connection.execute(sa.insert(tables.weight).values(day=day, kg=kg))
            count_up(connection, VERSION)

    def _row(self) -> Mapping[str, object] | None:
        with self._db.read() as connection:
            return connection.execute(sa.select(tables.profile)).mappings().one_or_none()  # type: ignore[return-value]


def _profile(row: Mapping[str, object]) -> Profile:
    texts = {name: str(row[name]) for name in LIMITS}
    dates = {name: vague_date(texts[name]) if texts[name] else None for name in _DATES}
    words = {name: text for name, text in texts.items() if name not in _DATES}
    return Profile(**words, **dates, shows_weight=bool(row["shows_weight"]))  # type: ignore[arg-type]
