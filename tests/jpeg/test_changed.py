"""How much went on between two photos."""

import io

import pytest
from PIL import Image, ImageEnhance

from pucci import jpeg
from pucci.cameras.scene import Painter
from tests.fakes import SUNDAY
from tests.jpeg.test_alone import picture


def encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def moved(one: bytes, other: bytes) -> int:
    found = jpeg.changed(jpeg.sketch(one), jpeg.sketch(other))
    assert found is not None
    return found


def test_a_patch_that_changed_is_its_share_of_the_picture():
    room = Image.new("RGB", (320, 240), (90, 90, 90))
    with_dog = room.copy()
    with_dog.paste((220, 140, 60), (80, 120, 160, 184))
    assert moved(encoded(room), encoded(with_dog)) == pytest.approx(1000 * 80 * 64 / (320 * 240), abs=3)
    assert moved(encoded(room), encoded(room)) == 0


def test_noise_and_the_light_of_the_whole_room_are_no_activity():
    room = Image.open(io.BytesIO(picture(seed=3)))
    brighter = ImageEnhance.Brightness(Image.eval(room, lambda value: min(255, value + 12))).enhance(1.0)
    assert moved(encoded(room), encoded(brighter)) < 60
    painter = Painter("sofa", 640, 480)
    asleep = SUNDAY.replace(hour=3)
    assert moved(painter.paint(asleep), painter.paint(asleep)) == 0


def test_what_cannot_be_compared_is_not_known():
    assert jpeg.sketch(b"no picture") is None
    small, large = jpeg.sketch(picture()), jpeg.sketch(picture(640, 480))
    assert jpeg.changed(small, large) is None
    assert jpeg.changed(small, None) is None
