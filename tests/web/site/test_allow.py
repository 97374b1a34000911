import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pucci.accounts import Role
from pucci.accounts.apitokens import Scope
from pucci.services import Services
from pucci.web.site.allow import allow, refuse_views_without_rule, rule_of
from tests.people import BOB, CHARLIE
from tests.web.house import move_in, sign_in

PUBLIC = {
    "/",
    "/contact",
    "/login",
    "/login/code",
    "/login/passkey",
    "/passkeys/ask",
    "/invite/<token>/ask",
    "/logout",
    "/setup/<token>",
    "/doggiecam",
    "/health",
    "/api/openapi.json",
    "/s/<token>",
    "/invite/<token>",
    "/static/<path:name>",
    "/robots.txt",
    "/manifest.webmanifest",
    "/icon-<int:size>.png",
    "/sw.js",
    "/offline",
}
OWNERS = (
    *("/people", "/state", "/shares/live", "/tokens", "/photo/<int:photo_id>/delete", "/kept/delete"),
    "/films/<int:film_id>/delete",
    *("/profile", "/photo/<int:photo_id>/publish", "/photo/<int:photo_id>/unpublish"),
    *("/photo/<int:photo_id>/undecide", "/photo/<int:photo_id>/caption"),
    *("/cam/<camera>/off", "/cam/<camera>/on", "/cam/<camera>/refused"),
)
EVERYBODYS = "/me"


def test_every_route_has_a_rule_and_only_these_are_for_everyone(app: Flask):
    rules = {str(route): rule_of(app.view_functions[route.endpoint]) for route in app.url_map.iter_rules()}
    assert {path for path, rule in rules.items() if rule is None} == PUBLIC
    for path, rule in rules.items():
        if path.startswith(("/api/", "/metrics")):
            assert path in PUBLIC or isinstance(rule, Scope), path
        elif path not in PUBLIC:
            wanted = Role.OWNER if path.startswith(OWNERS) else Role.FAMILY
            assert rule is (Role.GUEST if path.startswith(EVERYBODYS) else wanted), path


def test_a_view_without_a_rule_is_refused_when_the_application_is_made(app: Flask):
    app.add_url_rule("/secret", "secret", lambda: "everything")
    with pytest.raises(LookupError, match="Write @allow"):
        refuse_views_without_rule(app)


def test_a_view_without_a_rule_shows_nothing_even_if_nobody_looked(app: Flask):
    app.add_url_rule("/secret", "secret", lambda: "everything")
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = app.test_client().get("/secret")
    assert answer.status_code == 500
    assert "everything" not in answer.text


@pytest.mark.parametrize(("role", "status"), [(Role.GUEST, 403), (Role.FAMILY, 403), (Role.OWNER, 200)])
def test_a_rule_is_asked_for_every_method(app: Flask, services: Services, role: Role, status: int):
    @allow(Role.OWNER)
    def secret() -> str:
        return "everything"

    app.add_url_rule("/secret", "secret", secret, methods=["GET", "POST"])
    move_in(services, CHARLIE, role)
    app.config["WTF_CSRF_ENABLED"] = False
    client = app.test_client()
    assert client.get("/secret?a=b").headers["Location"] == "/login?next=/secret?a%3Db"
    assert client.post("/secret").headers["Location"] == "/login"
    app.config["WTF_CSRF_ENABLED"] = True
    sign_in(client, CHARLIE)
    app.config["WTF_CSRF_ENABLED"] = False
    for ask in (client.get, client.head, client.post):
        assert ask("/secret").status_code == status


def walk(app: Flask) -> list[str]:
    values = {"camera": "sofa", "token": "x", "name": "pucci.css"}

    def filled(found: re.Match[str]) -> str:
        return values.get(found[1], "1")

    return [re.sub(r"<(?:\w+:)?(\w+)>", filled, str(route)) for route in app.url_map.iter_rules()]


def test_every_page_says_the_same_to_the_browser_about_safety(app: Flask, client: FlaskClient):
    sign_in(client, BOB)
    for path in [*walk(app), "/nowhere"]:
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] in ("same-origin", "no-referrer")
        assert "camera=()" in headers["Permissions-Policy"]
        assert headers["Cache-Control"] == "no-store" or headers["Cache-Control"].startswith("public")
        assert headers.getlist("Date") == []  # the server's to say, and once


def test_what_somebody_signed_in_sees_is_kept_nowhere(app: Flask, client: FlaskClient):
    sign_in(client, BOB)
    for path in ("/cam", "/cam/sofa", "/nowhere"):
        assert client.get(path).headers["Cache-Control"] == "no-store"
