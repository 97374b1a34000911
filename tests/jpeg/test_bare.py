"""Copies for strangers: the picture, and nothing that was written beside it."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pucci.jpeg import bare
from tests.frames import jpeg_bytes


def told(data: bytes) -> bytes:
    """Return the picture with everything a camera or a program may write into it."""
    exif = Image.Exif()
    exif[0x010E] = "SECRET description"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)  # where it was
    out = io.BytesIO()
    with Image.open(io.BytesIO(data)) as image:
        image.save(out, "JPEG", exif=exif, icc_profile=b"SECRET" * 30, comment=b"SECRET comment", quality=80)
    whole = out.getvalue()
    xmp = b"http://ns.adobe.com/xap/1.0/\0<x>SECRET</x>"
    segment = b"\xff\xe1" + (len(xmp) + 2).to_bytes(2, "big") + xmp
    return whole[:2] + segment + whole[2:] + b"SECRET tail"


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


def test_nothing_is_left_but_the_picture():
    data = told(jpeg_bytes(3, (64, 48)))
    assert data.count(b"SECRET") >= 5
    copy = bare(data)
    assert b"SECRET" not in copy
    assert b"Exif" not in copy
    assert pixels(copy) == pixels(data)
    with Image.open(io.BytesIO(copy)) as image:
        assert not image.getexif()
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density", "dpi"}


def test_a_bare_picture_stays_as_it_is():
    copy = bare(jpeg_bytes(1, (64, 48)))
    assert bare(copy) == copy


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xd8", b"\x89PNG", b"\xff\xd8\xff\xe1\x00\x01", jpeg_bytes(1, (64, 48))[:-2]]
)
def test_what_cannot_be_walked_does_not_go_out(data: bytes):
    with pytest.raises(ValueError):
        bare(data)


def test_a_picture_of_several_scans_does_not_go_out():
    out = io.BytesIO()
    with Image.open(io.BytesIO(jpeg_bytes(1, (64, 48)))) as image:
        image.save(out, "JPEG", progressive=True)
    with pytest.raises(ValueError, match="more than one scan"):
        bare(out.getvalue())


@given(st.data())
def test_whatever_the_bytes_it_ends_and_says_so(data: st.DataObject):
    whole = bytearray(told(jpeg_bytes(2, (32, 32))))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        copy = bare(bytes(whole))
    except ValueError:
        return
    assert len(copy) <= len(whole)


def test_the_documents_drawings_are_bare_too():
    hero = Path(__file__).parents[2] / "src/pucci/web/site/static/img/hero.jpg"
    assert b"Exif" not in hero.read_bytes()
