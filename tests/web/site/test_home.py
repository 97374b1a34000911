import gzip
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pucci.errors import SettingsError
from pucci.profile import Profiles
from pucci.services import Services
from pucci.settings import ProfileSettings
from pucci.web.site import create_app
from tests.fakes import FakeClock
from tests.people import BOB
from tests.web.house import sign_in

MOST_BYTES = 15_000


def client_for(services: Services, **profile: str) -> FlaskClient:
    seed = ProfileSettings(**profile)
    settings = replace(services.settings, profile=seed)
    services = replace(services, settings=settings, profiles=Profiles(services.db, seed))
    return create_app(services).test_client()


def test_the_page_tells_of_the_dog(client: FlaskClient):
    page = client.get("/").text
    assert "<h1>Pucci</h1>" in page
    assert "A Pomeranian, eighteen years old, at home with Gwen and Luke." in page
    assert "<dt>Born</dt><dd>2008</dd>" in page
    assert "<dt>Home since</dt><dd>December 2015</dd>" in page
    assert page.count("<p>") >= 3
    assert 'href="/contact"' in page
    assert re.search(
        r'<img src="/static/img/hero\.jpg\?v=[0-9a-f]+" width="1200" height="750" alt="Pucci,', page
    )


def test_html_and_style_are_small_even_unpacked(client: FlaskClient):
    page = client.get("/")
    links = re.findall(r'(?:href|src)="(/static/[^"]+\.(?:css|svg|js)[^"]*)"', page.text)
    assert links
    plain = len(page.data) + sum(len(client.get(link).data) for link in set(links))
    assert plain <= MOST_BYTES
    packed = {"Accept-Encoding": "gzip"}
    sent = len(client.get("/", headers=packed).data)
    sent += sum(len(client.get(link, headers=packed).data) for link in set(links))
    assert sent <= MOST_BYTES / 3


def test_packed_it_is_the_same_page(client: FlaskClient):
    packed = client.get("/", headers={"Accept-Encoding": "br, gzip;q=0.8"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Vary"] == "Accept-Encoding, Accept-Language"
    assert gzip.decompress(packed.data) == client.get("/", headers={"Accept-Encoding": "gzip;q=0"}).data


@pytest.mark.parametrize("path", ["/", "/contact", "/static/pucci.css"])
def test_it_is_the_same_for_everyone_so_any_cache_may_keep_it(client: FlaskClient, path: str):
    sign_in(client, BOB)
    for cookie in ({}, {"Cookie": "pucci=abc"}):
        answer = client.get(path, headers=cookie)
        assert answer.headers["Cache-Control"].startswith("public, max-age=")
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        again = client.get(path, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["Cache-Control"] == answer.headers["Cache-Control"]
        assert client.head(path).status_code == 200


def test_there_is_no_script_and_nothing_from_elsewhere(client: FlaskClient):
    for path in ("/", "/contact"):
        page = client.get(path).text
        assert "<script" not in page
        assert "http" not in page.replace("https://www.w3.org", "")
        assert not re.search(r'\s(style|on\w+)="', page)


def test_on_her_birthday_the_page_says_so_by_itself(services: Services, clock: FakeClock):
    client = client_for(services, birthday="2008-11-23")
    before = client.get("/")
    assert "eighteen" not in before.text
    clock.jump(datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC))
    after = client.get("/", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200
    assert "eighteen years old" in after.text


def test_the_day_changes_at_the_familys_midnight(services: Services, clock: FakeClock):
    zoned = replace(services.settings.clock, timezone="Europe/Berlin")
    services = replace(services, settings=replace(services.settings, clock=zoned))
    client = client_for(services, birthday="2008-11-23")
    clock.jump(datetime(2026, 11, 22, 22, 59, tzinfo=UTC))
    assert "seventeen" in client.get("/").text
    clock.jump(datetime(2026, 11, 22, 23, 1, tzinfo=UTC))
    assert "eighteen" in client.get("/").text


def test_another_dog_has_its_own_words(services: Services):
    page = (
        client_for(
            services, name="Zoë & Co", breed="Akita", birthday="2025-11", family="", home_since="2025-12-24"
        )
        .get("/")
        .text
    )
    assert "An Akita, one year old." in page
    assert "<h1>Zoë &amp; Co</h1>" in page
    assert "24 December 2025" in page
    assert "<dt>Family" not in page


def test_a_dog_of_whom_little_is_known_has_a_page_too(services: Services):
    page = client_for(services, breed="", birthday="2030", family="", home_since="", story="").get("/").text
    assert "<h1>Pucci</h1>" in page
    assert "None" not in page


def test_what_the_owner_wrote_is_text_and_never_markup(services: Services):
    page = client_for(services, story="<script>alert(1)</script>", name="<b>x").get("/").text
    assert "<script>" not in page
    assert "<b>" not in page


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("gwen@example.org", 'href="mailto:gwen@example.org"'),
        ("Ring twice.", "<p>Ring twice.</p>"),
        ("", "There is no address here yet."),
        ("javascript:x@y.z or <a>", "javascript:x@y.z or &lt;a&gt;"),
    ],
)
def test_the_family_is_reached_as_they_said(services: Services, contact: str, shown: str):
    page = client_for(services, contact=contact).get("/contact").text
    assert shown in page
    assert "javascript:" not in "".join(re.findall('href="[^"]*"', page))


@pytest.mark.parametrize(
    ("section", "values", "name"),
    [
        ("profile", {"birthday": "May"}, "profile.birthday"),
        ("clock", {"timezone": "Europe/Brelin"}, "clock.timezone"),
    ],
)
def test_a_wrong_date_or_zone_is_found_at_the_start(
    services: Services, section: str, values: dict, name: str
):
    wrong = replace(getattr(services.settings, section), **values)
    settings = replace(services.settings, **{section: wrong})
    with pytest.raises(SettingsError, match=name):
        create_app(replace(services, settings=settings))


def test_files_are_kept_for_a_year_under_the_address_of_their_version(client: FlaskClient):
    address = re.findall(r'href="(/static/pucci\.css\?v=\w+)"', client.get("/").text)[0]
    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/pucci.css?v=old").headers["Cache-Control"] == "public, max-age=300"
    assert client.get(address).mimetype == "text/css"
    for path in ("/static/../__init__.py", "/static/", "/static/img", "/static/%2e%2e/door.py"):
        assert client.get(path).status_code == 404


def test_every_icon_that_a_page_names_is_in_the_sprite():
    site = Path(create_app.__code__.co_filename).parent
    sprite = (site / "static" / "icons.svg").read_text()
    for page in (site / "templates").glob("*.html"):
        for name in re.findall(r'icon\("(\w+)"\)', page.read_text()):
            assert f'<symbol id="{name}"' in sprite
