"""The postcard: which photo, which numbers, and nothing in it that opens anything."""

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from pucci import jpeg
from pucci import services as parts_list
from pucci.album import Tally
from pucci.photo import Frame, Photo
from pucci.postcard import best
from pucci.services import Services
from pucci.settings import ServerSettings
from tests.fakes import SUNDAY, FakeClock
from tests.web.house import add_photo, house_settings


@pytest.fixture
def house(tmp_path: Path, database_url: str, clock: FakeClock) -> Iterator[Services]:
    server = ServerSettings(address="https://pucci.example/")
    built = parts_list.build(house_settings(tmp_path, database_url=database_url, server=server), clock=clock)
    yield built
    built.close()


def picture(brightness: int, contrast: int) -> jpeg.Sketch:
    """Return the sketch of a picture of tiles that are so bright, and so different."""
    image = Image.new("L", (160, 120))
    image.putdata(
        [
            max(0, min(255, brightness + (contrast if (x // 16 + y // 16) % 2 else -contrast)))
            for y in range(120)
            for x in range(160)
        ]
    )
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    seen = jpeg.sketch(out.getvalue())
    assert seen is not None
    return seen


def photo(number: int, activity: int | None, size: int = 20_000) -> Photo:
    at = SUNDAY - timedelta(minutes=20 * number)
    return Photo(number, "sofa", number, at, f"{number}", size, 640, 480, activity=activity)


@pytest.mark.parametrize(
    ("photos", "looks"),
    [
        ([photo(1, 100), photo(2, 2)], [(120, 50), (120, 50)]),  # something moves
        ([photo(1, 100), photo(2, 100)], [(120, 50), (15, 10)]),  # the other one is dark
        ([photo(1, 100), photo(2, 100)], [(120, 50), (245, 5)]),  # or white
        ([photo(1, 100), photo(2, 950)], [(120, 50), (120, 50)]),  # or a lamp went on
        ([photo(1, 100, 40_000), photo(2, 100, 15_000)], [(120, 50), (120, 50)]),  # or blurred
        ([photo(1, 90), photo(2, None)], [(120, 50), (120, 50)]),
    ],
)
def test_the_best_photo_is_lively_bright_and_sharp(photos: list[Photo], looks: list[tuple[int, int]]):
    seen = {one.id: picture(*look) for one, look in zip(photos, looks, strict=True)}
    for order in (photos, photos[::-1]):
        found = best(order, lambda one: seen[one.id])
        assert found is not None
        assert found.id == 1


def test_a_photo_that_has_gone_meanwhile_is_passed_over():
    assert best([photo(1, 100)], lambda _photo: None) is None
    assert best([], lambda _photo: None) is None


def fill(house: Services, slots: int) -> None:
    for back in range(slots, 0, -1):
        due = SUNDAY - timedelta(minutes=5 * back)
        if back in (3, 4):
            house.album.slots.missed("sofa", due, reason="off, by Alice", tally=Tally(0))
        elif back == 8:
            frame = Frame(b"x", due)
            tally = Tally(4, {"cut short": 4}, (frame, "cut short"))
            house.album.slots.missed("sofa", due, reason="damaged: cut short", tally=tally)
        else:
            add_photo(house, due, back)


def test_the_numbers_are_the_days(house: Services):
    fill(house, 30)
    card = house.postcards().write(SUNDAY)
    numbers = dict(line.split(":", 1) for line in card.message.text.splitlines() if line.count(":") == 1)
    assert numbers["Photos taken"].strip() == "26 of 27 due; 2 times off"
    assert numbers["Frames refused"].strip() == "4"
    assert numbers["In the album"].strip().startswith("27, ")
    assert "GB" in numbers["Free on the disk"]
    assert card.photo_id is not None


def test_since_when_pucci_runs_is_its_own_time_and_not_the_machines(house: Services, clock: FakeClock):
    clock.advance(hours=2, minutes=1)  # the machine was on before
    assert "Pucci started:    2 hours ago" in house.postcards().write(clock.now()).message.text
    card = house.postcards(lambda: None).write(clock.now())
    assert "Pucci started:    it is not running" in card.message.text


def test_a_day_without_a_photo_has_a_card_too_which_says_what_is_wrong(house: Services):
    house.album.slots.missed("sofa", SUNDAY, reason="camera unplugged", tally=Tally())
    card = house.postcards().write(SUNDAY, house.health().sentences)
    assert card.photo_id is None
    for written in (card.message.text, card.message.html):
        assert "no photo of this day" in written
        assert "The camera sofa is unplugged." in written
    assert "cid:" not in card.message.html


def test_no_link_in_it_opens_anything_and_nothing_is_fetched_from_elsewhere(house: Services):
    fill(house, 10)
    page = house.postcards().write(SUNDAY).message.html
    assert page.count("https://") == 1
    assert 'href="https://pucci.example/album/2026-11-22"' in page
    assert page.count("src=") == page.count('src="cid:photo@pucci"') == 1


def test_a_name_is_text_and_no_markup(house: Services):
    house.profiles.write(house.profiles.texts() | {"name": "<b>Rex & Co</b>"}, shows_weight=False)
    page = house.postcards().write(SUNDAY).message.html
    assert "<b>Rex" not in page
    assert "&lt;b&gt;Rex &amp; Co&lt;/b&gt;" in page


def test_of_several_cameras_the_card_says_which(tmp_path: Path, clock: FakeClock):
    settings = house_settings(tmp_path, "sofa", "garden")
    house = parts_list.build(replace(settings, data_dir=tmp_path / "two"), clock=clock)
    add_photo(house, SUNDAY - timedelta(hours=2), camera="garden")
    assert "camera garden" in house.postcards().write(SUNDAY).message.text
    house.close()
