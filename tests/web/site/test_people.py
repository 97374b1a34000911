import re
from datetime import timedelta

import pytest
import segno
from flask import Flask
from flask.testing import FlaskClient

from pucci.accounts import Role
from pucci.services import Services
from tests.fakes import FakeClock
from tests.people import ALICE, BOB, CHARLIE, Person
from tests.web.house import csrf_of, move_in, sign_in

ON_BOTH = True


@pytest.fixture
def alice(client: FlaskClient) -> FlaskClient:
    sign_in(client, ALICE)
    return client


def send(client: FlaskClient, path: str, **form: str):
    return client.post(path, data={"csrf_token": csrf_of(client.get("/me").text), **form})


def invite(client: FlaskClient, name: str = "Grandma", role: str = "family", life: str = "week") -> str:
    page = send(client, "/people/invite", name=name, role=role, life=life)
    assert page.status_code == 200, page.text
    return link_in(page.text)


def link_in(page: str) -> str:
    found = re.search(r"http://localhost(/invite/[\w-]{43})", page)
    assert found, page
    return found[1]


def open_link(app: Flask, link: str, **form: str) -> FlaskClient:
    """Open a link in a clean browser, and fill the form in."""
    client = app.test_client()
    token = csrf_of(client.get(link).text)
    answer = client.post(link, data={"csrf_token": token, **form})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cam"), answer.text
    return client


def id_of(services: Services, person: Person) -> int:
    return services.accounts.users.find(person.email).id


def test_grandma_comes_in_by_a_link_and_chooses_her_password(alice: FlaskClient, app: Flask):
    page = send(alice, "/people/invite", name=" Grandma ", role="family", life="week")
    assert "A link for Grandma is ready." in page.text
    assert "until Sunday 29 November" in page.text
    assert 'class="qr"' in page.text
    link = link_in(page.text)
    grandma = open_link(app, link, email="grandma@example.org", password="the old lamp hums")
    assert "Grandma" in grandma.get("/cam").text
    assert grandma.get("/people").status_code == 403
    assert "Grandma" in alice.get("/people").text
    again = sign_in(app.test_client(), Person("", "grandma@example.org", "the old lamp hums", None))
    assert again.headers["Location"] == "/cam"


@pytest.mark.parametrize("path", ["/people/invite", "/shares/live"])
def test_a_link_no_phone_can_open_says_so(alice: FlaskClient, app: Flask, path: str):
    form = {"name": "Grandma", "role": "family", "life": "week", "camera": "sofa"}
    assert "No phone can open this link" in send(alice, path, **form).text
    there = {"base_url": "http://pucci.home"}
    elsewhere = app.test_client()
    page = elsewhere.get("/login", **there)
    form |= {"csrf_token": csrf_of(page.text)}
    elsewhere.post("/login", data=form | {"email": ALICE.email, "password": ALICE.password}, **there)
    form |= {"csrf_token": csrf_of(elsewhere.get("/me", **there).text)}
    answer = elsewhere.post(path, data=form, **there)
    assert "http://pucci.home/" in answer.text
    assert "No phone can open this link" not in answer.text


def squares(page: str) -> list[list[int]]:
    """Return the QR code an SVG draws: its outlines, filled again."""
    found = re.search(r'viewBox="-2 -2 (\d+) \d+"[^>]*>.*?<path d="([^"]+)"', page)
    assert found, page
    size = int(found[1]) - 4
    rows = [[0] * size for _ in range(size)]
    for x, y, wide in re.findall(r"M(\d+) (\d+)h(\d+)v1H\1z", found[2]):
        rows[int(y)][int(x) : int(x) + int(wide)] = [1] * int(wide)
    assert "".join(re.findall(r"M\d+ \d+h\d+v1H\d+z", found[2])) == found[2]  # all of it was read
    return rows


@pytest.mark.parametrize("path", ["/people/invite", "/shares/live"])
def test_the_qr_code_is_the_very_link(alice: FlaskClient, path: str):
    page = send(alice, path, name="Grandma", role="family", life="week", camera="sofa").text
    link = re.search(r"http://localhost/(?:invite|s)/[\w-]+", page)
    assert link
    code = segno.make_qr(link[0], error="m", boost_error=False)
    assert squares(page) == [list(row) for row in code.matrix]
    assert squares(page) != [list(row) for row in segno.make_qr(f"{link[0]}x", error="m").matrix]


def test_a_link_is_shown_once_and_works_once(alice: FlaskClient, app: Flask):
    link = invite(alice)
    assert link not in alice.get("/people").text
    assert "Links nobody used yet" in alice.get("/people").text
    app.test_client().get(link)  # a messenger looks at what is sent
    open_link(app, link, email="grandma@example.org", password="the old lamp hums")
    late = app.test_client().get(link)
    assert late.status_code == 410
    assert "Ask the owner" in late.text
    assert "Links nobody used yet" not in alice.get("/people").text


def test_a_replayed_form_of_a_link_makes_nobody(alice: FlaskClient, app: Flask, services: Services):
    link = invite(alice)
    client = app.test_client()
    form = {"csrf_token": csrf_of(client.get(link).text), "email": "g@example.org", "password": "long enough"}
    assert client.post(link, data=form).status_code == 303
    form["csrf_token"] = csrf_of(client.get("/cam").text)
    assert client.post(link, data=form | {"email": "h@example.org"}).status_code == 410
    assert services.accounts.users.count() == 3


@pytest.mark.parametrize(("life", "days"), [("week", 7), ("day", 1), ("hour", 1 / 24)])
def test_a_link_dies_when_its_time_is_over(
    alice: FlaskClient, app: Flask, clock: FakeClock, life: str, days: float
):
    link = invite(alice, life=life)
    clock.advance(days=days, seconds=-1)
    assert app.test_client().get(link).status_code == 200
    clock.advance(1)
    assert app.test_client().get(link).status_code == 410


def test_a_link_taken_back_works_no_more(alice: FlaskClient, app: Flask):
    link = invite(alice)
    found = re.search(r'action="(/people/links/\d+/revoke)"', alice.get("/people").text)
    assert found
    assert send(alice, found[1]).status_code == 303
    assert app.test_client().get(link).status_code == 410


def test_a_mistake_in_the_form_leaves_the_link_as_it_was(alice: FlaskClient, app: Flask):
    link = invite(alice)
    client = app.test_client()
    form = {"csrf_token": csrf_of(client.get(link).text), "email": BOB.email, "password": "long enough"}
    taken = client.post(link, data=form)
    assert taken.status_code == 400
    assert "Use another one" in taken.text
    assert client.post(link, data=form | {"email": "g@example.org", "password": "short"}).status_code == 400
    assert client.post(link, data=form | {"email": "g@example.org"}).status_code == 303


@pytest.mark.parametrize(
    "form",
    [
        {"name": "", "role": "family"},
        {"name": "bob", "role": "family"},
        {"name": "Grandma", "role": "king"},
        {"name": "Grandma", "role": "guest"},
        {"name": "Grandma", "role": "family", "life": "for ever"},
        {"name": "Grand\0ma", "role": "family"},
    ],
)
def test_an_invite_that_cannot_be_is_refused(alice: FlaskClient, form: dict[str, str]):
    assert send(alice, "/people/invite", **form).status_code == 400
    assert "Links nobody used yet" not in alice.get("/people").text


def test_the_owners_setup_link_is_no_invite_and_an_invite_is_no_setup_link(
    alice: FlaskClient, app: Flask, services: Services
):
    link = invite(alice, role="owner")
    assert app.test_client().get(link.replace("invite", "setup")).status_code == 410


def test_a_forgotten_password_is_mended_by_a_link_which_ends_the_sessions(
    alice: FlaskClient, app: Flask, services: Services
):
    bob = app.test_client()
    sign_in(bob, BOB)
    link = link_in(send(alice, f"/people/{id_of(services, BOB)}/link").text)
    assert bob.get("/cam").status_code == 200
    there = open_link(app, link, password="bob found a new one", email="evil@example.org")
    assert "Bob" in there.get("/cam").text
    assert bob.get("/cam").status_code == 302
    assert sign_in(app.test_client(), BOB).status_code == 401
    assert services.accounts.users.find("Bob").email == BOB.email


def test_a_new_link_ends_the_older_one_and_a_changed_password_ends_both(
    alice: FlaskClient, app: Flask, services: Services
):
    path = f"/people/{id_of(services, BOB)}/link"
    first, second = link_in(send(alice, path).text), link_in(send(alice, path).text)
    assert app.test_client().get(first).status_code == 410
    assert app.test_client().get(second).status_code == 200
    services.accounts.change_password(services.accounts.users.find("Bob"), "bob remembers it")
    assert app.test_client().get(second).status_code == 410


def test_who_is_kept_out_is_out_at_once_and_no_link_helps(alice: FlaskClient, app: Flask, services: Services):
    bob = app.test_client()
    sign_in(bob, BOB)
    number = id_of(services, BOB)
    link = link_in(send(alice, f"/people/{number}/link").text)
    assert send(alice, f"/people/{number}/disable").status_code == 303
    assert bob.get("/cam").status_code == 302
    assert sign_in(app.test_client(), BOB).status_code == 401
    assert app.test_client().get(link).status_code == 410
    assert send(alice, f"/people/{number}/link").status_code == 400
    assert "Kept out" in alice.get("/people").text
    send(alice, f"/people/{number}/enable")
    assert sign_in(app.test_client(), BOB).status_code == 303


def test_a_role_changes_at_once(alice: FlaskClient, app: Flask, services: Services):
    bob = app.test_client()
    sign_in(bob, BOB)
    assert bob.get("/people").status_code == 403
    send(alice, f"/people/{id_of(services, BOB)}/role", role="owner")
    assert bob.get("/people").status_code == 200
    assert send(alice, f"/people/{id_of(services, BOB)}/role", role="king").status_code == 400


def test_the_last_owner_stays(alice: FlaskClient, services: Services):
    number = id_of(services, ALICE)
    for what in ("disable", "remove", "role"):
        answer = send(alice, f"/people/{number}/{what}", role="family")
        assert answer.status_code == 400
        assert "last owner" in answer.text
    assert services.accounts.users.find("Alice").role is Role.OWNER


def test_somebody_removed_is_gone(alice: FlaskClient, services: Services):
    send(alice, f"/people/{id_of(services, BOB)}/remove")
    assert services.accounts.users.count() == 1


@pytest.mark.parametrize("number", ["99", "9" * 30, "-1", "x"])
def test_nobody_is_changed_who_is_not_there(alice: FlaskClient, number: str):
    assert alice.get(f"/people/{number}").status_code == 404
    assert send(alice, f"/people/{number}/disable").status_code == 404


# -- fresh proof -----------------------------------------------------------------------------------


def test_before_a_change_one_says_again_who_one_is_and_nothing_typed_is_lost(
    alice: FlaskClient, clock: FakeClock, services: Services
):
    clock.advance(minutes=16)
    asked = send(alice, "/people/invite", name="Grandma", role="family", life="day")
    assert asked.status_code == 403
    assert "Is that still you, Alice?" in asked.text
    assert services.accounts.links.pending() == []
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', asked.text))
    assert {"name": "Grandma", "role": "family", "life": "day"}.items() <= fields.items()
    wrong = alice.post("/people/invite", data={**fields, "proof_password": BOB.password})
    assert wrong.status_code == 403
    assert "That is not you." in wrong.text
    right = alice.post("/people/invite", data={**fields, "proof_password": ALICE.password})
    assert "A link for Grandma is ready." in right.text
    assert link_in(invite_page := send(alice, "/people/invite", name="Mia", role="family").text), invite_page


def test_every_change_of_people_asks_for_a_fresh_proof(alice: FlaskClient, app: Flask, clock: FakeClock):
    clock.advance(minutes=15)
    posts = [str(rule) for rule in app.url_map.iter_rules() if "POST" in (rule.methods or ())]
    changes = [path for path in posts if path.startswith("/people")]
    assert len(changes) >= 7
    for path in changes:
        answer = send(alice, re.sub(r"<.*?>", "1", path))
        assert answer.status_code == 403, path
        assert "Is that still you" in answer.text


def test_a_proof_is_this_devices_alone(alice: FlaskClient, app: Flask, clock: FakeClock):
    clock.advance(minutes=16)
    sign_in(app.test_client(), ALICE)
    assert send(alice, "/people/invite", name="Mia", role="family").status_code == 403


def test_a_clock_set_back_does_not_lengthen_a_proof(alice: FlaskClient, clock: FakeClock):
    clock.jump(clock.now() - timedelta(hours=5))
    assert send(alice, "/people/invite", name="Mia", role="family").status_code == 403


# -- one's own page --------------------------------------------------------------------------------

PHONE = "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0"


def test_everybody_sees_their_own_devices_and_ends_one(app: Flask, client: FlaskClient, services: Services):
    phone = app.test_client()
    phone.environ_base.update(HTTP_USER_AGENT=PHONE, REMOTE_ADDR="192.0.2.7")
    sign_in(client, BOB)
    sign_in(phone, BOB)
    sign_in(app.test_client(), ALICE)
    page = client.get("/me").text
    assert "Firefox on Android" in page
    assert "192.0.2.7" in page
    assert page.count("/end") == 3  # two of Bob's, and all
    newest = services.accounts.sessions.of(services.accounts.users.find("Bob"))[0]
    send(client, f"/me/sessions/{newest.id}/end")
    assert phone.get("/cam").status_code == 302
    assert client.get("/cam").status_code == 200


def test_nobody_ends_another_persons_session(app: Flask, client: FlaskClient, services: Services):
    alice = app.test_client()
    sign_in(alice, ALICE)
    sign_in(client, BOB)
    (hers,) = services.accounts.sessions.of(services.accounts.users.find("Alice"))
    send(client, f"/me/sessions/{hers.id}/end")
    assert alice.get("/cam").status_code == 200


def test_all_of_ones_sessions_end_together(app: Flask, client: FlaskClient):
    phone = app.test_client()
    sign_in(client, BOB)
    sign_in(phone, BOB)
    assert send(client, "/me/sessions/end").headers["Location"] == "/login"
    assert client.get("/cam").status_code == 302
    assert phone.get("/cam").status_code == 302


def test_a_new_password_signs_the_other_devices_out(app: Flask, client: FlaskClient):
    phone = app.test_client()
    sign_in(client, BOB)
    sign_in(phone, BOB)
    assert "at least 8" in send(client, "/me/password", password="short").text
    assert send(client, "/me/password", password="bob digs a hole").status_code == 303
    assert client.get("/me").status_code == 200
    assert phone.get("/me").status_code == 302
    assert sign_in(app.test_client(), BOB).status_code == 401


def test_a_guest_with_an_account_has_a_page_of_their_own(client: FlaskClient, services: Services):
    move_in(services, CHARLIE, Role.GUEST)
    sign_in(client, CHARLIE)
    assert client.get("/me").status_code == 200


# -- the journal -----------------------------------------------------------------------------------


def test_the_journal_says_who_did_what_and_from_where(alice: FlaskClient, app: Flask, services: Services):
    stranger = app.test_client()
    stranger.environ_base.update(REMOTE_ADDR="203.0.113.9")
    sign_in(stranger, BOB, password="not this")
    link = invite(alice)
    open_link(app, link, email="grandma@example.org", password="the old lamp hums")
    send(alice, f"/people/{id_of(services, BOB)}/disable")
    page = alice.get("/people/journal").text
    for words in (
        "Alice signed in",
        "failed to sign in: bob@example.org",
        "from 203.0.113.9",
        "Alice made a link: Grandma, as family",
        "Grandma came in by a link: invited",
        "Alice kept somebody out: Bob",
    ):
        assert words in page
    assert link not in page


def test_the_journal_forgets_after_90_days(
    alice: FlaskClient, app: Flask, services: Services, clock: FakeClock
):
    for _ in range(3):
        clock.advance(days=89)
        sign_in(app.test_client(), ALICE)
        assert len(services.accounts.journal.page()) == 2


def test_a_long_journal_has_pages(alice: FlaskClient, services: Services):
    from pucci.accounts import Event

    for number in range(150):
        services.accounts.journal.write(Event.DELETED, whom=f"photo {number}")
    first = alice.get("/people/journal").text
    assert "photo 149" in first
    assert "photo 10<" not in first
    older = re.search(r"/people/journal\?before=\d+", first)
    assert older
    assert "photo 10<" in alice.get(older[0]).text
    assert alice.get("/people/journal?before=x").status_code == 200


def test_family_sees_neither_people_nor_journal(client: FlaskClient):
    sign_in(client, BOB)
    for path in ("/people", "/people/1", "/people/journal"):
        assert client.get(path).status_code == 403
    assert 'href="/people"' not in client.get("/cam").text
