import logging
from dataclasses import replace

import pytest
from flask import Flask, abort
from flask.testing import FlaskClient

from pucci.accounts import Role
from pucci.errors import AlbumError, CameraBusy, NoSuchPhoto
from pucci.services import Services
from pucci.web.site import create_app
from pucci.web.site.allow import allow
from pucci.web.site.errors import PAGES
from tests.people import BOB
from tests.web.house import sign_in


def broken(app: Flask, error: Exception, rule: Role | None = None) -> None:
    @allow(rule)
    def view() -> str:
        raise error

    app.add_url_rule("/broken", "broken", view)
    app.config["PROPAGATE_EXCEPTIONS"] = False


@pytest.mark.parametrize("status", sorted(PAGES))
def test_each_error_has_a_page_that_says_what_to_do(app: Flask, status: int):
    @allow(None)
    def view() -> str:
        abort(status)

    if status != 408:
        app.add_url_rule("/it", "it", view)
        answer = app.test_client().get("/it")
        assert answer.status_code == status
        assert f"<h1>{PAGES[status][0]}</h1>" in answer.text
        assert "{name}" not in answer.text
        assert 'href="/"' in answer.text


def test_nobody_here(client: FlaskClient):
    answer = client.get("/nowhere")
    assert answer.status_code == 404
    assert "Nobody here" in answer.text
    assert "Pucci was last seen at home." in answer.text
    assert "Set-Cookie" not in answer.headers


def test_an_address_used_the_wrong_way_says_which_ways_there_are(client: FlaskClient):
    answer = client.get("/logout")
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_something_broke_and_it_is_noted(app: Flask, caplog: pytest.LogCaptureFixture):
    broken(app, RuntimeError("/var/lib/pucci is on fire"))
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "It is noted, and not your fault." in answer.text
    assert "on fire" not in answer.text
    assert "on fire" in caplog.text


@pytest.mark.parametrize("path", ["/s/4711", "/invite/4711", "/setup/4711"])
@pytest.mark.parametrize("error", [RuntimeError("no"), AlbumError("The album is gone. Look for it.")])
def test_a_link_that_is_its_own_key_stands_in_no_log(
    app: Flask, caplog: pytest.LogCaptureFixture, path: str, error: Exception
):
    @allow(None)
    def view(token: str) -> str:
        raise error

    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.view_functions |= dict.fromkeys(("shared.show", "invite.show", "door.setup"), view)
    assert app.test_client().get(path).status_code == 500
    assert f"GET {path.replace('4711', '<token>')}" in caplog.text
    assert "4711" not in caplog.text


@pytest.mark.parametrize(
    ("asked", "led"),
    [
        ("/cam/", "/cam"),
        ("/cam/sofa//", "/cam/sofa"),
        ("/login/?next=/cam%3Fx", "/login?next=/cam%3Fx"),
        ("/s/4711/", "/s/4711"),
        ("/s/47%0d%0a11/", "/s/47%0D%0A11"),
    ],
)
def test_a_slash_at_the_end_leads_to_the_page_without(client: FlaskClient, asked: str, led: str):
    answer = client.get(asked)
    assert (answer.status_code, answer.headers["Location"]) == (308, led)


@pytest.mark.parametrize("path", ["/nowhere/", "//evil.example/", "/\\evil.example/", "/logout/", "///"])
def test_a_slash_at_the_end_leads_nowhere_else(client: FlaskClient, path: str):
    answer = client.get(path)
    assert answer.status_code in (200, 404)
    assert "Location" not in answer.headers


def test_a_form_is_not_led_on(app: Flask, client: FlaskClient):
    app.config["WTF_CSRF_ENABLED"] = False
    assert client.post("/login/").status_code == 404


def test_an_error_of_ours_is_shown_in_its_own_words_to_those_we_know(app: Flask):
    error = AlbumError("The photos in /var/lib/pucci cannot be read. Look at the disk.")
    broken(app, error, Role.FAMILY)
    client = app.test_client()
    sign_in(client, BOB)
    answer = client.get("/broken")
    assert answer.status_code == 500
    assert str(error) in answer.text


def test_an_error_of_ours_tells_a_stranger_nothing_of_our_folders(
    app: Flask, caplog: pytest.LogCaptureFixture
):
    broken(app, AlbumError("The photos in /var/lib/pucci cannot be read. Look at the disk."))
    answer = app.test_client().get("/broken")
    assert answer.status_code == 500
    assert "/var/lib" not in answer.text
    assert "/var/lib" in caplog.text


@pytest.mark.parametrize(
    ("error", "status"), [(NoSuchPhoto("It has gone."), 404), (CameraBusy("It is busy."), 503)]
)
def test_each_error_of_ours_knows_its_status(app: Flask, error: Exception, status: int):
    broken(app, error)
    assert app.test_client().get("/broken").status_code == status


def test_pages_come_even_when_the_database_is_gone(
    services: Services, app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
):
    sign_in(client, BOB)
    services.db.close()
    (services.settings.data_dir / "pucci.db").rename(services.settings.data_dir / "away")
    (services.settings.data_dir / "pucci.db").mkdir()
    assert client.get("/").status_code == 200
    assert client.get("/nowhere").status_code == 404
    answer = client.get("/cam")
    assert answer.status_code == 500
    assert "Something broke" in answer.text
    health = client.get("/health")
    assert (health.status_code, health.json) == (503, {"status": "broken"})


def test_a_body_too_large_for_the_site_under_apache_gets_its_page_too(services: Services):
    server = replace(services.settings.server, max_body_bytes=2000)
    app = create_app(replace(services, settings=replace(services.settings, server=server)))
    answer = app.test_client().post("/login", data={"email": "x" * 3000})
    assert answer.status_code == 413
    assert "That is too large" in answer.text


def test_nothing_is_written_to_the_log_for_what_is_no_fault_of_ours(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
):
    client.get("/nowhere")
    client.post("/login")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
