"""Thumbs: small pictures of photos, made once, when first asked for."""

import contextlib
import io
import os
from pathlib import Path

# A card of the album is 80 px wide; twice that is sharp on a phone.
WIDTH = 160
_QUALITY = 70


class Thumbs:
    """Thumbs as files under one folder, under their photos' names. All can be made again."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def get(self, name: str, photo: Path) -> bytes:
        """Return the thumb of the photo at this path: a JPEG at most 160 px wide."""
        path = self._root / name
        with contextlib.suppress(FileNotFoundError):
            data = path.read_bytes()
            # A power cut may leave an empty or half-written file: it is made again.
            if data.startswith(b"\xff\xd8") and data.endswith(b"\xff\xd9"):
                return data
        data = shrink(photo.read_bytes(), WIDTH)
        store(path, data)
        return data

    def remove(self, name: str) -> None:
        """Forget a thumb."""
        path = self._root / name
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()


def store(path: Path, data: bytes) -> None:
    """Write a file that can be made again: no fsync, a card is spared. A full disk costs only time."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        part.write_bytes(data)
        part.replace(path)


def shrink(data: bytes, width: int, *, quality: int = _QUALITY) -> bytes:
    """Return a JPEG at most `width` pixels wide, in the same proportions, without metadata."""
    from PIL import Image

    with Image.open(io.BytesIO(data)) as picture:
        height = max(1, round(picture.height * width / picture.width))
        picture.draft("RGB", (width, height))  # decodes at 1/2, 1/4 or 1/8: a quarter of the time
        small = picture.convert("RGB")
    small.thumbnail((width, height))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=quality)
    return out.getvalue()
