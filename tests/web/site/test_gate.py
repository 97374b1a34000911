import pytest
from flask import Flask
from flask.testing import FlaskClient

from pucci import tables
from pucci.services import Services
from tests.fakes import FakeClock
from tests.people import ALICE, BOB, CHARLIE, Person
from tests.web.house import csrf_of, sign_in, sign_out


def from_network(app: Flask, address: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = address
    return client


def attack(app: Flask, clock: FakeClock, person: Person = ALICE, tries: int = 12) -> None:
    """Guess from as many networks, each as soon as it may."""
    for number in range(tries):
        answer = sign_in(from_network(app, f"198.51.{number}.1"), person, password=f"guess {number}")
        clock.advance(int(answer.headers.get("Retry-After", 0)))
    sign_in(from_network(app, "198.51.250.1"), person, password="one more")


def test_too_many_tries_are_told_how_long_to_wait(app: Flask, clock: FakeClock):
    for number in range(5):
        assert sign_in(from_network(app, f"198.51.{number}.1"), ALICE, password="no").status_code == 401
    answer = sign_in(from_network(app, "198.51.9.1"), ALICE)  # even the right one is not looked at
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "1"
    assert "Too many tries. Wait a second, then try again." in answer.text
    assert f'value="{ALICE.email}"' in answer.text
    clock.advance(1)
    assert sign_in(from_network(app, "198.51.9.1"), ALICE).status_code == 303


def test_nobody_learns_by_the_throttle_who_has_an_account(app: Flask):
    for person in (ALICE, CHARLIE):
        codes = [
            sign_in(from_network(app, "203.0.113.9"), person, password="no").status_code for _ in "123456"
        ]
        assert codes == [401] * 5 + [429]


def test_a_known_device_gets_in_while_an_attack_runs(app: Flask, clock: FakeClock):
    phone = from_network(app, "192.0.2.7")
    sign_in(phone, ALICE)
    phone.post("/logout", data={"csrf_token": csrf_of(phone.get("/me").text)})
    attack(app, clock)
    assert sign_in(from_network(app, "192.0.2.8"), ALICE).status_code == 429
    assert sign_in(phone, ALICE).status_code == 303


def test_the_browser_that_made_the_owner_gets_in_while_an_attack_runs(
    app: Flask, clock: FakeClock, services: Services
):
    with services.db.write() as connection:
        connection.execute(tables.user.delete())
    token, laptop = services.accounts.links.make_owner_link(), from_network(app, "192.0.2.7")
    form = {"username": ALICE.username, "email": ALICE.email, "password": ALICE.password}
    form["csrf_token"] = csrf_of(laptop.get(f"/setup/{token}").text)
    assert laptop.post(f"/setup/{token}", data=form).status_code == 303
    sign_out(laptop)
    attack(app, clock)
    assert sign_in(from_network(app, "192.0.2.8"), ALICE).status_code == 429
    assert sign_in(laptop, ALICE).status_code == 303


def test_a_known_device_is_known_for_its_people_alone_and_guesses_no_more_than_others(app: Flask):
    phone = app.test_client()
    sign_in(phone, BOB)
    phone.delete_cookie("pucci")
    codes = [sign_in(phone, BOB, password="no").status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    codes = [sign_in(phone, ALICE, password="no").status_code for _ in range(6)]
    assert codes == [401] * 5 + [429]
    assert sign_in(from_network(app, "192.0.2.9"), BOB).status_code == 303  # his account is as it was


@pytest.mark.parametrize("value", ["", "x", "eyJpZCI6ICJ4In0.a.b"])
def test_a_device_cookie_made_up_is_none(app: Flask, clock: FakeClock, value: str):
    attack(app, clock)
    client = app.test_client()
    client.set_cookie("pucci_known", value)
    assert sign_in(client, ALICE).status_code == 429


def test_a_session_cookie_is_no_device_cookie(app: Flask, clock: FakeClock):
    client = app.test_client()
    sign_in(client, ALICE)
    cookie = client.get_cookie("pucci")
    assert cookie is not None
    attack(app, clock)
    other = app.test_client()
    other.set_cookie("pucci_known", cookie.value)
    assert sign_in(other, ALICE).status_code == 429


def test_the_owner_sees_that_somebody_tried(
    app: Flask, client: FlaskClient, clock: FakeClock, services: Services
):
    sign_in(client, ALICE)
    assert "Somebody tries passwords" not in client.get("/people").text
    for _ in range(8):
        sign_in(from_network(app, "198.51.100.7"), BOB, password="no")
    page = client.get("/people").text
    assert "Somebody tries passwords" in page
    assert "1 account" in page
    journal = client.get("/people/journal").text
    assert journal.count("failed to sign in: bob@example.org") == 5
    assert journal.count("tried too often: bob@example.org") == 1
    assert any("Somebody tries passwords" in notice for notice in services.health().notices)
    assert "tries" not in client.get("/health").text


def test_a_fresh_proof_is_throttled_by_session_and_no_attack_stops_it(
    app: Flask, client: FlaskClient, clock: FakeClock
):
    sign_in(client, ALICE)
    clock.advance(minutes=16)
    attack(app, clock)
    token = csrf_of(client.get("/me").text)

    def invite(password: str) -> int:
        form = {"csrf_token": token, "name": "Mia", "role": "family", "proof_password": password}
        return client.post("/people/invite", data=form).status_code

    assert [invite("no") for _ in range(6)] == [403] * 5 + [429]
    clock.advance(1)
    assert invite(ALICE.password) == 200
