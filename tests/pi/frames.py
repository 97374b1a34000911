"""The frames the camera plays, and the proof that a photo shows one of them unharmed.

They are the drawn dog on her walk, one second a frame: the time in the corner tells them apart.
"""

import io
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from PIL import Image, ImageChops

from pucci.cameras.scene import Painter, whereabouts

SIZES = ((320, 240), (640, 480), (1280, 720))
COUNT = 20
NAME = "lab"
# Blocks of a photo that fswebcam has encoded again differ from the camera's by up to 4 grey levels
# on average; a block of damage, which is grey, green or elsewhere, by 20 and more.
UNHARMED_LEVELS = 10.0
_BLOCK = 16


def make(folder: Path) -> None:
    """Write `folder`/WxH/*.jpg for every size, as a webcam has them: 4:2:2, the standard tables."""
    for size in SIZES:
        into = folder / "{}x{}".format(*size)
        into.mkdir(parents=True)
        painter = Painter(NAME, *size)
        for number, moment in enumerate(_walk()):
            with Image.open(io.BytesIO(painter.paint(moment))) as picture:
                picture.save(into / f"{number:02}.jpg", quality=80, subsampling="4:2:2")


def _walk() -> list[datetime]:
    """Return so many seconds in a row in which she walks across the rug."""
    quarters = (
        datetime.fromisoformat("2026-05-17 08:00") + timedelta(minutes=4 * step) for step in range(200)
    )
    walks = (start for start in quarters if (spot := whereabouts(NAME, start)) and spot.pose == "stand")
    start = next(islice(walks, 1))
    return [start + timedelta(seconds=second) for second in range(COUNT)]


def harm(photo: bytes, folder: Path) -> float:
    """Return by how many grey levels the worst block of a photo differs from the frame it is most like.

    Raises:
        OSError: it cannot be decoded at all.
    """
    with Image.open(io.BytesIO(photo)) as opened:
        picture = opened.convert("RGB")
    originals = sorted((folder / "{}x{}".format(*picture.size)).glob("*.jpg"))
    assert originals, f"the camera has no frames of {picture.size}"
    return min(_worst_block(picture, original) for original in originals)


def _worst_block(picture: Image.Image, original: Path) -> float:
    with Image.open(original) as opened:
        difference = ImageChops.difference(picture, opened.convert("RGB")).convert("L")
    _, worst = difference.reduce(_BLOCK).getextrema()
    return float(worst)  # type: ignore[arg-type]
