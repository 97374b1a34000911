"""The README's pictures from the tests' screenshots: the day at a desk, and three phones side by side."""

from pathlib import Path
from typing import Final

from PIL import Image

ROOT: Final = Path(__file__).parents[1]
SHOTS: Final = ROOT / "out" / "screenshots"
TO: Final = ROOT / "docs" / "img"
PHONES: Final = ("cam-phone-light", "album-phone-dark", "home-phone-light")
GAP: Final = 24
QUALITY: Final = 80


def main() -> None:
    """Write both pictures, as JPEG with nothing beside the picture."""
    save(shot("album-desk-light"), "day.jpg")
    phones = [shot(name) for name in PHONES]
    wide = sum(one.width for one in phones) + GAP * (len(phones) - 1)
    beside = Image.new("RGB", (wide, phones[0].height), "white")
    at = 0
    for one in phones:
        beside.paste(one, (at, 0))
        at += one.width + GAP
    save(beside, "phone.jpg")


def shot(name: str) -> Image.Image:
    """Return a test's screenshot."""
    return Image.open(SHOTS / f"{name}.png").convert("RGB")


def save(picture: Image.Image, name: str) -> None:
    """Write a picture and say how large it is."""
    path = TO / name
    picture.save(path, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} KB")


if __name__ == "__main__":
    main()
