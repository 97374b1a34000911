import re
import time
from dataclasses import replace

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pucci.accounts import Role
from pucci.services import Services
from pucci.web.site import create_app
from tests.people import ALICE, BOB, CHARLIE
from tests.web.house import csrf_of, move_in, sign_in, sign_out

WRONG = "That e-mail and password do not go together."


def test_bob_signs_in_and_out_again(client: FlaskClient):
    assert client.get("/cam").headers["Location"] == "/login?next=/cam"
    answer = sign_in(client, BOB)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cam")
    page = client.get("/cam")
    assert page.status_code == 200
    assert "Bob" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    out = sign_out(client)
    assert (out.status_code, out.headers["Location"]) == (303, "/")
    assert client.get("/cam").status_code == 302


def test_unknown_e_mail_and_wrong_password_are_told_the_same(client: FlaskClient):
    wrong = sign_in(client, BOB, password="not this")
    unknown = sign_in(client, CHARLIE)
    for answer, email in ((wrong, BOB.email), (unknown, CHARLIE.email)):
        assert answer.status_code == 401
        assert WRONG in answer.text
        assert 'role="alert"' in answer.text
        assert f'value="{email}"' in answer.text  # what was typed stays
        assert "not this" not in answer.text
        assert CHARLIE.password not in answer.text

    def without(page: str) -> str:
        return re.sub(r'value="[^"]*"', "", page)

    assert without(wrong.text) == without(unknown.text)


def test_a_sign_in_takes_as_much_work_for_everybody(client: FlaskClient):
    """By the processor's time of this thread, which is the same however busy the machine is."""

    def seconds(email: str) -> float:
        token = csrf_of(client.get("/login").text)
        begun = time.thread_time()
        client.post("/login", data={"csrf_token": token, "email": email, "password": "no"})
        return time.thread_time() - begun

    known = min(seconds(BOB.email) for _ in range(3))
    unknown = min(seconds("nobody@example.org") for _ in range(3))
    assert 0.5 < known / unknown < 2


def test_a_sign_in_begins_a_new_session_and_ends_the_old_one(app: Flask, services: Services):
    client = app.test_client()
    client.get("/login")
    before = client.get_cookie("pucci")
    sign_in(client, BOB)
    first = client.get_cookie("pucci")
    assert before is not None
    assert first is not None
    assert first.value != before.value
    planted = app.test_client()  # somebody else knows the cookie from before
    planted.set_cookie("pucci", before.value)
    assert planted.get("/cam").status_code == 302
    page = client.get("/cam").text
    client.post(
        "/login", data={"csrf_token": csrf_of(page), "email": ALICE.email, "password": ALICE.password}
    )
    copy = app.test_client()
    copy.set_cookie("pucci", first.value)
    assert copy.get("/cam").status_code == 302
    assert "Alice" in client.get("/cam").text


def test_sign_out_ends_the_session_and_not_only_the_cookie(app: Flask):
    client = app.test_client()
    sign_in(client, BOB)
    cookie = client.get_cookie("pucci")
    assert cookie is not None
    sign_out(client)
    copy = app.test_client()
    copy.set_cookie("pucci", cookie.value)
    assert copy.get("/cam").status_code == 302


def test_the_cookie_is_out_of_scripts_reach_and_not_sent_from_elsewhere(client: FlaskClient):
    cookies = sign_in(client, BOB).headers.getlist("Set-Cookie")
    assert {cookie.split("=")[0] for cookie in cookies} == {"pucci", "pucci_known"}
    for cookie in cookies:
        for word in ("HttpOnly", "SameSite=Lax", "Path=/", "Expires="):
            assert word in cookie
        assert "Secure" not in cookie
        assert "Domain" not in cookie


def test_the_cookie_is_for_tls_alone_where_the_site_or_the_request_has_it(app: Flask, services: Services):
    assert "; Secure" in app.test_client().get("/login", base_url="https://x").headers["Set-Cookie"]
    server = replace(services.settings.server, address="https://pucci.example")
    there = create_app(replace(services, settings=replace(services.settings, server=server)))
    answer = there.test_client().get("/login")
    assert "; Secure" in answer.headers["Set-Cookie"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_no_remember_cookie_is_ever_set(app: Flask):
    with app.test_client() as client:
        answers = [sign_in(client, BOB), client.get("/cam"), sign_out(client)]
    assert "remember" not in str([answer.headers for answer in answers])


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/cam/sofa", "/cam/sofa"),
        ("/cam?at=17", "/cam?at=17"),
        ("", "/cam"),
        ("cam", "/cam"),
        ("https://evil.example/", "/cam"),
        ("//evil.example/", "/cam"),
        ("///evil.example/", "/cam"),
        ("/\\evil.example/", "/cam"),
        ("\\\\evil.example", "/cam"),
        ("/\t/evil.example", "/cam"),
        ("/\n/evil.example", "/cam"),
        ("javascript:alert(1)", "/cam"),
        (" //evil.example", "/cam"),
        ("/%0d%0aSet-Cookie:x=1", "/%0d%0aSet-Cookie:x=1"),
    ],
)
def test_after_sign_in_one_is_led_to_own_paths_only(client: FlaskClient, asked: str, led: str):
    assert sign_in(client, BOB, to=asked).headers["Location"] == led
    already = client.get("/login", query_string={"next": asked})
    assert (already.status_code, already.headers["Location"]) == (303, led)


def test_somebody_not_signed_in_comes_back_to_where_they_wanted(client: FlaskClient):
    asked = client.get("/cam/sofa?x=1&y=2").headers["Location"]
    page = client.get(asked).text
    assert 'name="next" value="/cam/sofa?x=1&amp;y=2"' in page


@pytest.mark.parametrize("path", ["/login", "/logout", "/setup/abc", "/cam", "/nowhere"])
def test_a_form_from_elsewhere_changes_nothing(client: FlaskClient, path: str):
    sign_in(client, BOB)
    answer = client.post(
        path, data={"email": ALICE.email, "password": ALICE.password, "csrf_token": "forged"}
    )
    assert answer.status_code in (400, 404, 405)
    assert "Bob" in client.get("/cam").text


def test_behind_tls_a_form_must_come_from_our_own_page(app: Flask):
    client = app.test_client()
    here = {"base_url": "https://pucci.example"}
    token = csrf_of(client.get("/login", **here).text)
    form = {"csrf_token": token, "email": BOB.email, "password": BOB.password}
    evil = {"Referer": "https://evil.example/"}
    assert client.post("/login", data=form, headers=evil, **here).status_code == 400
    good = {"Referer": "https://pucci.example/login"}
    assert client.post("/login", data=form, headers=good, **here).status_code == 303


def test_sign_out_is_no_link(client: FlaskClient):
    sign_in(client, BOB)
    assert client.get("/logout").status_code == 405
    assert client.get("/cam").status_code == 200


def test_somebody_whose_account_is_disabled_is_out_at_once(client: FlaskClient, services: Services):
    sign_in(client, BOB)
    services.accounts.users.disable(services.accounts.users.find(BOB.email))
    assert client.get("/cam").status_code == 302
    assert WRONG in sign_in(client, BOB).text


def test_a_guest_is_told_that_this_is_for_the_family(client: FlaskClient, services: Services):
    move_in(services, CHARLIE, Role.GUEST)
    sign_in(client, CHARLIE)
    answer = client.get("/cam")
    assert answer.status_code == 403
    assert "This is for the family" in answer.text


# -- the first link --------------------------------------------------------------------------------


@pytest.fixture
def empty_house(services: Services) -> Services:
    """A house that nobody owns yet."""
    from pucci import tables

    with services.db.write() as connection:
        connection.execute(tables.user.delete())
    return services


def setup_form(client: FlaskClient, token: str, **values: str) -> dict[str, str]:
    page = client.get(f"/setup/{token}")
    assert page.status_code == 200
    owner = {"username": "Alice", "email": ALICE.email, "password": ALICE.password}
    return owner | {"csrf_token": csrf_of(page.text)} | values


def test_the_link_makes_the_owner_and_signs_them_in_once(empty_house: Services, client: FlaskClient):
    token = empty_house.accounts.links.make_owner_link()
    assert token
    form = setup_form(client, token)
    answer = client.post(f"/setup/{token}", data=form)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cam")
    assert "Alice" in client.get("/cam").text
    assert empty_house.accounts.users.find(ALICE.email).role is Role.OWNER
    again = client.get(f"/setup/{token}")
    assert again.status_code == 410
    assert "start Pucci again" in again.text
    page = client.get("/cam").text
    assert client.post(f"/setup/{token}", data=form | {"csrf_token": csrf_of(page)}).status_code == 410
    assert empty_house.accounts.users.count() == 1


@pytest.mark.parametrize("values", [{"password": "short"}, {"email": "alice"}, {"username": " "}])
def test_what_cannot_be_used_is_said_and_what_was_typed_stays(
    empty_house: Services, client: FlaskClient, values: dict[str, str]
):
    token = empty_house.accounts.links.make_owner_link()
    assert token
    form = setup_form(client, token, **values)
    answer = client.post(f"/setup/{token}", data=form)
    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert f'value="{form["email"]}"' in answer.text
    assert f'value="{form["password"]}"' not in answer.text
    assert client.get(f"/setup/{token}").status_code == 200  # the link is as it was
    assert client.get("/cam").status_code == 302


@pytest.mark.parametrize("token", ["x", "a" * 43, "<script>", "..", "%00"])
def test_a_dead_link_says_what_to_do(client: FlaskClient, token: str):
    answer = client.get(f"/setup/{token}")
    assert answer.status_code in (404, 410)
    assert "<script" not in answer.text
