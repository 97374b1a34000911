from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci.db import Database
from pucci.errors import ProfileError, SettingsError
from pucci.profile import VERSION, Age, Profiles, VagueDate, Weight, age, read_profile, vague_date
from pucci.settings import ProfileSettings


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2008", VagueDate(2008)),
        ("2008-05", VagueDate(2008, 5)),
        ("2008-05-17", VagueDate(2008, 5, 17)),
        (" 2008 ", VagueDate(2008)),
    ],
)
def test_a_birthday_is_a_year_a_month_or_a_day(text: str, read: VagueDate):
    assert vague_date(text) == read


@pytest.mark.parametrize(
    "text", ["", "spring", "08", "2008-5", "2008-13", "2007-02-29", "2008-05-17-1", "0000"]
)
def test_what_is_no_date_names_the_setting_and_how_to_write_it(text: str):
    with pytest.raises(ValueError):
        vague_date(text)
    if text:
        with pytest.raises(SettingsError, match=r"profile\.birthday.*2008-05-17"):
            read_profile(ProfileSettings(birthday=text))


@pytest.mark.parametrize(
    ("birthday", "today", "years"),
    [
        ("2008", date(2026, 1, 1), 18),
        ("2008-05", date(2026, 4, 30), 17),
        ("2008-05", date(2026, 5, 1), 18),
        ("2008-05-17", date(2026, 5, 16), 17),
        ("2008-05-17", date(2026, 5, 17), 18),
        ("2008-02-29", date(2026, 2, 28), 17),
        ("2008-02-29", date(2026, 3, 1), 18),
    ],
)
def test_the_age_changes_on_the_birthday(birthday: str, today: date, years: int):
    assert age(vague_date(birthday), today) == Age(years)


@pytest.mark.parametrize(
    ("birthday", "months"), [("2026-10-23", 0), ("2026-10-22", 1), ("2025-11-23", 11), ("2026-06", 5)]
)
def test_a_puppy_is_counted_in_months(birthday: str, months: int):
    assert age(vague_date(birthday), date(2026, 11, 22)) == Age(0, months)


def test_a_puppy_of_this_year_has_no_months_and_one_of_next_year_no_age():
    assert age(VagueDate(2026), date(2026, 11, 22)) == Age(0)
    assert age(VagueDate(2027), date(2026, 11, 22)) is None


@given(st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.dates(date(1990, 1, 1), date(2050, 1, 1)))
def test_nobody_is_older_than_the_years_between(born: date, today: date):
    found = age(VagueDate(born.year, born.month, born.day), today)
    assert (found is None) == (born > today)
    if found is not None:
        assert today.year - born.year - 1 <= found.years <= today.year - born.year
        assert found.years > 0 or 0 <= found.months <= 11


def test_a_story_is_as_it_was_written_and_a_date_may_be_missing():
    profile = read_profile(ProfileSettings(story=" One\nline.\n\nTwo. ", home_since=""))
    assert profile.story == "One\nline.\n\nTwo."
    assert profile.home_since is None


@pytest.fixture
def profiles(db: Database) -> Profiles:
    return Profiles(db, ProfileSettings(name="Rex"))


TEXTS = {
    "name": " Pucci ",
    "birthday": "2008-05",
    "breed": "Pomeranian",
    "family": "Gwen",
    "home_since": "",
    "story": "Once.",
    "contact": "x@y.z",
}


def test_the_settings_speak_until_the_dog_is_written_down(profiles: Profiles, db: Database):
    assert profiles.current().name == "Rex"
    before = db.counter(VERSION)
    profiles.write(TEXTS, shows_weight=True)
    dog = profiles.current()
    assert (dog.name, dog.birthday, dog.home_since, dog.shows_weight) == (
        "Pucci",
        VagueDate(2008, 5),
        None,
        True,
    )
    assert profiles.texts()["birthday"] == "2008-05"
    assert db.counter(VERSION) == before + 1
    profiles.write(TEXTS | {"name": "Pucci II"}, shows_weight=False)
    assert profiles.current().name == "Pucci II"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "has a name"),
        ({"birthday": "spring"}, "Write it as 2008"),
        ({"home_since": "2008-13"}, "Write it as 2008"),
        ({"breed": "x" * 81}, "longer than 80"),
        ({"story": "x" * 20_001}, "longer than 20000"),
    ],
)
def test_what_cannot_stand_is_said_and_nothing_changes(profiles: Profiles, wrong: dict[str, str], said: str):
    with pytest.raises(ProfileError, match=said):
        profiles.write(TEXTS | wrong, shows_weight=False)
    assert profiles.current().name == "Rex"


def test_weights_are_by_day_one_each(profiles: Profiles):
    today = date(2026, 11, 22)
    profiles.weigh(today, "3,1", today=today)
    profiles.weigh(date(2026, 1, 1), "2.9", today=today)
    profiles.weigh(today, "3.2 ", today=today)
    assert profiles.weights() == [Weight(date(2026, 1, 1), 2.9), Weight(today, 3.2)]
    profiles.unweigh(today)
    assert len(profiles.weights()) == 1


@pytest.mark.parametrize("text", ["", "heavy", "nan", "inf", "-3", "0", "1e9"])
def test_what_is_no_weight_is_refused(profiles: Profiles, text: str):
    with pytest.raises(ProfileError, match="kilograms"):
        profiles.weigh(date(2026, 1, 1), text, today=date(2026, 1, 1))


def test_a_day_to_come_has_no_weight(profiles: Profiles):
    with pytest.raises(ProfileError, match="still to come"):
        profiles.weigh(date(2026, 1, 2), "3", today=date(2026, 1, 1))
