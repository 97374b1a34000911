"""The owner's page of how it is, and the figures for Prometheus."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from pucci.accounts.apitokens import Scope
from pucci.album import Tally
from pucci.notify import Message
from pucci.notify.outbox import put
from pucci.services import Services
from pucci.web.site.metrics import Family, exposition
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE
from tests.web.house import add_photo, sign_in

# https://prometheus.io/docs/instrumenting/exposition_formats/: what `promtool check metrics` asks for.
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)")


def parsed(text: str) -> dict[str, dict[str, float]]:
    """Read the text format strictly; return each family's samples by their labels."""
    assert text.endswith("\n")
    found: dict[str, dict[str, float]] = {}
    helped, typed = "", ""
    for line in text.splitlines():
        if line.startswith("# HELP "):
            helped = line.split(" ", 3)[2]
            assert helped not in found, "a family comes once"
            assert line.split(" ", 3)[3], "help says something"
        elif line.startswith("# TYPE "):
            _, _, typed, kind = line.split(" ")
            assert typed == helped
            assert kind == "gauge"
            assert not typed.endswith("_total"), "a gauge is no total"
            found[typed] = {}
        else:
            sample = SAMPLE.fullmatch(line)
            assert sample, line
            assert sample[1] == typed
            labels = sample[2] or ""
            assert labels not in found[typed], "a sample comes once"
            found[typed][labels] = float(sample[3])
    return found


def figures(client: FlaskClient, services: Services) -> dict[str, dict[str, float]]:
    token = services.accounts.tokens.make("Prometheus", frozenset([Scope.METRICS]))
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return parsed(answer.text)


def test_the_figures_are_the_houses(client: FlaskClient, services: Services, clock: FakeClock):
    for back in range(12, 1, -1):
        add_photo(services, SUNDAY - timedelta(minutes=5 * back), back)
    missed = SUNDAY - timedelta(minutes=5)
    tally = Tally(3, {"cut short": 3})
    services.album.slots.missed("sofa", missed, reason="camera unplugged", tally=tally)
    clock.trusted = False
    clock.advance(minutes=5)
    found = figures(client, services)
    assert found["pucci_slots"] == {
        'camera="sofa",state="filled"': 11,
        'camera="sofa",state="missed"': 1,
        'camera="sofa",state="off"': 0,
    }
    assert found["pucci_frames_refused"] == {'camera="sofa"': 3}
    assert found["pucci_photos"] == {"": 11}
    assert found["pucci_clock_trusted"] == {"": 0}
    assert found["pucci_healthy"] == {"": 0}
    assert found["pucci_uptime_seconds"] == {"": 300}
    assert set(found["pucci_condition"]) == {'name="camera sofa"', 'name="clock"'}
    assert found["pucci_disk_free_bytes"][""] > 0
    assert found["pucci_watchers"] == {'camera="sofa"': 0}


def test_an_empty_house_has_figures_too(client: FlaskClient, services: Services):
    found = figures(client, services)
    assert found["pucci_photos"] == {"": 0}
    assert "pucci_newest_photo_timestamp_seconds" not in found


@pytest.mark.parametrize("header", ["", "Bearer x"])
def test_without_a_token_there_are_no_figures(client: FlaskClient, header: str):
    sign_in(client, ALICE)
    assert client.get("/metrics", headers={"Authorization": header}).status_code == 401


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.METRICS])
def test_a_token_for_something_else_opens_no_figures(client: FlaskClient, services: Services, scope: Scope):
    token = services.accounts.tokens.make("x", frozenset([scope]))
    assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 403


def test_what_is_odd_in_a_label_is_written_as_the_format_wants_it():
    text = exposition([Family("a", "b\nc", [({"d": 'e"f\\g\nh'}, 1.5)])])
    assert text == '# HELP a b\\nc\n# TYPE a gauge\na{d="e\\"f\\\\g\\nh"} 1.5\n'
    assert parsed(text) == {"a": {'d="e\\"f\\\\g\\nh"': 1.5}}


def test_the_owner_sees_that_all_is_well_and_that_nobody_is_told(client: FlaskClient, services: Services):
    add_photo(services, SUNDAY)
    sign_in(client, ALICE)
    page = client.get("/state").text
    assert "A message could not be sent." not in client.get("/cam").text
    assert "All is well." in page
    assert "Nobody is told when something is wrong." in page


def test_the_owner_sees_what_is_wrong_and_what_could_not_be_sent(client: FlaskClient, services: Services):
    services.album.slots.missed("sofa", SUNDAY, reason="camera busy", tally=Tally())
    with services.db.write() as connection:
        put(connection, ["webhook"], Message("start", "Pucci: <b>x</b>", "x", SUNDAY))
        connection.exec_driver_sql("UPDATE message SET tries = 2, error = 'example.org answered 500.'")
    sign_in(client, ALICE)
    page = client.get("/state").text
    assert "The camera sofa gives no pictures: camera busy. Pucci goes on trying." in page
    assert "example.org answered 500." in page
    assert "Waits to be sent by webhook, 2 tries so far" in page
    assert "Pucci: &lt;b&gt;x&lt;/b&gt;" in page
    assert "A message could not be sent." in client.get("/cam").text
    german = client.get("/state?lang=de").text
    assert "Die Kamera sofa liefert keine Bilder: Kamera belegt." in german
