import re
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pyotp.totp import TOTP

from pucci.services import Services
from pucci.web.site import create_app
from tests.authenticator import Phone
from tests.fakes import FakeClock
from tests.people import ALICE, BOB
from tests.web.house import csrf_of, sign_in
from tests.web.site.test_people import invite, send


def ask(client: FlaskClient, path: str = "/passkeys/ask") -> tuple[dict[str, Any], str]:
    page = client.get("/login")
    token = csrf_of(page.text if page.status_code == 200 else client.get("/me").text)
    return client.post(path, data={"csrf_token": token}).get_json(), token


def add_key(client: FlaskClient, phone: Phone, name: str = "Phone"):
    asked, token = ask(client, "/me/passkeys/ask")
    form = {"csrf_token": token, "name": name, "passkey": phone.make(asked)}
    return client.post("/me/passkeys", data=form)


def enter(client: FlaskClient, phone: Phone):
    asked, token = ask(client)
    return client.post("/login/passkey", data={"csrf_token": token, "passkey": phone.sign(asked)})


@pytest.fixture
def phone(client: FlaskClient) -> Phone:
    """Bob's phone, with his passkey; `client` is signed in as Bob."""
    sign_in(client, BOB)
    phone = Phone()
    assert add_key(client, phone).status_code == 303
    return phone


def test_bob_signs_in_with_his_phone_and_types_nothing(app: Flask, client: FlaskClient, phone: Phone):
    there = app.test_client()
    answer = enter(there, phone)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cam")
    assert "Bob" in there.get("/cam").text
    assert "Phone" in there.get("/me").text


def test_somebody_has_several_passkeys_and_removes_one(app: Flask, client: FlaskClient, phone: Phone):
    key = Phone(counts=False)
    add_key(client, key, "Blue key")
    page = client.get("/me").text
    assert "Blue key" in page
    (first, _) = re.findall(r"/me/passkeys/\d+/remove", page)
    send(client, first)
    assert enter(app.test_client(), phone).status_code == 401
    assert enter(app.test_client(), key).status_code == 303
    assert enter(app.test_client(), key).status_code == 303


def test_an_answer_signs_in_once(app: Flask, client: FlaskClient):
    sign_in(client, BOB)
    phone, there = Phone(counts=False), app.test_client()
    add_key(client, phone)
    asked, token = ask(there)
    cookie = there.get_cookie("pucci")
    assert cookie is not None
    form = {"csrf_token": token, "passkey": phone.sign(asked)}
    assert there.post("/login/passkey", data=form).status_code == 303
    replay = app.test_client()
    replay.set_cookie("pucci", cookie.value)  # question and answer, both stolen
    assert replay.post("/login/passkey", data=form).status_code == 401


def test_an_answer_is_for_the_browser_that_asked(app: Flask, client: FlaskClient, phone: Phone):
    asked, _ = ask(app.test_client())
    there = app.test_client()
    _, token = ask(there)
    form = {"csrf_token": token, "passkey": phone.sign(asked)}
    assert there.post("/login/passkey", data=form).status_code == 401


def test_an_answer_comes_within_ten_minutes(app: Flask, client: FlaskClient, phone: Phone, clock: FakeClock):
    there = app.test_client()
    asked, token = ask(there)
    clock.advance(minutes=11)
    form = {"csrf_token": token, "passkey": phone.sign(asked)}
    assert there.post("/login/passkey", data=form).status_code == 401


@pytest.mark.parametrize("change", [{"origin": "https://evil.example"}, {"verifies": False}, {"uses": -1}])
def test_an_answer_from_elsewhere_or_without_a_finger_or_of_a_copy_is_none(
    app: Flask, client: FlaskClient, phone: Phone, change: dict[str, object]
):
    assert enter(app.test_client(), phone).status_code == 303
    for name, value in change.items():
        setattr(phone, name, value)
    assert enter(app.test_client(), phone).status_code == 401


@pytest.mark.parametrize(
    "passkey", ["", "x", "[]", "{}", '{"rawId": 5}', '{"rawId": "%%%"}', '{"rawId":"AA"}']
)
def test_an_answer_made_up_is_none(app: Flask, client: FlaskClient, phone: Phone, passkey: str):
    there = app.test_client()
    _, token = ask(there)
    answer = there.post("/login/passkey", data={"csrf_token": token, "passkey": passkey})
    assert answer.status_code == 401
    assert "This passkey is not known here." in answer.text


@pytest.mark.parametrize("passkey", ["", "x", "[]", "{}", '{"rawId":"AA","id":"AA","response":{}}'])
def test_a_new_passkey_made_up_is_none(client: FlaskClient, phone: Phone, passkey: str):
    _, token = ask(client, "/me/passkeys/ask")
    answer = client.post("/me/passkeys", data={"csrf_token": token, "name": "x", "passkey": passkey})
    assert answer.status_code == 400


def test_who_is_kept_out_has_no_passkey(app: Flask, client: FlaskClient, phone: Phone, services: Services):
    services.accounts.users.disable(services.accounts.users.find("Bob"))
    assert enter(app.test_client(), phone).status_code == 401


def test_grandma_comes_in_with_a_passkey_and_has_no_password(
    app: Flask, client: FlaskClient, services: Services
):
    sign_in(client, ALICE)
    link, grandma, phone = invite(client), app.test_client(), Phone()
    token = csrf_of(grandma.get(link).text)
    asked = grandma.post(f"{link}/ask", data={"csrf_token": token})
    answer = phone.make(asked.get_json())
    form = {"csrf_token": token, "email": "grandma@example.org", "passkey": answer}
    assert grandma.post(link, data=form).status_code == 303
    assert "Grandma" in grandma.get("/cam").text
    assert enter(app.test_client(), phone).status_code == 303
    only = re.search(r"/me/passkeys/\d+/remove", grandma.get("/me").text)
    assert only
    assert "only way in" in send(grandma, only[0]).text
    assert enter(app.test_client(), phone).status_code == 303
    assert grandma.post(f"{link}/ask", data={"csrf_token": token}).status_code in (400, 410)


def test_a_passkey_is_a_fresh_proof(client: FlaskClient, phone: Phone, clock: FakeClock, services: Services):
    clock.advance(minutes=16)
    asked, token = ask(client)
    form = {"csrf_token": token, "password": "bob digs a hole", "proof_passkey": phone.sign(asked)}
    assert client.post("/me/password", data=form).status_code == 303


def test_another_persons_passkey_is_no_proof(app: Flask, client: FlaskClient, phone: Phone, clock: FakeClock):
    alice = app.test_client()
    sign_in(alice, ALICE)
    clock.advance(minutes=16)
    asked, token = ask(alice)
    form = {"csrf_token": token, "name": "Mia", "role": "family", "proof_passkey": phone.sign(asked)}
    assert alice.post("/people/invite", data=form).status_code == 403


@pytest.mark.parametrize(
    ("address", "base_url", "why"),
    [
        ("", "http://192.168.1.7:8090", "HTTPS alone"),
        ("http://pucci.lan", "http://pucci.lan", "HTTPS alone"),
        ("https://192.168.1.7", "https://192.168.1.7", "a name"),
        ("https://pucci.example", "http://192.168.1.7:8090", "https://pucci.example"),
        ("https://pucci.example", "https://pucci.example", ""),
        ("", "http://localhost:8090", ""),
    ],
)
def test_where_passkeys_are_off_the_page_says_why(services: Services, address: str, base_url: str, why: str):
    server = replace(services.settings.server, address=address)
    app = create_app(replace(services, settings=replace(services.settings, server=server)))
    page = app.test_client().get("/login", base_url=base_url).text
    assert ("Passkeys are off" in page) == bool(why)
    assert why in page
    assert ("data-passkey" in page) == (not why)


# -- codes -----------------------------------------------------------------------------------------


def code_of(secret: str, clock: FakeClock, steps: int = 0) -> str:
    return TOTP(secret).generate_otp(int(clock.now().timestamp()) // 30 + steps)


@pytest.fixture
def secret(client: FlaskClient, clock: FakeClock) -> str:
    sign_in(client, BOB)
    page = client.get("/me/codes").text
    found = re.search(r'name="secret" value="(\w{32})"', page)
    assert found
    assert "does not fit" in send(client, "/me/codes", secret=found[1], code="000000").text
    page = send(client, "/me/codes", secret=found[1], code=code_of(found[1], clock)).text
    spare.clear()
    spare.extend(re.findall(r"<li>(\w{4}-\w{4}-\w{4}-\w{4})</li>", page))
    assert len(spare) == 10
    clock.advance(60)
    return found[1]


spare: list[str] = []


def with_code(app: Flask, code: str, password: str = BOB.password):
    client = app.test_client()
    page = sign_in(client, BOB, password=password)
    half = re.search(r'name="half" value="([^"]+)"', page.text)
    if half is None:
        return page
    assert client.get("/cam").status_code == 302
    return client.post("/login/code", data={"csrf_token": csrf_of(page.text), "half": half[1], "code": code})


def test_with_codes_on_the_password_alone_is_not_enough(app: Flask, secret: str, clock: FakeClock):
    assert with_code(app, "000000").status_code == 401
    right = code_of(secret, clock)
    assert with_code(app, right, password="wrong").status_code == 401
    assert with_code(app, right).headers["Location"] == "/cam"
    assert with_code(app, right).status_code == 401  # a code works once
    clock.advance(30)
    assert with_code(app, code_of(secret, clock, 1)).status_code == 303  # a phone that is ahead


def test_a_recovery_code_works_once(app: Flask, secret: str):
    assert with_code(app, spare[0].upper()).status_code == 303
    assert with_code(app, spare[0]).status_code == 401


def test_codes_are_throttled_also_from_many_networks(app: Flask, secret: str, clock: FakeClock):
    codes = [with_code(app, f"{number:06}").status_code for number in range(6)]
    assert codes == [401] * 5 + [429]


def test_codes_are_turned_off_again(app: Flask, client: FlaskClient, secret: str):
    send(client, "/me/codes/off")
    assert sign_in(app.test_client(), BOB).status_code == 303


def test_half_a_sign_in_made_up_or_too_old_is_none(app: Flask, secret: str, clock: FakeClock):
    client = app.test_client()
    page = sign_in(client, BOB)
    half = re.search(r'name="half" value="([^"]+)"', page.text)
    assert half
    clock.advance(minutes=11)
    for value in (half[1], "x", ""):
        form = {"csrf_token": csrf_of(page.text), "half": value, "code": code_of(secret, clock)}
        assert client.post("/login/code", data=form).headers["Location"] == "/login"
