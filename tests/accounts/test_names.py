import pytest
from hypothesis import given
from hypothesis import strategies as st

from pucci.accounts.names import clean_email, clean_name
from pucci.errors import AccountError


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Gwen@Example.ORG", "gwen@example.org"),
        ("  luke@example.org ", "luke@example.org"),
        ("gwen+pucci@mail.example.co.uk", "gwen+pucci@mail.example.co.uk"),
        ("gwen@home", "gwen@home"),
        ("grüße@bücher.example", "grüße@bücher.example"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_an_email_is_stored_in_lower_case_without_spaces_around_it(typed: str, stored: str):
    assert clean_email(typed) == stored


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "gwen", "@example.org", "gwen@", "gwen@@example.org", "a@b@c", "gwen luke@example.org",
        "gwen@example..org", "gwen@.org", "gwen@example.", "gwen@exa\nmple.org", "gwen\0@example.org",
        "a" * 65 + "@example.org", "a@" + "b" * 253, "\ud800@example.org",
    ],
)  # fmt: skip
def test_what_is_no_email_is_refused(typed: str):
    with pytest.raises(AccountError, match=r"\.$"):
        clean_email(typed)


@pytest.mark.parametrize("typed", ["Gwen", "  Gwen ", "Ørjan Åse", "大", "G" * 80])
def test_a_name_is_kept_but_for_the_spaces_around_it(typed: str):
    assert clean_name(typed) == typed.strip()


@pytest.mark.parametrize("typed", ["", "  ", "G" * 81, "Gwen\nLuke", "Gwen\0", "Gwen\u200b", "\ud800"])
def test_what_cannot_be_printed_is_no_name(typed: str):
    with pytest.raises(AccountError, match=r"\.$"):
        clean_name(typed)


@given(st.text())
def test_any_text_is_cleaned_once_or_refused(text: str):
    for clean in (clean_name, clean_email):
        try:
            once = clean(text)
        except AccountError:
            continue
        assert clean(once) == once
