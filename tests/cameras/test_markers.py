"""Where a JPEG ends."""

import io

import pytest
from PIL import Image

from pucci.cameras.markers import end_of_jpeg, without_tail
from tests.frames import jpeg_bytes

WHOLE = jpeg_bytes(1)


@pytest.mark.parametrize("tail", [b"", bytes(500), jpeg_bytes(2), b"\xff\xd9", b"\xff"])
def test_what_follows_the_end_is_cut_off(tail: bytes):
    assert without_tail(WHOLE + tail) == WHOLE


def test_a_jpeg_without_its_end_stays_as_it_is():
    assert without_tail(WHOLE[:-2]) == WHOLE[:-2]
    assert end_of_jpeg(WHOLE[: len(WHOLE) // 2]) == -1


def test_a_thumbnails_end_is_not_the_pictures():
    thumbnail = jpeg_bytes(3, (16, 16))
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    with_thumbnail = WHOLE[:2] + segment + WHOLE[2:]
    assert without_tail(with_thumbnail + bytes(9)) == with_thumbnail


def test_restart_markers_and_several_scans_are_inside_a_picture():
    out = io.BytesIO()
    Image.open(io.BytesIO(WHOLE)).save(out, "JPEG", progressive=True, restart_marker_blocks=2)
    assert without_tail(out.getvalue() + b"old") == out.getvalue()


def test_the_second_of_two_pictures_is_found_from_where_it_starts():
    both = WHOLE + jpeg_bytes(2)
    assert end_of_jpeg(both, len(WHOLE)) == len(both)


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\xff\xd8", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe0\xff\xff", bytes(99)]
)
def test_any_bytes_are_borne(data: bytes):
    assert without_tail(data) == data
