"""Rooms with a camera in them, for the corpus: good frames, and all that good cameras do.

A room is a piece of a photo (PUCCI_PHOTOS, filled by bench/frames_photos.py; without it, pieces drawn
from dice), seen by a camera with its own size, quality, noise and habits. Everything comes from a
seed. Frames follow each other as in life: noise, light that drifts, something that moves, now and
then a lamp switched, or a camera that is knocked.
"""

import io
import os
import random
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageEnhance, ImageFile, ImageFilter

SIZES: Final = ((320, 240), (352, 288), (640, 480), (640, 480), (640, 480), (800, 600), (1280, 720))
LIGHTS: Final = (
    "day",
    "day",
    "day",
    "day",
    "dim",
    "night",
    "black",
    "fog",
    "wall",
    "noise",
    "asleep",
    "asleep",
)
EOI: Final = b"\xff\xd9"


@dataclass(frozen=True)
class Habits:
    """How one camera makes its JPEGs."""

    width: int
    height: int
    quality: int
    subsampling: int
    restarts: str
    tables: str
    tail: str
    app: str
    ids: int
    fill: bool


@dataclass
class Room:
    """One camera's view; `frame(number)` gives its frames in order."""

    seed: int
    habits: Habits
    light: str
    amount: float
    view: Image.Image
    sigma: float
    dice: random.Random = field(repr=False)

    def picture(self, number: int) -> Image.Image:
        """Return what the camera sees at frame `number`, without the camera's faults."""
        dice = random.Random(f"{self.seed} {number}")
        image = self.view.copy()
        if self.light not in ("asleep", "wall", "black", "noise"):
            self._let_something_move(image, number)
        image = _lit(image, self.light, self.amount)
        image = ImageEnhance.Brightness(image).enhance(dice.uniform(0.985, 1.015))
        if self.light == "dim" and self.seed % 3 == 0 and number == 4:
            image = ImageEnhance.Brightness(image).enhance(2.2)  # a lamp is switched on
        return _with_noise(image, self.sigma, dice)

    def _let_something_move(self, image: Image.Image, number: int) -> None:
        """Paint the dog: a soft brown shape with a light belly, somewhere else each time."""
        dice = random.Random(f"dog {self.seed} {number if self.seed % 2 else number // 3}")
        width, height = image.size
        size = int(height * dice.uniform(0.15, 0.4))
        x, y = dice.randrange(width - size), dice.randrange(height // 3, height - size // 2)
        dog = Image.new("RGB", (size, size), dice.choice([(196, 120, 54), (90, 70, 60), (220, 200, 180)]))
        ImageDraw.Draw(dog).ellipse((size // 4, size // 3, size, size), fill=(230, 190, 140))
        mask = Image.new("L", (size, size))
        ImageDraw.Draw(mask).ellipse((0, 0, size - 1, size - 1), fill=255)
        image.paste(dog, (x, y), mask.filter(ImageFilter.GaussianBlur(2)))

    def frame(self, number: int) -> bytes:
        """Return the frame, with everything this camera does that looks like damage and is none."""
        data = encode(self.picture(number), self.habits)
        return dressed(data, self.habits, random.Random(f"dress {self.seed} {number}"))


def _with_noise(image: Image.Image, sigma: float, dice: random.Random) -> Image.Image:
    """Add noise from a pool, turned and shifted by dice: making it afresh costs most of a frame's time."""
    if not sigma:
        return image
    noise = ImageChops.offset(_noise(image.size, round(sigma * 2)), dice.randrange(999), dice.randrange(999))
    other = ImageChops.offset(noise, dice.randrange(999), dice.randrange(999))
    colours = Image.merge("RGB", (noise, other, ImageChops.offset(noise, 57, 31)))
    return ImageChops.add(image, colours, 1, -128)


@cache
def _noise(size: tuple[int, int], doubled_sigma: int) -> Image.Image:
    """Return noise round 128: four even dice a pixel, whose mean has a sigma of 37."""
    dice = random.Random(f"noise {size} {doubled_sigma}")
    ones = [Image.frombytes("L", size, dice.randbytes(size[0] * size[1])) for _ in range(4)]
    even = ImageChops.add(ImageChops.add(ones[0], ones[1], 2), ImageChops.add(ones[2], ones[3], 2), 2)
    return even.point([min(255, max(0, round(128 + (v - 127) * doubled_sigma / 74))) for v in range(256)])


def room(seed: int, kind: str) -> Room:
    """Return the room of this seed; `kind` is "tuning" or "test": they share neither photo nor dice."""
    dice = random.Random(f"{kind} {seed}")
    width, height = dice.choice(SIZES)
    tables = dice.choice(("none", "none", "standard", "standard", "own"))
    habits = Habits(
        width=width, height=height,
        quality=dice.choice((50, 65, 75, 80, 85, 90, 95)),
        subsampling=dice.choice((1, 1, 1, 2, 2, 0)),
        restarts=dice.choice(("", "", "", "row", "4", "1")),
        tables=tables,
        tail=dice.choice(("", "", "zeros", "old")),
        app=dice.choice(("JFIF", "AVI1", "none", "APP4")),
        ids=dice.choice((1, 1, 0)),
        fill=dice.random() < 0.1,
    )  # fmt: skip
    light = dice.choice(LIGHTS)
    sigma = {
        "night": 7,
        "noise": 40,
        "black": dice.choice((0.5, 1, 2)),
        "asleep": dice.choice((0.5, 2, 3)),
    }.get(light, dice.choice((1, 2, 3, 4)))
    view = _piece(kind, dice, width, height)
    return Room(hash((kind == "test", seed)), habits, light, dice.random(), view, sigma, dice)


def _lit(view: Image.Image, light: str, amount: float) -> Image.Image:
    """Return a view in some light; `amount`, from 0 to 1, says how much of it."""
    if light in ("dim", "night"):
        return ImageEnhance.Brightness(view).enhance(0.12 + 0.28 * amount)
    if light == "black":
        return Image.new("RGB", view.size, (int(12 * amount),) * 3)
    if light == "fog":
        return Image.blend(view, Image.new("RGB", view.size, (176, 180, 184)), 0.8)
    if light == "wall":
        shade = 60 + int(190 * amount)
        wall = Image.linear_gradient("L").resize(view.size).point([shade - 30 + v // 8 for v in range(256)])
        return Image.merge("RGB", (wall, wall, ImageChops.subtract(wall, Image.new("L", wall.size, 12))))
    if light == "noise":
        return Image.new("RGB", view.size, (120, 120, 120))
    return view


def _piece(kind: str, dice: random.Random, width: int, height: int) -> Image.Image:
    paths = photo_paths(kind)
    if not paths:
        return _drawn(dice, width, height)
    image = _photo(dice.choice(paths))
    share = dice.uniform(0.6, 1.0)
    wide = int(min(image.width, image.height * width / height) * share)
    high = wide * height // width
    left, top = dice.randint(0, image.width - wide), dice.randint(0, image.height - high)
    view = image.resize((width, height), Image.Resampling.BICUBIC, (left, top, left + wide, top + high))
    return view.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if dice.random() < 0.5 else view


def photo_paths(kind: str) -> list[Path]:
    """Return the photos of a set, in order; none where they were not fetched."""
    folder = os.environ.get("PUCCI_PHOTOS", "")
    return sorted(Path(folder, kind).glob("*.jpg")) if folder else []


@cache
def _photo(path: Path) -> Image.Image:
    with Image.open(path) as image:
        return image.convert("RGB")


def _drawn(dice: random.Random, width: int, height: int) -> Image.Image:
    """Return a room of straight and round things with some grain in them."""
    image = Image.new("RGB", (width, height), tuple(dice.randrange(120, 220) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, height * 2 // 3, width, height), fill=tuple(dice.randrange(60, 160) for _ in range(3)))
    for _ in range(25):
        x, y = dice.randrange(width), dice.randrange(height)
        box = (x, y, x + dice.randrange(10, width // 2), y + dice.randrange(10, height // 2))
        colour = tuple(dice.randrange(20, 240) for _ in range(3))
        dice.choice((draw.rectangle, draw.ellipse))(box, fill=colour)
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    return _with_noise(image, 9, dice).filter(ImageFilter.GaussianBlur(0.8))


def encode(image: Image.Image, habits: Habits) -> bytes:
    """Return the plain JPEG of a picture with this camera's quality, sampling, restarts and tables."""
    how: dict[str, object] = {"quality": habits.quality, "subsampling": habits.subsampling}
    if habits.restarts == "row":
        how["restart_marker_rows"] = 1
    elif habits.restarts:
        how["restart_marker_blocks"] = int(habits.restarts)
    out = io.BytesIO()
    # Optimised tables are written in one go, for which Pillow's own room is too small.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * image.width * image.height)
    image.save(out, "JPEG", optimize=habits.tables == "own", **how)
    return out.getvalue()


def dressed(data: bytes, habits: Habits, dice: random.Random) -> bytes:
    """Return a plain JPEG with the camera's oddities in header and tail."""
    if habits.ids == 0:
        data = numbered_from_zero(data)
    if habits.tables == "none":
        data = without_segments(data, 0xC4)
    if habits.app != "JFIF":
        data = without_segments(data, 0xE0)
    if habits.fill:
        at = data.index(b"\xff\xdb")
        data = data[:at] + b"\xff\xff" + data[at:]
    if habits.app != "JFIF":
        extra = {"AVI1": b"\xff\xe0\x00\x10AVI1" + bytes(10), "none": b"", "APP4": _odd_segment(dice)}[
            habits.app
        ]
        data = data[:2] + extra + data[2:]
    if habits.tail == "zeros":
        return data + bytes(-len(data) % 4096)
    return data + dice.randbytes(dice.randrange(1, 3000)) if habits.tail == "old" else data


def _odd_segment(dice: random.Random) -> bytes:
    """A vendor's segment with anything in it, end markers too."""
    payload = b"vendor\xff\xd9\xff\xd8" + dice.randbytes(40)
    return b"\xff\xe4" + (len(payload) + 2).to_bytes(2, "big") + payload


def without_segments(data: bytes, marker: int) -> bytes:
    """Cut all header segments of this marker out."""
    at = 2
    while data[at + 1] != 0xDA:
        after = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == marker:
            data = data[:at] + data[after:]
        else:
            at = after
    return data


def numbered_from_zero(data: bytes) -> bytes:
    """Rename the components 1, 2, 3 to 0, 1, 2, in frame and scan header."""
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    out = bytearray(data)
    for i in range(out[frame + 9]):
        out[frame + 10 + 3 * i] -= 1
        out[scan + 5 + 2 * i] -= 1
    return bytes(out)


def scan_of(data: bytes) -> tuple[int, int]:
    """Return where a good frame's coded data begin, and where its end marker stands."""
    at = 2
    while data[at + 1] != 0xDA:
        if data[at + 1] == 0xFF:
            at += 1
            continue
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    start = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
    return start, data.index(EOI, start)
