"""Pages in the reader's language: nothing is left untranslated, what is compiled is what is written."""

import ast
import re
import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from babel.messages import mofile, pofile
from flask import Flask
from flask.testing import FlaskClient

from pucci import errors, health, tables
from pucci.album import Tally, room
from pucci.errors import AccountSlowed
from pucci.notify import Message
from pucci.notify.outbox import put
from pucci.profile import Age, VagueDate
from pucci.services import Services
from pucci.web.site import words as said
from pucci.web.site.films import size
from pucci.web.site.language import FOLDER, say, told
from pucci.web.site.sentences import SENTENCES
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.house import add_photo, csrf_of, sign_in

SOURCE = Path(errors.__file__).parent
# What these folders' errors say is shown on pages.
SHOWN = ("accounts", "album", "timelapse", "capture", "jpeg", "cameras", "notify", "services.py", "db.py")
COMMANDS_ONLY = {SOURCE / "accounts" / "importing.py"}
ERRORS = {name for name, one in vars(errors).items() if isinstance(one, type)} - {
    "SettingsError",
    "MissingPart",
}

GERMAN = {"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"}
CATALOGUE = FOLDER / "de" / "LC_MESSAGES" / "pucci.po"


@pytest.fixture(scope="module")
def script() -> dict[str, Any]:
    return runpy.run_path(str(Path(__file__).parents[3] / "script" / "words.py"))


def test_all_that_pages_say_is_translated(script: dict[str, Any]):
    with CATALOGUE.open("rb") as file:
        known = pofile.read_po(file, locale="de")
    now, written = ({str(one.id) for one in found if one.id} for found in (script["template"](), known))
    assert now == written
    assert script["untranslated"](known) == []
    assert not any(one.fuzzy for one in known if one.id)


def test_what_is_compiled_is_what_is_written():
    """Message by message: each version of Babel lays the file out in its own way."""
    with CATALOGUE.open("rb") as file:
        written = {str(list(one.id)): list(one.string or "") for one in pofile.read_po(file, locale="de")}
    with CATALOGUE.with_suffix(".mo").open("rb") as file:
        compiled = {str(list(one.id)): list(one.string or "") for one in mofile.read_mo(file)}
    del compiled["[]"], written["[]"]  # the head, with the version of who wrote it
    assert compiled == written


def test_translations_keep_every_place_for_a_value():
    import re

    with CATALOGUE.open("rb") as file:
        for one in pofile.read_po(file, locale="de"):
            ids, strings = ([x] if isinstance(x, str) else list(x or ()) for x in (one.id, one.string))
            wanted = sorted(re.findall(r"%\(\w+\)[sd]|%[sg]|\{\w+\}", ids[-1]))
            for string in strings if one.id else ():
                assert sorted(re.findall(r"%\(\w+\)[sd]|%[sg]|\{\w+\}", string)) == wanted, one.id


def test_the_browsers_wish_counts(client: FlaskClient):
    page = client.get("/", headers=GERMAN)
    assert '<html lang="de">' in page.text
    assert "Pomeranian, achtzehn Jahre alt, zu Hause bei Gwen and Luke." in page.text
    assert "Dezember 2015" in page.text
    assert page.headers["Content-Language"] == "de"
    assert "Accept-Language" in page.headers["Vary"]
    assert '<html lang="en">' in client.get("/", headers={"Accept-Language": "fr"}).text
    assert '<html lang="en">' in client.get("/").text


def test_a_link_changes_it_and_the_browser_remembers(client: FlaskClient):
    assert "Hallo. Bist du es?" in client.get("/login?lang=de").text
    assert "Hallo. Bist du es?" in client.get("/login").text
    assert "Hello. Is that you?" in client.get("/login?lang=en", headers=GERMAN).text
    assert "Hello. Is that you?" in client.get("/login", headers=GERMAN).text
    assert client.get("/login?lang=../../etc").status_code == 200


def test_a_page_for_all_knows_no_cookie(client: FlaskClient):
    client.get("/login?lang=de")
    page = client.get("/")
    assert '<html lang="en">' in page.text
    assert "Set-Cookie" not in client.get("/?lang=de").headers
    assert '<html lang="de">' in client.get("/?lang=de").text


def links_in(page: str) -> set[str]:
    """Return where a page's links lead: those of ours, without the switch of language."""
    return set(re.findall(r'<a [^>]*href="(/[^"]*)"', page))


@pytest.mark.parametrize("headers", [{}, GERMAN], ids=["English browser", "German browser"])
def test_a_public_page_passes_on_the_language_its_address_asks_for(
    client: FlaskClient, headers: dict[str, str]
):
    page = client.get("/?lang=de", headers=headers)
    assert links_in(page.text) == {"/?lang=de", "/contact?lang=de", "/login?lang=de"}
    assert links_in(client.get("/contact?lang=de", headers=headers).text) == {"/?lang=de", "/login?lang=de"}
    for link in links_in(page.text):
        assert '<html lang="de">' in client.get(link).text
    assert links_in(client.get("/", headers=headers).text) == {"/", "/contact", "/login"}
    assert links_in(client.get("/?lang=xx", headers=headers).text) == {"/", "/contact", "/login"}


def test_a_cache_needs_one_copy_of_a_public_page_that_says_its_language(client: FlaskClient):
    asked, german = client.get("/?lang=de"), client.get("/", headers=GERMAN)
    assert "Accept-Language" not in asked.headers["Vary"]
    assert "Accept-Language" in german.headers["Vary"]
    assert asked.headers["ETag"] != german.headers["ETag"]
    assert client.get("/?lang=de", headers={"Accept-Language": "en"}).data == asked.data
    assert client.get("/", headers=GERMAN).data == german.data
    known = {"If-None-Match": asked.headers["ETag"]}
    assert client.get("/?lang=de", headers=known).status_code == 304
    assert "Accept-Language" in client.get("/login?lang=de").headers["Vary"]


def test_what_one_visitor_asked_a_public_page_for_is_not_shown_to_the_next(client: FlaskClient):
    assert "mine" not in client.get("/?mine=1").text
    assert "mine" not in client.get("/").text


def test_from_the_familys_pages_the_chosen_language_comes_along_to_the_public_one(client: FlaskClient):
    sign_in(client, BOB)
    assert "/" in links_in(client.get("/cam").text)
    page = client.get("/cam?lang=de")
    assert {"/?lang=de", "/album"} <= links_in(page.text)
    assert "/" in links_in(client.get("/cam", headers=GERMAN).text)  # there the browser says so itself
    gone = client.post("/logout", data={"csrf_token": csrf_of(page.text)})
    assert gone.headers["Location"] == "/?lang=de"


def test_the_familys_pages_speak_german(client: FlaskClient, services: Services):
    sign_in(client, BOB)
    for number in range(3):
        add_photo(services, SUNDAY - timedelta(minutes=5 * number), number)
    for path, words in {
        "/cam": "Die Kamera ist zu.",
        "/album/2026-11-22": "Sonntag, 22. November",
        "/photo/1": "22. November",
        "/kept": "Noch keine behaltenen Fotos",
        "/films": "Noch keine Filme",
        "/shares": "Geteilte Links",
        "/me": "Wo du angemeldet bist",
        "/nowhere": "Niemand da",
    }.items():
        page = client.get(path, headers=GERMAN).text
        assert words in page, path
        assert "%(" not in page, path


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (Age(18), "achtzehn Jahre alt"),
        (Age(1), "ein Jahr alt"),
        (Age(21), "einundzwanzig Jahre alt"),
        (Age(0, 1), "einen Monat alt"),
        (Age(0, 5), "fünf Monate alt"),
        (Age(0, 0), "neugeboren"),
    ],
)
def test_ages_are_said_in_german(app: Flask, age: Age, words: str):
    with app.test_request_context(headers=GERMAN):
        assert said.old(age) == words
        assert said.vaguely(VagueDate(2008, 5, 17)) == "17. Mai 2008"
        assert said.ago(SUNDAY, SUNDAY + timedelta(hours=3)) == "vor 3 Stunden"
        assert said.span(300) == "alle fünf Minuten"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("off, by Alice", "aus, von Alice"),
        ("off, by the family", "aus, von der Familie"),
        ("apprise-2", "Apprise (Adresse 2)"),
        (
            "mx.org did not take the mail: it says 552 too large. It is tried again.",
            "mx.org hat die Mail nicht angenommen: die Antwort war 552 too large. Es wird wieder versucht.",
        ),
        (
            "Apprise could not send it by address 1. It is tried again.",
            "Apprise konnte es über Adresse 1 nicht senden. Es wird wieder versucht.",
        ),
        ("damaged: cut short", "beschädigt: abgeschnitten"),
        ("in doubt: torn, shifted colours", "zweifelhaft: zerrissen, verschobene Farben"),
        ("exit status 7", "exit status 7"),
        (
            "The photo cannot be stored: Input/output error. Look at the disk.",
            "Das Foto kann nicht gespeichert werden: Fehler beim Lesen oder Schreiben. Sieh nach der Karte.",
        ),
        ("The camera sofa is off, by Alice.", "Die Kamera sofa ist aus, von Alice."),
        (
            "/dev/video0 is taken: motion has it open. Stop it, or use another camera.",
            "/dev/video0 ist besetzt: motion hat sie offen. Beende das, oder nimm eine andere Kamera.",
        ),
        (
            "The camera sofa hangs, and Pucci may not reset its USB port. Pull its plug and put it back.",
            (
                "Die Kamera sofa hängt, und Pucci darf ihren USB-Anschluss nicht zurücksetzen. "
                "Zieh ihren Stecker und steck ihn wieder ein."
            ),
        ),
        (str(AccountSlowed(40)), "Zu viele Versuche. Warte 40 Sekunden und versuch es dann noch einmal."),
        (str(AccountSlowed(100)), "Zu viele Versuche. Warte 2 Minuten und versuch es dann noch einmal."),
        ("", ""),
    ],
)
def test_reasons_and_errors_are_said_part_by_part(app: Flask, text: str, words: str):
    with app.test_request_context(headers=GERMAN):
        assert told(text) == words
    with app.test_request_context():
        assert told(text) == text


def sentences_in(path: Path) -> list[str]:
    """Return what the errors made in a module say; what is put in is "x7", a name stands for its text."""
    tree = ast.parse(path.read_text())
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and node.value is not None
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    made = [node.args[0] for node in calls if isinstance(node.func, ast.Name) and node.func.id in ERRORS]
    texts = []
    for one in made:
        said = named.get(one.id, one) if isinstance(one, ast.Name) else one
        for part in said.values if isinstance(said, ast.JoinedStr) else [said]:
            if isinstance(part, ast.FormattedValue):
                texts.append("x7")
            elif isinstance(part, ast.Constant):
                texts.append(str(part.value))
        texts.append("\0")
    return [text for text in "".join(texts).split("\0") if any(word.isalpha() for word in text.split())]


def test_every_sentence_of_an_error_and_every_reason_to_refuse_is_translated(app: Flask):
    places = [SOURCE / place for place in SHOWN]
    paths = {path for place in places for path in (place.rglob("*.py") if place.is_dir() else [place])}
    texts = [text for path in sorted(paths - COMMANDS_ONLY) for text in sentences_in(path)]
    assert sum("x7" in text for text in texts) > 60
    for path in (SOURCE / "jpeg").rglob("*.py"):
        texts += re.findall(r'^[A-Z_]+: Final = "([a-z][^"]+)"', path.read_text(), re.MULTILINE)
    assert len(texts) > 120
    with app.test_request_context(headers=GERMAN):
        assert [text for text in texts if told(text) == text] == []


def test_the_state_of_the_whole_is_said_in_german(app: Flask):
    tree = ast.parse((SOURCE / "health.py").read_text())
    # Docstrings, and what only a notice says when it is over.
    others = {
        id(one)
        for node in ast.walk(tree)
        for one in (
            [node.value]
            if isinstance(node, ast.Expr)
            or (isinstance(node, ast.Assign) and "over" in ast.dump(node.targets[0]))
            else node.args[2:3]
            if isinstance(node, ast.Call) and "Condition" in ast.dump(node.func)
            else []
        )
    }
    texts = [
        *(
            node.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Constant) and id(node) not in others
            if isinstance(node.value, str) and re.fullmatch(r"[A-Z].* .*\.", node.value)
        ),
        *(one for name, one in vars(room).items() if name.isupper() and isinstance(one, str)),
        health.UNREADABLE.text,
    ]
    assert len(texts) >= 12
    with app.test_request_context(headers=GERMAN):
        assert [text for text in texts if told(text) == text] == []


def test_the_messages_page_is_german_in_each_part(client: FlaskClient, services: Services):
    row, at = tables.message.c, SUNDAY - timedelta(hours=2)
    with services.db.write() as connection:
        put(connection, ["e-mail", "webhook", "apprise"], Message("start", "Pucci: unplugged", "…", at))
        for way, values in {
            "e-mail": {"sent_at": at, "next_at": None},
            "webhook": {"error": "example.org answered 503. Look at notify.webhook_url."},
            "apprise": {"next_at": None},
        }.items():
            connection.execute(tables.message.update().where(row.way == way).values(values))
    sign_in(client, ALICE)
    page = client.get("/state", headers=GERMAN).text
    for words in ("per E-Mail", "Wartet darauf, per Webhook gesendet zu werden", "Aufgegeben: Apprise nahm"):
        assert words in page
    assert "example.org hat mit 503 geantwortet" in page


def test_sizes_have_a_comma_in_german(app: Flask):
    with app.test_request_context(headers=GERMAN):
        assert (size(7_230_000), size(7_000_000)) == ("7,2 MB", "7 MB")
    with app.test_request_context():
        assert size(7_230_000) == "7.2 MB"


def test_every_sentence_with_places_is_found_by_what_it_says_and_keeps_what_is_in_them(app: Flask):
    with app.test_request_context(headers=GERMAN):
        for sentence in SENTENCES:
            places = re.findall(r"\{(\w+)\}", sentence)
            values = {place: f"x{number}" for number, place in enumerate(places)}
            german = told(sentence.format(**values))
            assert german == say(sentence).format(**values), sentence
            assert german != sentence.format(**values)
    with app.test_request_context():
        assert told(SENTENCES[0].format(why="x")) == SENTENCES[0].format(why="x")


def test_what_is_put_together_is_german_in_each_part(
    client: FlaskClient, services: Services, clock: FakeClock
):
    sign_in(client, ALICE)
    tally = Tally(tries=3)
    reasons = ("camera unplugged", "camera unplugged", "off, by Alice", "", "off, by Alice")
    for back, reason in zip(reversed(range(len(reasons))), reasons, strict=True):
        due = SUNDAY - timedelta(minutes=5 * back)
        if reason:
            services.album.slots.missed("sofa", due, reason=reason, tally=tally)
        else:
            add_photo(services, due)
    clock.advance(minutes=2)
    page = client.get("/cam", headers=GERMAN).text
    for words in ("2 verpasst: Kamera nicht eingesteckt", "aus bis 21:30, von Alice", ">aus, von Alice<"):
        assert words in page
    today = SUNDAY.date()
    for back, kg in ((90, "2.6"), (20, "2.9")):
        services.profiles.weigh(today - timedelta(days=back), kg, today=today)
    services.profiles.write(services.profiles.texts(), shows_weight=True)
    assert "2,9 kg" in client.get("/", headers=GERMAN).text
    assert "2.9 kg" in client.get("/").text
    assert "Das Album lesen" in client.get("/tokens", headers=GERMAN).text


@pytest.mark.parametrize(
    ("wish", "time"), [("en-GB", "21:35"), ("de", "21:35"), ("en-US", "9:35 pm"), ("", "21:35")]
)
def test_the_clock_has_the_hours_of_the_reader(client: FlaskClient, services: Services, wish: str, time: str):
    sign_in(client, BOB)
    add_photo(services, SUNDAY)
    page = client.get("/cam", headers={"Accept-Language": wish}).text
    assert f">{time}<" in page


def test_the_link_to_another_language_keeps_what_was_asked_for(client: FlaskClient):
    page = client.get("/login?next=/album?at=3").text
    assert 'href="?next=%2Falbum%3Fat%3D3&amp;lang=de"' in page
    assert 'href="?lang=de"' in client.get("//elsewhere.example/").text
