import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pucci.accounts.apitokens import Scope
from pucci.services import Services
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.asking import ask
from tests.web.house import add_photo, sign_in
from tests.web.site.test_people import send

ON_BOTH = True


def token(services: Services, *scopes: Scope) -> dict[str, str]:
    return {"Authorization": f"Bearer {services.accounts.tokens.make('Home Assistant', frozenset(scopes))}"}


@pytest.fixture
def photos(services: Services) -> list[int]:
    return [add_photo(services, SUNDAY - timedelta(minutes=5 * n), n).id for n in range(7, 0, -1)]


def test_an_owner_makes_a_token_sees_it_once_and_revokes_it(client: FlaskClient, app: Flask):
    sign_in(client, ALICE)
    page = send(client, "/tokens", name="Home Assistant", scope="newest").text
    found = re.search(r"pucci_[\w-]{43}", page)
    assert found
    assert found[0] not in client.get("/tokens").text
    assert "Never used" in client.get("/tokens").text
    script = app.test_client()
    header = {"Authorization": f"Bearer {found[0]}"}
    assert script.get("/api/cameras", headers=header).status_code == 200
    assert script.get(f"/api/cameras?token={found[0]}").status_code == 200
    page = client.get("/tokens").text
    assert "Used 21:35" in page
    path = re.search(r"/tokens/\d+/revoke", page)
    assert path
    send(client, path[0])
    assert script.get("/api/cameras", headers=header).status_code == 401
    journal = client.get("/people/journal").text
    assert "changed a token: made Home Assistant: newest" in journal
    assert found[0] not in journal


@pytest.mark.parametrize(
    "form", [{"name": "x"}, {"name": "", "scope": "take"}, {"name": "x", "scope": "root"}]
)
def test_a_token_that_may_nothing_or_has_no_name_is_refused(client: FlaskClient, form: dict[str, str]):
    sign_in(client, ALICE)
    assert send(client, "/tokens", **form).status_code == 400


PATHS = {
    "/api/health": Scope.NEWEST,
    "/api/cameras": Scope.NEWEST,
    "/api/cameras/sofa/newest": Scope.NEWEST,
    "/api/cameras/sofa/newest.jpg": Scope.NEWEST,
    "/api/cameras/sofa/photos": Scope.ALBUM,
    "/api/photos/1": Scope.ALBUM,
}


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_may_what_it_is_for_and_no_more(
    client: FlaskClient, services: Services, photos: list[int], scope: Scope
):
    header = token(services, scope)
    for path, needed in PATHS.items():
        fine = scope is needed or (needed is Scope.NEWEST and scope is Scope.ALBUM)
        assert client.get(path, headers=header).status_code == (200 if fine else 403), path
    taken = client.post("/api/cameras/sofa/photos", headers=header)
    assert taken.status_code == (201 if scope is Scope.TAKE else 403)


def test_those_who_wait_for_a_photo_leave_half_of_the_threads_to_the_pages(
    client: FlaskClient, services: Services
):
    header, threads = token(services, Scope.TAKE), services.settings.server.threads
    waiting = 0
    while services.takers.acquire(blocking=False):
        waiting += 1
    assert waiting == threads // 2
    refused = client.post("/api/cameras/sofa/photos", headers=header)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "10")
    assert "waits for a photo already" in refused.get_json()["error"]
    services.takers.release()
    for _ in range(2):
        assert client.post("/api/cameras/sofa/photos", headers=header).status_code == 201


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Basic eDp4", "Bearer pucci_" + "a" * 43])
def test_without_a_token_there_is_nothing(client: FlaskClient, photos: list[int], header: str):
    for path in PATHS:
        answer = client.get(path, headers={"Authorization": header})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "no token" in answer.get_json()["error"]


def test_a_cookie_opens_nothing_here_so_no_form_can_be_forged(client: FlaskClient, photos: list[int]):
    sign_in(client, ALICE)
    assert client.post("/api/cameras/sofa/photos").status_code == 401


def test_photos_come_in_pages_by_time(client: FlaskClient, services: Services, photos: list[int]):
    header, path, seen = token(services, Scope.ALBUM), "/api/cameras/sofa/photos?limit=3", []
    while path:
        page = client.get(path, headers=header).get_json()
        seen += [photo["id"] for photo in page["photos"]]
        path = page["next"]
    assert seen == photos[::-1]
    since = (SUNDAY - timedelta(minutes=10)).isoformat()
    found = client.get("/api/cameras/sofa/photos", query_string={"since": since}, headers=header)
    assert [photo["id"] for photo in found.get_json()["photos"]] == photos[:-3:-1]


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=501", "limit=x", "limit=²", "since=x", "until=", "until=0001-01-01T00:00%2B14:00"],
)
def test_a_parameter_that_makes_no_sense_is_refused_in_json(
    client: FlaskClient, services: Services, query: str
):
    answer = client.get(f"/api/cameras/sofa/photos?{query}", headers=token(services, Scope.ALBUM))
    assert answer.status_code == 400
    assert answer.get_json()["error"].startswith(query.split("=", maxsplit=1)[0])


def test_what_is_not_there_is_said_in_json(client: FlaskClient, services: Services):
    header = token(services, Scope.ALBUM, Scope.TAKE)
    for path in ("/api/photos/99", f"/api/photos/{9**40}", "/api/cameras/x/newest", "/api/nothing"):
        answer = client.get(path, headers=header)
        assert answer.status_code == 404
        assert answer.get_json()["error"]
    assert client.post("/api/cameras/x/photos", headers=header).status_code == 404
    assert client.delete("/api/cameras", headers=header).get_json()["error"]


def test_a_camera_that_is_off_takes_no_photo_and_says_why(client: FlaskClient, services: Services):
    services.privacy["sofa"].turn_off(by="Alice", until=None)
    answer = client.post("/api/cameras/sofa/photos", headers=token(services, Scope.TAKE))
    assert answer.status_code == 503
    assert "is off" in answer.get_json()["error"]


def test_a_token_opens_the_media_it_is_for(client: FlaskClient, services: Services, photos: list[int]):
    newest, album = (token(services, scope)["Authorization"] for scope in (Scope.NEWEST, Scope.ALBUM))
    take = token(services, Scope.TAKE)["Authorization"]
    old, new = f"/media/photo/{photos[0]}.jpg", f"/media/thumb/{photos[-1]}.jpg"
    live = "/media/live/sofa.json"
    codes = {
        name: [ask(services, path, authorization=header).status for path in (old, new, live)]
        for name, header in (("newest", newest), ("album", album), ("take", take), ("none", ""))
    }
    assert codes == {
        "newest": [403, 200, 200],
        "album": [200, 200, 200],
        "take": [403, 403, 403],
        "none": [403, 403, 403],
    }
    assert ask(services, old, query="a=b&token=" + album.split()[1]).status == 200


def test_a_tokens_use_is_written_once_an_hour(client: FlaskClient, services: Services, clock: FakeClock):
    header = token(services, Scope.NEWEST)
    for minutes, used in ((0, SUNDAY), (59, SUNDAY), (61, SUNDAY + timedelta(hours=2))):
        clock.advance(minutes=minutes)
        client.get("/api/health", headers=header)
        assert services.accounts.tokens.all()[0].used_at == used


def test_the_description_names_every_path_and_is_for_everyone(app: Flask, client: FlaskClient):
    told = client.get("/api/openapi.json").get_json()
    rules = [rule for rule in app.url_map.iter_rules() if str(rule).startswith("/api/")]
    there = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule))[4:], method.lower())
        for rule in rules
        for method in (rule.methods or set()) & {"GET", "POST"}
    }
    assert {(path, how) for path, ways in told["paths"].items() for how in ways} == there - {
        ("/openapi.json", "get")
    }


def test_family_makes_no_tokens(client: FlaskClient):
    sign_in(client, BOB)
    assert client.get("/tokens").status_code == 403
