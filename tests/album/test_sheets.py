"""Contact sheets: what is on them, and that nothing stays on them that has gone."""

import io
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from pucci import jpeg
from pucci.album import Album
from pucci.album.sheets import MOST_TILES, Kind, chosen, is_span, plan
from pucci.db import Database
from pucci.photo import Frame, Photo
from tests.fakes import SUNDAY, FakeClock

HOUR = timedelta(hours=1)
START = SUNDAY.replace(minute=0)
MIDNIGHT = SUNDAY.replace(hour=0, minute=0)


@pytest.fixture
def album(db: Database, tmp_path: Path, clock: FakeClock) -> Album:
    return Album(db, tmp_path, clock=clock)


def of_colour(red: int, dog_at: int | None = None) -> bytes:
    picture = Image.new("RGB", (320, 240), (red, 80, 80))
    if dog_at is not None:
        picture.paste((255, 160, 40), (dog_at, 100, dog_at + 60, 180))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=90)
    return out.getvalue()


def add(album: Album, minute: int, data: bytes) -> Photo:
    taken = Frame(data, START + timedelta(minutes=minute))
    return album.add("sofa", taken, jpeg.judge(data))


def opened(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def test_an_hour_is_its_photos_side_by_side(album: Album):
    photos = [add(album, 5 * n, of_colour(50 * n)) for n in range(4)]
    sheet = plan(Kind.HOUR, "sofa", START, START + HOUR, photos)
    picture = opened(album.sheets.get(sheet))
    assert picture.size == (640, 120) == sheet.size
    reds = [picture.getpixel((160 * n + 80, 60))[0] for n in range(4)]  # type: ignore[index]
    assert reds == pytest.approx([0, 50, 100, 150], abs=6)


def test_a_sheet_is_made_once(album: Album):
    photo = add(album, 0, of_colour(9))
    sheet = plan(Kind.HOUR, "sofa", START, START + HOUR, [photo])
    made = album.sheets.get(sheet)
    album.path(photo).unlink()
    assert album.sheets.get(sheet) == made


def test_a_newer_version_takes_the_place_of_the_older(album: Album, tmp_path: Path):
    photos = [add(album, 5 * n, of_colour(50 * n)) for n in range(3)]
    for count in (1, 2, 3):
        album.sheets.get(plan(Kind.HOUR, "sofa", START, START + HOUR, photos[:count]))
        album.sheets.get(plan(Kind.DAY, "sofa", MIDNIGHT, MIDNIGHT + 24 * HOUR, photos[:count]))
    assert len(list((tmp_path / "sheets").rglob("*.jpg"))) == 2


def test_a_strip_shows_each_hours_liveliest_cut_to_where_it_moved(album: Album):
    add(album, 0, of_colour(60))
    still = add(album, 5, of_colour(60))
    lively = add(album, 10, of_colour(60, dog_at=250))
    add(album, 15, of_colour(60, dog_at=250))
    photos = album.between("sofa", MIDNIGHT, MIDNIGHT + 24 * HOUR)[::-1]
    sheet = plan(Kind.DAY, "sofa", MIDNIGHT, MIDNIGHT + 24 * HOUR, photos)
    assert [tile.photo for tile in sheet.tiles].count(None) == 23
    assert sheet.tiles[21].photo == lively
    assert sheet.tiles[21].before == still
    picture = opened(album.sheets.get(sheet))
    assert picture.size == (24 * 72, 96)
    tile = picture.crop((21 * 72, 0, 22 * 72, 96))
    orange = [x for x in range(72) if tile.getpixel((x, 56))[0] > 200]  # type: ignore[index]
    assert len(orange) == pytest.approx(24, abs=3)  # the whole of what came in at the right


@pytest.mark.parametrize(("hours", "day", "phone"), [(24, 1728, 960), (23, 1656, 920), (25, 1800, 1000)])
def test_strips_are_as_wide_as_the_day_is_long(album: Album, hours: int, day: int, phone: int):
    photo = add(album, 0, of_colour(9))
    for kind, width in ((Kind.DAY, day), (Kind.PHONE, phone)):
        sheet = plan(kind, "sofa", MIDNIGHT, MIDNIGHT + hours * HOUR, [photo])
        assert opened(album.sheets.get(sheet)).size[0] == width == sheet.size[0]


def test_a_photo_that_went_is_on_no_sheet_any_more(album: Album, tmp_path: Path):
    photos = [add(album, 5 * n, of_colour(50 * n)) for n in range(3)]
    other = add(album, 70, of_colour(9))
    album.sheets.get(plan(Kind.HOUR, "sofa", START, START + HOUR, photos))
    album.sheets.get(plan(Kind.HOUR, "sofa", START + HOUR, START + 2 * HOUR, [other]))
    album.sheets.get(plan(Kind.DAY, "sofa", MIDNIGHT, MIDNIGHT + 24 * HOUR, photos))
    # A day that began yesterday by UTC, as east of Greenwich.
    album.sheets.get(plan(Kind.PHONE, "sofa", MIDNIGHT - HOUR, MIDNIGHT + 23 * HOUR, photos))
    album.delete([photos[1]])
    left = [path.name for path in (tmp_path / "sheets").rglob("*.jpg")]
    assert len(left) == 1
    assert left[0].startswith(f"hour_sofa_{int((START + HOUR).timestamp())}-")


def test_a_photo_whose_file_is_gone_makes_no_sheet(album: Album):
    photo = add(album, 0, of_colour(9))
    album.path(photo).unlink()
    with pytest.raises(FileNotFoundError):
        album.sheets.get(plan(Kind.HOUR, "sofa", START, START + HOUR, [photo]))


def test_of_very_many_photos_an_hour_shows_some_from_all_of_it():
    photos = [Photo(n, "sofa", n, START, "", 1, 1, 1) for n in range(720)]
    assert len(chosen(photos)) == MOST_TILES
    assert chosen(photos)[-1].id > 700
    assert chosen(photos[:12]) == photos[:12]


def test_only_spans_that_a_page_asks_for_are_made():
    assert is_span(START, START + HOUR)
    assert is_span(MIDNIGHT, MIDNIGHT + 25 * HOUR)
    assert not is_span(START, START)
    assert not is_span(START + timedelta(seconds=1), START + HOUR)
    assert not is_span(MIDNIGHT, MIDNIGHT + 48 * HOUR)
