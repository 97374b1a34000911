"""The site as an app: manifest, icons, the page for when there is no line."""

import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from PIL import Image

from pucci.photo import Frame, State, Verdict
from pucci.services import Services
from tests.album.test_sheets import of_colour
from tests.fakes import SUNDAY
from tests.people import ALICE, BOB
from tests.web.house import add_photo, sign_in
from tests.web.site.test_people import send


def test_the_app_has_a_name_a_beginning_and_icons(client: FlaskClient, services: Services):
    words = client.get("/manifest.webmanifest").get_json(force=True)
    assert (words["name"], words["start_url"], words["display"]) == ("Pucci", "/cam", "standalone")
    assert {icon.get("purpose", "any") for icon in words["icons"]} == {"any", "maskable"}
    for one in words["icons"]:
        answer = client.get(one["src"])
        with Image.open(io.BytesIO(answer.data)) as picture:
            assert f"{picture.width}x{picture.height}" == one["sizes"]
        assert answer.headers["ETag"]


def test_the_icon_is_the_hero_once_one_is_chosen(client: FlaskClient, services: Services):
    sign_in(client, ALICE)
    drawn, address = client.get("/icon-192.png").data, client.get("/manifest.webmanifest").data
    photo = add_photo(services, SUNDAY - timedelta(hours=1), 5)
    send(client, f"/photo/{photo.id}/publish")
    assert client.get("/icon-192.png").data == drawn
    send(client, "/profile/hero", photo=str(photo.id))
    assert client.get("/icon-192.png").data != drawn
    assert client.get("/manifest.webmanifest").data != address


@pytest.mark.parametrize("dog_at", [0, 40, 120, 200, 260])
def test_the_icon_has_the_whole_dog_also_when_the_photos_beside_its_own_have_gone(
    client: FlaskClient, services: Services, dog_at: int
):
    sign_in(client, ALICE)
    places = (0 if dog_at > 100 else 260, dog_at, None)
    photos = [
        services.album.add(
            "sofa",
            Frame(of_colour(90, place), SUNDAY - timedelta(minutes=9 - number)),
            Verdict(State.WHOLE, width=320, height=240),
        )
        for number, place in enumerate(places)
    ]
    send(client, f"/photo/{photos[1].id}/publish")
    send(client, "/profile/hero", photo=str(photos[1].id))
    services.album.delete([photos[0], photos[2]])
    with Image.open(io.BytesIO(client.get("/icon-180.png").data)) as icon:
        seen = icon.convert("RGB")
    green, blue = seen.tobytes()[1::3], seen.tobytes()[2::3]
    coat = sum(b < 60 and g > 120 for g, b in zip(green, blue, strict=True))
    assert coat > 0.9 * 60 * 80 * (180 / 240) ** 2


@pytest.mark.parametrize("size", [0, 1, 191, 100_000])
def test_icons_come_in_three_sizes(client: FlaskClient, size: int):
    assert client.get(f"/icon-{size}.png").status_code == 404


def test_every_page_names_manifest_and_icon(client: FlaskClient):
    page = client.get("/login").text
    assert '<link rel="manifest" href="/manifest.webmanifest">' in page
    assert '<link rel="apple-touch-icon" href="/icon-180.png">' in page


def test_the_page_without_a_line_says_nothing_private(client: FlaskClient, services: Services):
    add_photo(services, SUNDAY)
    assert "No line to Pucci" in client.get("/offline").text
    assert "/media/" not in client.get("/offline").text
    assert client.get("/sw.js").headers["Content-Type"].startswith("text/javascript")


def test_signing_out_clears_what_the_browser_kept(client: FlaskClient):
    sign_in(client, BOB)
    assert send(client, "/logout").headers["Clear-Site-Data"] == '"cache", "storage"'
