"""The access matrix, walked: a real request for each cell."""

import re

import pytest
from flask import Flask

from pucci.accounts import Role
from pucci.accounts.apitokens import Scope
from pucci.services import Services
from pucci.web import cookie
from pucci.web.access import Answer, may
from pucci.web.site.matrix import MEDIA, ROLES, Cell, cells
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB, CHARLIE
from tests.web.asking import ask
from tests.web.house import add_photo, move_in

PEOPLE = {Role.OWNER: ALICE, Role.FAMILY: BOB, Role.GUEST: CHARLIE}

pytestmark = pytest.mark.slow  # every route for every role, by a real request


@pytest.fixture
def house(services: Services) -> Services:
    move_in(services, CHARLIE, Role.GUEST)
    add_photo(services, SUNDAY)
    return services


def cookie_of(services: Services, role: Role | None) -> str:
    """Return the cookie of somebody of a role who has just signed in."""
    if role is None:
        return ""
    person = services.accounts.users.find(PEOPLE[role].email)
    token = services.accounts.sessions.start(person, address="192.0.2.7", device="a test")
    value = cookie.box(services.secret_key).dumps({cookie.TOKEN: token})
    return value if isinstance(value, str) else value.decode()


def address_of(cell: Cell) -> str:
    values = {"camera": "sofa", "name": "pucci.css"}
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: values.get(found[1], "999"), cell.path)


def request(app: Flask, services: Services, cell: Cell, role: Role | None, **headers: str):
    client = app.test_client()
    value = cookie_of(services, role)
    if value:
        client.set_cookie("pucci", value)
    return client.open(address_of(cell), method=cell.method, headers=headers)


def told(response) -> Answer:  # noqa: ANN001
    """Return what an answer says of access."""
    if response.status_code == 401 and "WWW-Authenticate" in response.headers:
        return Answer.SIGN_IN
    if response.status_code == 302 and response.headers["Location"].startswith("/login"):
        return Answer.SIGN_IN
    return Answer.NO if response.status_code == 403 and "for the family" in response.text else Answer.YES


@pytest.mark.parametrize("role", ROLES, ids=["nobody", "guest", "family", "owner"])
def test_every_route_says_to_everybody_what_the_table_says(app: Flask, house: Services, role: Role | None):
    app.config["WTF_CSRF_ENABLED"] = False
    for cell in list(cells(app)):
        answer = request(app, house, cell, role)
        assert told(answer) is cell.answer(role), (cell, role, answer.status_code)
        assert answer.status_code != 500, cell


def test_every_form_that_asks_again_asks_again(app: Flask, house: Services, clock: FakeClock):
    app.config["WTF_CSRF_ENABLED"] = False
    for cell in list(cells(app)):
        if not cell.fresh:
            continue
        client = app.test_client()
        client.set_cookie("pucci", cookie_of(house, Role.OWNER))
        clock.advance(minutes=16)
        answer = client.open(address_of(cell), method=cell.method)
        assert answer.status_code == 403, cell
        assert "Is that still you" in answer.text


@pytest.mark.parametrize("scope", list(Scope))
def test_every_route_of_the_api_takes_its_scope(app: Flask, house: Services, scope: Scope):
    header = f"Bearer {house.accounts.tokens.make('x', frozenset([scope]))}"
    for cell in list(cells(app)):
        if isinstance(cell.rule, Scope):
            answer = request(app, house, cell, None, Authorization=header)
            fine = scope is cell.rule or (cell.rule is Scope.NEWEST and scope is Scope.ALBUM)
            assert (answer.status_code != 403) == fine, (cell, answer.status_code)


@pytest.mark.parametrize("role", ROLES, ids=["nobody", "guest", "family", "owner"])
def test_every_picture_says_to_everybody_what_the_table_says(house: Services, role: Role | None):
    value = f"pucci={cookie_of(house, role)}"
    for path, rule, _link, _token in MEDIA:
        if path.endswith(".mjpeg"):
            continue  # a stream needs a server: see test_live.py
        for number in ("1", "999"):
            address = path.replace("<id>", number).replace("<camera>", "sofa")
            address = address.replace("<kind>", "day").replace("<name>", "0-900-00000000")
            status = ask(house, address, cookie=value).status
            assert (status == 403) == (may(role, rule) is not Answer.YES), (address, role, status)
