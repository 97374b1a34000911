"""Draw the dog in her room at a moment: where she is, in the light of the hour, with the time on it.

The pieces (the room at seven hours, the dog in seven poses) lie in `scenes/`, drawn ahead by
`script/scenes/draw.py`; here they are only put together, because a Pi has nothing that draws SVG.
One picture of 640 × 480 costs about 4 ms on an x86 core.
"""

import math
import random
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Final

# WebPImagePlugin is imported for Image.open, which otherwise loads forty formats to find it.
from PIL import Image, ImageChops, WebPImagePlugin  # noqa: F401

PIECES: Final = Path(__file__).with_name("scenes")

# The part of the room that is drawn, in its own units (a 4:3 picture shows 0 0 640 480 of it).
VIEW: Final = (-106.667, 0, 853.333, 480)
# What a pose takes up round the point on the ground under the dog, in the same units.
BOX: Final = (-110, -150, 220, 180)
DIGITS: Final = "0123456789-:"
# The hours at which the room was drawn; between two of them it is a blend of both.
KEY_HOURS: Final = {
    "night": 3.0, "dawn": 7.2, "morning": 8.1, "day": 12.0,
    "dusk": 16.0, "evening": 17.2,
}  # fmt: skip
# When each of them is reached, in order round the clock.
LIGHTS: Final = (
    (0.0, "night"), (6.6, "night"), (6.8, "dawn"), (7.4, "dawn"), (8.1, "morning"), (9.0, "day"),
    (15.2, "day"), (16.0, "dusk"), (17.0, "evening"), (23.1, "evening"), (23.3, "night"), (24.0, "night"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """Where she can be: the pose, the point on the ground in the room's units, her size, mirrored or not."""

    pose: str
    x: float
    y: float
    scale: float
    mirrored: bool = False


SPOTS: Final = {
    "sofa-asleep": Spot("asleep", 286, 286, 1.0),
    "sofa-sit": Spot("sit", 240, 284, 0.98),
    "sofa-lie": Spot("lie", 268, 284, 1.0),
    "rug-sit": Spot("sit", 300, 430, 1.3),
    "rug-lie": Spot("lie", 306, 434, 1.25),
    "rug-walk": Spot("stand", 300, 432, 1.25),
    "window": Spot("window", 500, 352, 1.05),
    "bed": Spot("bed", 508, 414, 1.0),
}

# What she does from each hour on; a word said twice is twice as likely. She sleeps until ten.
HABITS: Final = (
    (0, "bed bed bed sofa-asleep"),
    (7, "rug-walk window window bed"),
    (8, "bed bed sofa-asleep"),
    (10, "rug-sit rug-walk window sofa-sit rug-lie"),
    (13, "away away sofa-lie window"),
    (15, "rug-walk rug-sit sofa-lie rug-lie window"),
    (19, "sofa-sit sofa-lie sofa-lie rug-lie rug-sit"),
    (21, "sofa-asleep sofa-lie sofa-asleep"),
    (23, "bed bed sofa-asleep"),
)
STAY_S: Final = 240


def whereabouts(name: str, local: datetime) -> Spot | None:
    """Return where she is at a local time, or None while she is out. The same time gives the same place."""
    second = local.hour * 3600 + local.minute * 60 + local.second + local.microsecond / 1e6
    words = next(words for hour, words in reversed(HABITS) if local.hour >= hour)
    dice = random.Random(f"{name} {local.date()} {int(second // STAY_S)}")
    chosen = dice.choice(words.split())
    return None if chosen == "away" else _moving(chosen, SPOTS[chosen], second)


def _moving(name: str, spot: Spot, second: float) -> Spot:
    """Return her spot with the small movements of this second."""
    if name == "rug-walk":
        phase = 2 * math.pi * second / 16
        hop = 3 * abs(math.sin(phase * 8))
        return replace(spot, x=spot.x + 120 * math.sin(phase), y=spot.y - hop, mirrored=math.cos(phase) > 0)
    if spot.pose == "sit" and random.Random(int(second / 3)).random() < 0.4:
        spot = replace(spot, pose="listen")
    return replace(spot, y=spot.y - 0.8 - 0.8 * math.sin(2 * math.pi * second / 3))


def light_at(local: datetime) -> tuple[str, str, float]:
    """Return the two lights a local time lies between, and how far from the first to the second (0 to 1)."""
    hour = local.hour + local.minute / 60
    after = next(i for i, (since, _) in enumerate(LIGHTS) if since > hour)
    (since, first), (until, second) = LIGHTS[after - 1], LIGHTS[after]
    # In 16 steps: a room newly blended for every picture would cost more than the picture.
    return first, second, round((hour - since) / (until - since) * 16) / 16


# A sensor's noise, round 128: as strong as a cheap webcam's indoors.
_NOISE: Final = [128 + (value - 128) // 14 for value in range(256)]


class Painter:
    """Paints pictures of one size. Holds the scaled room and dog from one picture to the next.

    Everything is kept in YCbCr, which is what a JPEG is made of: nothing is converted twice.
    """

    def __init__(self, name: str, width: int, height: int) -> None:
        self._name = name
        self._size = (width, height)
        self._view = _visible(width / height)
        self._scale = width / self._view[2]
        self._light: tuple[str, str, float] | None = None
        self._pieces: dict[Spot, tuple[Image.Image, Image.Image]] = {}
        self._dice = random.Random(name)
        self._noise = Image.frombytes("L", self._size, self._dice.randbytes(width * height)).point(_NOISE)
        self._digits = _digits(max(8, height // 22))

    def paint(self, local: datetime, *, stamped: bool = True) -> bytes:
        """Return the JPEG of a local time, with the time on it unless told not to."""
        self._light_up(light_at(local))
        picture = self._room.copy()
        spot = whereabouts(self._name, local)
        if 9 <= local.hour < 21:
            self._put(picture, Spot("ball", 424, 446, 1.0))
        if spot is not None:
            self._put(picture, spot)
        if stamped:
            self._stamp(picture, local.strftime("%Y-%m-%d %H:%M:%S"))
        buffer = BytesIO()
        self._with_noise(picture).save(buffer, "JPEG", quality=80)
        return buffer.getvalue()

    def _light_up(self, light: tuple[str, str, float]) -> None:
        """Make the room ready for a light, unless it is."""
        if light == self._light:
            return
        self._pieces.clear()
        self._room = self._blend("room", light).convert("YCbCr")
        self._over = self._blend("light", light)
        self._light = light

    def _blend(self, kind: str, light: tuple[str, str, float]) -> Image.Image:
        first, second, share = light
        piece = self._scaled(f"{kind}-{first}")
        return piece if first == second else Image.blend(piece, self._scaled(f"{kind}-{second}"), share)

    def _scaled(self, name: str) -> Image.Image:
        """Return what is visible of a piece that shows the whole view; the room in the picture's size."""
        with Image.open(PIECES / f"{name}.webp") as piece:
            dot = piece.width / VIEW[2]
            x, y, width, height = self._view
            left, top = (x - VIEW[0]) * dot, (y - VIEW[1]) * dot
            box = (left, top, min(left + width * dot, piece.width), min(top + height * dot, piece.height))
            size = self._size if name.startswith("room") else (160, 120)
            return piece.resize(size, Image.Resampling.BILINEAR, box)

    def _put(self, picture: Image.Image, spot: Spot) -> None:
        """Put the dog, or her ball, on a spot."""
        piece, mask = self._piece(spot)
        x, y = spot.x + BOX[0] * spot.scale - self._view[0], spot.y + BOX[1] * spot.scale - self._view[1]
        picture.paste(piece, (round(x * self._scale), round(y * self._scale)), mask)

    def _piece(self, spot: Spot) -> tuple[Image.Image, Image.Image]:
        """Return a pose in the size and the light of its spot, and the mask it is put down with."""
        # Light is taken in steps of 40 units, so that a walk needs few pieces and not one for each step.
        key = replace(spot, x=round(spot.x / 40) * 40.0, y=round(spot.y / 40) * 40.0)
        if key not in self._pieces:
            if len(self._pieces) > 8:
                self._pieces.clear()
            self._pieces[key] = self._lit(key)
        return self._pieces[key]

    def _lit(self, spot: Spot) -> tuple[Image.Image, Image.Image]:
        zoom = spot.scale * self._scale
        size = (max(1, round(BOX[2] * zoom)), max(1, round(BOX[3] * zoom)))
        with Image.open(PIECES / f"dog-{spot.pose}.webp") as drawn:
            piece = drawn.convert("RGBA").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
        if spot.mirrored:
            piece = piece.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        # The light over the dog is that over the middle of her.
        across, down = self._over.width / self._view[2], self._over.height / self._view[3]
        point = (int((spot.x - self._view[0]) * across), int((spot.y - 50 - self._view[1]) * down))
        red, green, blue, alpha = self._over.getpixel(_inside(point, self._over.size))  # type: ignore[misc]
        colour = Image.new("RGB", size, (red, green, blue))
        lit = Image.blend(piece.convert("RGB"), colour, alpha / 255)
        return lit.convert("YCbCr"), piece.getchannel("A")

    def _stamp(self, picture: Image.Image, text: str) -> None:
        """Write the time in the lower left corner."""
        cell = self._digits[0].height * 3 // 5
        for i, character in enumerate(text):
            if character in DIGITS:
                at = DIGITS.index(character) * cell
                box = (at, 0, at + cell, self._digits[0].height)
                corner = (cell // 2 + i * cell, picture.height - self._digits[0].height * 5 // 4)
                picture.paste(self._digits[0].crop(box), corner, self._digits[1].crop(box))

    def _with_noise(self, picture: Image.Image) -> Image.Image:
        """Return the picture with a sensor's noise, never the same twice."""
        width, height = self._size
        noise = ImageChops.offset(self._noise, self._dice.randrange(width), self._dice.randrange(height))
        bright, blue, red = picture.split()
        return Image.merge("YCbCr", (ImageChops.add(bright, noise, 1, -128), blue, red))


def _visible(aspect: float) -> tuple[float, float, float, float]:
    """Return the part of the view (x, y, width, height) that fills a picture of this aspect ratio."""
    if aspect <= VIEW[2] / VIEW[3]:
        width = VIEW[3] * aspect
        return VIEW[0] + (VIEW[2] - width) / 2, VIEW[1], width, VIEW[3]
    height = VIEW[2] / aspect
    return VIEW[0], VIEW[1] + (VIEW[3] - height) * 0.7, VIEW[2], height


def _digits(height: int) -> tuple[Image.Image, Image.Image]:
    """Return the figures in a height, as picture and mask; each is three fifths as wide as high."""
    with Image.open(PIECES / "digits.png") as drawn:
        grey, mask = drawn.resize((height * 3 // 5 * len(DIGITS), height), Image.Resampling.BILINEAR).split()
    middle = Image.new("L", grey.size, 128)
    return Image.merge("YCbCr", (grey, middle, middle)), mask


def _inside(point: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """Return the nearest point within a picture."""
    return min(max(point[0], 0), size[0] - 1), min(max(point[1], 0), size[1] - 1)
