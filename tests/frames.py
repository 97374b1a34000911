"""Frames for tests: small drawn pictures, each different, and their damage."""

import io
from datetime import datetime
from functools import cache

from PIL import Image

from pucci.photo import Frame


@cache
def jpeg_bytes(number: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    """Return a whole JPEG; another number gives other bytes."""
    picture = Image.effect_noise(size, 40 + number % 50).convert("RGB")
    picture.putpixel((number % size[0], 0), (255, 128, 0))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def frame(taken_at: datetime, number: int = 0) -> Frame:
    return Frame(jpeg_bytes(number), taken_at)
