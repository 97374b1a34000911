"""The public page: what the owner puts there, photo by photo, and nothing else."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask.testing import FlaskClient
from sqlalchemy import event

from pucci.accounts import Event
from pucci.photo import Photo
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.site import create_app
from tests.fakes import SUNDAY, FakeClock
from tests.people import ALICE, BOB
from tests.web.asking import ask
from tests.web.house import add_photo, sign_in
from tests.web.site.test_people import send

ON_BOTH = True


@pytest.fixture
def photos(services: Services) -> list[Photo]:
    return [add_photo(services, SUNDAY - timedelta(hours=n), n) for n in range(1, 5)]


def public_ids(client: FlaskClient) -> list[int]:
    return [int(found) for found in re.findall(r"/media/public/(\d+)\.jpg\"", client.get("/").text)]


def test_nothing_is_public_at_first(client: FlaskClient, services: Services, photos: list[Photo]):
    assert public_ids(client) == []
    for photo in photos:
        assert ask(services, f"/media/public/{photo.id}.jpg").status == 404


def test_the_owner_puts_a_photo_there_with_words_and_takes_it_down(
    client: FlaskClient, services: Services, photos: list[Photo]
):
    sign_in(client, ALICE)
    chosen = photos[1].id
    assert send(client, f"/photo/{chosen}/publish", caption="Off <to> the ball").status_code == 303
    stranger = client.application.test_client()
    assert public_ids(stranger) == [chosen]
    page = stranger.get("/").text
    assert "Off &lt;to&gt; the ball. November 2026" in page
    answer = ask(services, f"/media/public/{chosen}.jpg")
    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert [ask(services, f"/media/public/{p.id}.jpg").status for p in photos if p.id != chosen] == [404] * 3
    assert ask(services, f"/media/photo/{chosen}.jpg").status == 403
    send(client, f"/photo/{chosen}/unpublish")
    assert public_ids(stranger) == []
    assert ask(services, f"/media/public/{chosen}.jpg").status == 404


def test_the_page_stays_small_and_nobody_is_told_of_photos_on_it_that_are_not(
    client: FlaskClient, services: Services
):
    for number in range(16):
        photo = add_photo(services, SUNDAY - timedelta(minutes=5 * number), number % 5)
        services.album.public.show(photo.id, "Off to find the ball")
    services.album.public.choose_hero(2)
    page = client.get("/")
    assert public_ids(client) == [2, *range(16, 3, -1)]
    style = client.get(re.findall(r'"(/static/pucci\.css[^"]*)"', page.text)[0])
    assert len(page.data) + len(style.data) <= 15_000
    sign_in(client, ALICE)
    assert "14 photos are on the public page. 2 older ones are not shown now." in client.get("/profile").text
    tray = client.get("/profile/pictures").text
    assert tray.count("Not shown now: the page has the newest 13.") == 2
    assert tray.count('name="caption" value=') == 16


@pytest.mark.parametrize(
    ("caption", "said"),
    [
        ("Tired", "Tired. "),
        ("Is it breakfast?", "Is it breakfast? "),
        ("She said “Wuff!”", "She said “Wuff!” "),
        ("Perhaps…", "Perhaps… "),
    ],
)
def test_a_caption_that_is_a_sentence_gets_no_second_stop(
    client: FlaskClient, services: Services, photos: list[Photo], caption: str, said: str
):
    services.album.public.show(photos[0].id, caption)
    assert f"{said}November 2026" in client.get("/").text


def taken_down_when_old(
    client: FlaskClient, services: Services, photos: list[Photo], clock: FakeClock
) -> list[int]:
    """Put three photos there, the second with words and at the top; days later, take that one down."""
    sign_in(client, ALICE)
    chosen = [photo.id for photo in photos[:3]]
    for photo_id in chosen:
        clock.advance(seconds=1)
        send(client, f"/photo/{photo_id}/publish", caption=f"Words {photo_id}")
    send(client, "/profile/hero", photo=str(chosen[1]))
    clock.advance(days=2)
    assert services.album.purge(timedelta(hours=1)) == 0
    answer = send(client, f"/photo/{chosen[1]}/unpublish")
    said = client.get(answer.headers["Location"]).text
    assert "It is taken down." in said
    assert "It stays among your kept photos." in said
    return chosen


def test_what_is_public_is_kept_and_what_is_taken_down_stays_among_the_owners_kept_photos(
    client: FlaskClient, services: Services, photos: list[Photo], clock: FakeClock
):
    chosen = taken_down_when_old(client, services, photos, clock)
    assert services.album.purge(timedelta(hours=1)) == 0
    assert sorted(public_ids(client)) == [chosen[0], chosen[2]]
    page = client.get(f"/photo/{chosen[1]}").text
    assert "Kept by you. It stays when older photos go." in page
    assert "Only the family sees it" in page
    send(client, f"/photo/{chosen[1]}/unkeep")
    assert services.album.purge(timedelta(hours=1)) == 1
    assert services.album.photo(chosen[1]) is None


@pytest.mark.parametrize("clicks", [1, 2])  # on each button
def test_a_photo_taken_down_comes_back_by_undo_with_its_words_and_at_the_top(
    client: FlaskClient, services: Services, photos: list[Photo], clock: FakeClock, clicks: int
):
    chosen = taken_down_when_old(client, services, photos, clock)
    for _ in range(clicks - 1):
        send(client, f"/photo/{chosen[1]}/unpublish")
    services.album.purge(timedelta(hours=1))
    for _ in range(clicks):
        assert send(client, f"/photo/{chosen[1]}/undecide").status_code == 303
    assert [(one.photo.id, one.caption, one.hero) for one in services.album.public.shown()] == [
        (photo_id, f"Words {photo_id}", photo_id == chosen[1]) for photo_id in reversed(chosen)
    ]
    assert services.album.kept.stars(chosen[1]) == []
    assert [line.what for line in services.accounts.journal.page()[:2]] == [
        Event.PUBLISHED,
        Event.UNPUBLISHED,
    ]


def test_undo_of_taking_down_leaves_the_stars_that_were_there_and_a_new_large_picture(
    client: FlaskClient, services: Services, photos: list[Photo], clock: FakeClock
):
    services.album.kept.keep(photos[1].id, 1)
    chosen = taken_down_when_old(client, services, photos, clock)
    send(client, "/profile/hero", photo=str(chosen[0]))
    send(client, f"/photo/{chosen[1]}/undecide")
    assert [one.photo.id for one in services.album.public.shown() if one.hero] == [chosen[0]]
    assert [star.user_id for star in services.album.kept.stars(chosen[1])] == [1]


def test_putting_a_photo_there_is_undone_by_the_same_button(
    client: FlaskClient, services: Services, photos: list[Photo]
):
    sign_in(client, ALICE)
    answer = send(client, f"/photo/{photos[0].id}/publish")
    page = client.get(answer.headers["Location"]).text
    assert "It is on the public page." in page
    assert '<input type="hidden" name="put" value="1">' in page
    send(client, f"/photo/{photos[0].id}/undecide")
    assert public_ids(client) == [photos[0].id]  # a button of an older page, of another decision
    send(client, f"/photo/{photos[0].id}/undecide", put="1")
    assert public_ids(client) == []
    assert services.album.kept.stars(photos[0].id) == []


def test_a_photo_that_is_deleted_is_gone_from_the_public_page_too(
    client: FlaskClient, services: Services, photos: list[Photo]
):
    sign_in(client, ALICE)
    send(client, f"/photo/{photos[0].id}/publish")
    assert public_ids(client) == [photos[0].id]
    send(client, f"/photo/{photos[0].id}/delete")
    assert public_ids(client) == []


def test_family_may_not_publish(client: FlaskClient, services: Services, photos: list[Photo]):
    sign_in(client, BOB)
    for action in ("publish", "unpublish", "undecide", "caption"):
        assert send(client, f"/photo/{photos[0].id}/{action}").status_code == 403
    assert not services.album.public.is_shown(photos[0].id)
    assert "Put on the public page" not in client.get(f"/photo/{photos[0].id}").text


def test_the_tray_offers_lively_and_kept_photos_one_after_the_other(
    client: FlaskClient, services: Services, photos: list[Photo]
):
    sign_in(client, ALICE)
    services.album.kept.keep(photos[2].id, 1)
    page = client.get("/profile/pictures").text
    assert f'formaction="/photo/{photos[2].id}/unpublish"' in page
    answer = send(client, f"/photo/{photos[2].id}/unpublish")
    page = client.get(answer.headers["Location"]).text
    assert "is not offered again" in page
    assert f'formaction="/photo/{photos[2].id}/unpublish"' not in page
    send(client, f"/photo/{photos[2].id}/undecide")
    assert f'formaction="/photo/{photos[2].id}/unpublish"' in client.get("/profile/pictures").text


def test_a_hero_is_chosen_among_what_is_public(client: FlaskClient, services: Services, photos: list[Photo]):
    sign_in(client, ALICE)
    send(client, "/profile/hero", photo=str(photos[0].id))
    assert "img/hero.jpg" in client.get("/").text
    send(client, f"/photo/{photos[0].id}/publish", caption="Smiling")
    send(client, "/profile/hero", photo=str(photos[0].id))
    page = client.get("/").text
    assert (
        f'src="/media/public/{photos[0].id}.jpg" width="320" height="240" alt="Smiling" fetchpriority' in page
    )
    send(client, "/profile/hero", photo="")
    assert "img/hero.jpg" in client.get("/").text


def test_a_link_to_the_page_has_a_preview_once_it_has_an_address(services: Services, photos: list[Photo]):
    settings = replace(services.settings, server=ServerSettings(address="https://pucci.example"))
    page = (
        create_app(replace(services, settings=settings))
        .test_client()
        .get("/", base_url="https://pucci.example")
        .text
    )
    assert '<meta property="og:url" content="https://pucci.example/">' in page
    assert re.search(r'og:image" content="https://pucci\.example/static/img/hero\.jpg', page)
    assert 'og:description" content="Nobody knows much about her first seven years.' in page


def test_search_engines_find_each_language_at_its_address(services: Services):
    settings = replace(services.settings, server=ServerSettings(address="https://pucci.example"))
    client = create_app(replace(services, settings=settings)).test_client()
    for query in ("", "?lang=de"):
        page = client.get(f"/{query}", base_url="https://pucci.example").text
        assert f'<link rel="canonical" href="https://pucci.example/{query}">' in page
        assert f'og:url" content="https://pucci.example/{query}"' in page
        assert '<link rel="alternate" hreflang="de" href="https://pucci.example/?lang=de">' in page
        assert '<link rel="alternate" hreflang="en" href="https://pucci.example/?lang=en">' in page
    assert "Allow: /?lang=" in client.get("/robots.txt", base_url="https://pucci.example").text


def test_unchanged_it_costs_one_query_and_no_template(
    client: FlaskClient, services: Services, photos: list[Photo]
):
    etag = client.get("/").headers["ETag"]
    asked: list[str] = []

    def count(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        asked.append(statement)

    event.listen(services.db._engine, "before_cursor_execute", count)
    answer = client.get("/", headers={"If-None-Match": etag})
    event.remove(services.db._engine, "before_cursor_execute", count)
    assert answer.status_code == 304
    assert len([one for one in asked if one.startswith("SELECT") and "advisory" not in one]) == 1, asked


def test_what_the_owner_writes_is_on_every_page_at_once(client: FlaskClient, services: Services):
    sign_in(client, ALICE)
    texts = services.profiles.texts() | {"name": "Zoë", "story": "Once *upon* a time."}
    other = create_app(services).test_client()  # another process has its own cache
    assert "<h1>Pucci</h1>" in other.get("/").text
    assert send(client, "/profile", **texts).status_code == 303
    for page in (client.get("/").text, other.get("/").text):
        assert "<h1>Zoë</h1>" in page
        assert "<em>upon</em>" in page
    assert "Zoë" in client.get("/cam").text


def test_a_mistake_keeps_what_was_typed(client: FlaskClient, services: Services):
    sign_in(client, ALICE)
    answer = send(
        client, "/profile", **(services.profiles.texts() | {"birthday": "long ago", "breed": "Dachshund"})
    )
    assert answer.status_code == 400
    assert "Write it as 2008" in answer.text
    assert 'value="Dachshund"' in answer.text


def test_weights_make_a_line_that_is_public_only_if_the_owner_says_so(
    client: FlaskClient, services: Services
):
    sign_in(client, ALICE)
    for day, kg in (("2025-01-01", "2,9"), ("2026-01-01", "3.1")):
        assert send(client, "/profile/weights", day=day, kg=kg).status_code == 303
    assert "first 2.9 kg, now 3.1 kg" in client.get("/profile").text
    assert "3.1 kg" not in client.get("/").text
    send(client, "/profile", **services.profiles.texts(), shows_weight="1")
    page = client.get("/").text
    assert "<dt>Weight</dt><dd>3.1 kg</dd>" in page
    assert "first 2.9 kg, now 3.1 kg" in page
    assert send(client, "/profile/weights", day="2027-01-01", kg="3").status_code == 400
    send(client, "/profile/weights/2026-01-01/delete")
    assert len(services.profiles.weights()) == 1


def test_search_engines_find_the_dog_and_nothing_else(client: FlaskClient):
    robots = client.get("/robots.txt").text
    assert "Disallow: /" in robots.splitlines()
    assert "Allow: /$" in robots


def test_a_public_copy_has_nothing_written_beside_the_picture(services: Services, photos: list[Photo]):
    from tests.jpeg.test_bare import told

    path = services.album.path(photos[0])
    path.write_bytes(told(path.read_bytes()))
    services.album.public.show(photos[0].id)
    body = ask(services, f"/media/public/{photos[0].id}.jpg").body
    assert body[:2] == b"\xff\xd8"
    assert b"SECRET" not in body


def test_deciding_twice_leaves_one_decision(services: Services, photos: list[Photo]):
    from pucci import tables

    for _ in range(2):
        services.album.public.show(photos[0].id)
    with services.db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(tables.showing)) == 1
    assert not services.album.public.show(999)
