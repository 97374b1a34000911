"""The access matrix, walked: a real request for each cell."""

import http.client
import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from pucci import services as parts_list
from pucci.accounts import Role
from pucci.accounts.apitokens import Scope
from pucci.album import Tally
from pucci.album.films import Kind as FilmKind
from pucci.album.sheets import Kind as SheetKind
from pucci.album.sheets import plan
from pucci.clock import SystemClock
from pucci.photo import Frame
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web import cookie, served
from pucci.web.access import Answer, may
from pucci.web.asgi import make
from pucci.web.served import Also
from pucci.web.site.matrix import ROLES, Cell, cells
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB, CHARLIE
from tests.web.house import add_photo, house_settings, move_in
from tests.web.running import LIMIT_S, Running, serving

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
def test_every_route_of_the_api_takes_the_tokens_the_table_says(app: Flask, house: Services, scope: Scope):
    header = f"Bearer {house.accounts.tokens.make('x', frozenset([scope]))}"
    for cell in list(cells(app)):
        if isinstance(cell.rule, Scope):
            answer = request(app, house, cell, None, Authorization=header)
            fine = scope in cell.token.split(" or ")
            assert (answer.status_code != 403) == fine, (cell, answer.status_code)


def test_the_album_opens_what_the_newest_photo_opens_and_no_other_scope_opens_another(app: Flask):
    said = {cell.rule: cell.token for cell in cells(app) if isinstance(cell.rule, Scope)}
    words = {Scope.NEWEST: "newest or album", Scope.ALBUM: "album", Scope.TAKE: "take"}
    assert said == words | {Scope.METRICS: "metrics"}


# -- pictures --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pictures:
    """A house with one of each thing media sends, and a server that sends them."""

    services: Services
    running: Running
    # An address that is there, for each that media has; and one the links below are not for.
    there: dict[str, str]
    others: dict[str, str]

    def status(self, path: str, cookie: str = "", authorization: str = "") -> int:
        """Return how an address is answered; a stream is not read on."""
        line = http.client.HTTPConnection("127.0.0.1", self.running.port, timeout=LIMIT_S)
        sent = {"Cookie": cookie, "Authorization": authorization}
        with closing(line):
            line.request("GET", path, headers={name: value for name, value in sent.items() if value})
            answer = line.getresponse()
            with closing(answer):
                return answer.status

    def shares(self, *tokens: str) -> str:
        """Return the cookie of a browser in which these links were opened."""
        keys = [self.services.accounts.shares.find(token).key for token in tokens]  # type: ignore[union-attr]
        value = cookie.box(self.services.secret_key, salt="pucci.share").dumps({"keys": keys})
        return f"pucci_share={value if isinstance(value, str) else value.decode()}"


@pytest.fixture
def pictures(tmp_path: Path) -> Iterator[Pictures]:
    settings = house_settings(tmp_path, "sofa", "yard", server=ServerSettings(port=0))
    built = parts_list.build(settings, clock=SystemClock())
    for person in (ALICE, BOB, CHARLIE):
        move_in(built, person)
    *_, older, photo = [add_photo(built, SUNDAY - timedelta(hours=back), back) for back in range(7, -1, -1)]
    built.album.kept.keep(photo.id, built.accounts.users.find(BOB.email).id)
    built.album.public.show(photo.id)
    tally = Tally(1, {"cut short": 1}, (Frame(b"\xff\xd8", SUNDAY), "cut short"))
    built.album.slots.missed("sofa", SUNDAY + timedelta(minutes=5), reason="damaged: cut short", tally=tally)
    start = SUNDAY.replace(minute=0) - timedelta(hours=8)
    end = start + timedelta(hours=10)
    film = built.films.make(built.album.films.want("sofa", FilmKind.SPAN, start, end))
    sheet = plan(SheetKind.DAY, "sofa", start, end, built.album.between("sofa", start, end)[::-1])
    refusal = built.album.refusals.newest("sofa")[0]
    ids = {served.FILM: film.id, served.POSTER: film.id, served.REFUSED: refusal.id}
    there, others = {served.SHEET.path: f"/media/sheet/{sheet.name}"}, {}
    for one in served.ALL:
        this = one.path.replace("<id>", str(ids.get(one, photo.id))).replace("<camera>", "sofa")
        there.setdefault(one.path, this)
        others[one.path] = one.path.replace("<id>", str(older.id)).replace("<camera>", "yard")
    with serving(lambda stopping: make(built, stopping=stopping), settings.server) as running:
        yield Pictures(built, running, there, others)
    built.close()


@pytest.mark.parametrize("role", ROLES, ids=["nobody", "guest", "family", "owner"])
def test_every_picture_says_to_everybody_what_the_table_says(pictures: Pictures, role: Role | None):
    value = f"pucci={cookie_of(pictures.services, role)}"
    for one in served.ALL:
        fine = may(role, one.rule) is Answer.YES
        assert pictures.status(pictures.there[one.path], value) == (200 if fine else 403), (one, role)
        gone = one.path.replace("<id>", "999").replace("<camera>", "attic").replace("<kind>", "day")
        gone = re.sub("<.*>", "0-900-00000000", gone)
        if gone != one.path and one.rule is not None:  # nor is it said what there is
            assert pictures.status(gone, value) == (404 if fine else 403), (one, role)


def test_every_picture_says_to_links_what_the_table_says(pictures: Pictures):
    shares, life = pictures.services.accounts.shares, {"life": timedelta(days=1)}
    photo_id = int(re.sub(r"\D", "", pictures.there[served.PHOTO.path]))
    photo, live = shares.photo(photo_id, "sofa", **life), shares.live("sofa", **life)
    day = shares.day("sofa", SUNDAY, SUNDAY + timedelta(hours=1), **life)
    some, kept = shares.some([photo_id], **life), shares.kept(**life)
    opens = {Also.PHOTO: {photo, some, day, kept}, Also.CAMERA: {live}, Also.NOBODY: set()}
    for one in served.ALL:
        for token in (photo, some, day, kept, live):
            fine = one.also is Also.ALL or token in opens[one.also]
            value = pictures.shares(token)
            assert pictures.status(pictures.there[one.path], value) == (200 if fine else 403), (one, fine)
            if one.also in (Also.PHOTO, Also.CAMERA):
                assert pictures.status(pictures.others[one.path], value) == 403, one
        every = pictures.status(pictures.there[one.path], pictures.shares(photo, some, day, kept, live))
        assert (every == 200) == (one.also is not Also.NOBODY), one


@pytest.mark.parametrize("scope", list(Scope))
def test_every_picture_says_to_tokens_what_the_table_says(pictures: Pictures, scope: Scope):
    token = pictures.services.accounts.tokens.make("x", frozenset([scope]))
    opens = {
        Also.ALL: (True, True),
        Also.NOBODY: (False, False),
        Also.PHOTO: (scope in (Scope.ALBUM, Scope.NEWEST), scope is Scope.ALBUM),
        Also.CAMERA: (scope in (Scope.ALBUM, Scope.NEWEST),) * 2,
    }
    for one in served.ALL:
        newest, others = opens[one.also]
        asked = {pictures.there[one.path]: newest}
        if one.also in (Also.PHOTO, Also.CAMERA):
            asked[pictures.others[one.path]] = others
        for path, fine in asked.items():
            status = 200 if fine else 403
            assert pictures.status(path, authorization=f"Bearer {token}") == status, (path, scope)
            assert pictures.status(f"{path}?token={token}") == status, (path, scope)


def test_media_has_no_address_that_is_not_in_the_table(pictures: Pictures):
    alice = f"pucci={cookie_of(pictures.services, Role.OWNER)}"
    for address in pictures.there.values():
        for wrong in (f"{address}x", f"{address}/", address.replace("/media/", "/media/x/")):
            assert pictures.status(wrong, alice) == 404, wrong
