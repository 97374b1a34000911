"""Everything that happens to a frame between the sensor and Pucci, by seed.

To the bytes: what FRAMES lose on a USB line, in a driver's buffers, on a dying card. To the picture:
what somebody else's decoder makes of such bytes before encoding them again (fswebcam).
"""

import io
import random
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageFile

from tests.jpeg.rooms import EOI, Habits, encode, scan_of

Harm = Callable[[bytes, bytes, random.Random], bytes]


def _place(data: bytes, dice: random.Random, room_for: int = 0) -> int:
    start, end = scan_of(data)
    return dice.randrange(start + 1, max(start + 2, end - room_for))


def cut(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """Cut anywhere in the coded data."""
    return data[: _place(data, dice)]


def cut_with_end(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """Cut, and an end marker put after it."""
    return data[: _place(data, dice)] + EOI


def zero_tail(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """Everything from somewhere on is zeros, as after a power loss."""
    at = _place(data, dice, 40)
    return data[:at] + bytes(len(data) - at)


def lost_much(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """512 bytes or more never came."""
    length = dice.choice((512, 1024, 3060, dice.randrange(512, 5000)))
    at = _place(data, dice, length)
    return data[:at] + data[min(at + length, scan_of(data)[1]) :]


def lost_little(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """1 to 188 bytes never came."""
    length = dice.choice((188, 64, dice.randrange(1, 189)))
    at = _place(data, dice, length)
    return data[:at] + data[at + length :]


def _chunk(data: bytes, dice: random.Random) -> tuple[int, int]:
    start, end = scan_of(data)
    length = min(dice.choice((64, 188, 512, 1024)), (end - start) // 3)
    return dice.randrange(start, end - length), length


def chunk_zeroed(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """A packet's worth of zeros in the middle."""
    at, length = _chunk(data, dice)
    return data[:at] + bytes(length) + data[at + length :]


def chunk_doubled(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """A packet came twice."""
    at, length = _chunk(data, dice)
    return data[: at + length] + data[at:]


def chunk_swapped(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """Two packets came in the wrong order."""
    at, length = _chunk(data, dice)
    half = length // 2
    return data[:at] + data[at + half : at + 2 * half] + data[at : at + half] + data[at + 2 * half :]


def stale_tail(data: bytes, other: bytes, dice: random.Random) -> bytes:
    """The rest is that of another frame, which lay in the buffer."""
    at = _place(data, dice)
    return data[:at] + other[at:] if at < scan_of(other)[1] else data[:at] + EOI


def bit_flipped(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """One bit is the other way round."""
    out = bytearray(data)
    out[_place(data, dice)] ^= 1 << dice.randrange(8)
    return bytes(out)


def header_byte(data: bytes, _other: bytes, dice: random.Random) -> bytes:
    """One byte of the header is another."""
    out = bytearray(data)
    out[dice.randrange(2, scan_of(data)[0])] ^= dice.randrange(1, 256)
    return bytes(out)


BYTES: Final[dict[str, Harm]] = {
    "cut short": cut,
    "cut, end marker appended": cut_with_end,
    "tail of zeros": zero_tail,
    "512 bytes or more lost": lost_much,
    "1 to 188 bytes lost": lost_little,
    "chunk zeroed": chunk_zeroed,
    "chunk doubled": chunk_doubled,
    "chunk swapped": chunk_swapped,
    "tail of another frame": stale_tail,
    "one bit flipped": bit_flipped,
    "one header byte": header_byte,
}


def decoded(data: bytes) -> Image.Image | None:
    """Return what a forgiving decoder makes of the bytes, or None where it gives up."""
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with Image.open(io.BytesIO(data)) as image:
            return image.convert("RGB")
    except (OSError, ValueError, SyntaxError, KeyError, IndexError):
        return None
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


Spoil = Callable[[Image.Image, Image.Image, random.Random], Image.Image]


def _below(image: Image.Image, fill: Image.Image, dice: random.Random) -> Image.Image:
    """Put `fill` in place of everything after a random coded unit, in the order of the scan."""
    row = dice.randrange(image.height // 16)
    column = dice.randrange(image.width // 16)
    out = image.copy()
    y, x = row * 16, column * 16
    out.paste(fill.crop((x, y, image.width, y + 16)), (x, y))
    if y + 16 < image.height:
        out.paste(fill.crop((0, y + 16, image.width, image.height)), (0, y + 16))
    return out


def grey(image: Image.Image, _before: Image.Image, dice: random.Random) -> Image.Image:
    """The rest is grey: libjpeg's way."""
    return _below(image, Image.new("RGB", image.size, (128, 128, 128)), dice)


def green(image: Image.Image, _before: Image.Image, dice: random.Random) -> Image.Image:
    """The rest is green: YCbCr of zeros."""
    return _below(image, Image.new("RGB", image.size, dice.choice(((0, 135, 0), (0, 154, 0)))), dice)


def pink(image: Image.Image, _before: Image.Image, dice: random.Random) -> Image.Image:
    """The rest has lost its colour level: chroma shifted from a coded unit on."""
    y, cb, cr = image.convert("YCbCr").split()
    by = dice.choice((-1, 1)) * dice.randrange(24, 80)
    tinted = Image.merge("YCbCr", (y, cb.point(lambda v: v + by // 3), cr.point(lambda v: v + by)))
    return _below(image, tinted.convert("RGB"), dice)


def smeared(image: Image.Image, _before: Image.Image, dice: random.Random) -> Image.Image:
    """The rest repeats the last row that came, downwards."""
    row = dice.randrange(image.height // 8, image.height - image.height // 8)
    out = image.copy()
    out.paste(image.crop((0, row - 1, image.width, row)).resize((image.width, image.height - row)), (0, row))
    return out


def torn(image: Image.Image, before: Image.Image, dice: random.Random) -> Image.Image:
    """The rest is shifted sideways, or is that of the frame before, shifted."""
    source = dice.choice((image, before))
    row = dice.randrange(2, image.height // 16 - 2) * 16
    shift = dice.randrange(1, image.width // 16) * 16
    out = image.copy()
    for left, target in ((0, shift), (image.width - shift, shift - image.width)):
        part = source.crop((max(0, -target) if target < 0 else left, row, image.width, image.height))
        out.paste(part, (max(0, target), row))
    return out


PICTURES: Final[dict[str, Spoil]] = {
    "grey": grey, "green": green, "pink": pink, "smeared": smeared, "torn": torn,
}  # fmt: skip


def encoded_again(image: Image.Image, habits: Habits) -> bytes:
    """Return a picture as fswebcam writes it: plain 4:2:0, quality 80 or so."""
    plain = Habits(
        habits.width, habits.height, max(80, habits.quality), 2, "", "standard", "", "JFIF", 1, fill=False
    )
    return encode(image, plain)
