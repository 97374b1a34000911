"""Draw the pieces of the drawn dog's pictures into src/pucci/cameras/scenes/.

Needs rsvg-convert (Debian: librsvg2-bin) and Pillow with WebP. The pieces are committed, because a
Pi has nothing that draws SVG: run this only after a change here.

    .venv/bin/python script/scenes/draw.py
"""

import subprocess
from io import BytesIO
from pathlib import Path

import dog
import room
from PIL import Image, ImageFilter

from pucci.cameras import scene

OUT = Path(scene.__file__).with_name("scenes")
ROOM_SIZE = (1280, 720)
LIGHT_SIZE = (160, 90)
SPRITE_SCALE = 2
DIGIT_SIZE = (24, 40)
BALL = (
    '<ellipse cx="0" cy="-1" rx="12" ry="3.5" fill="#2a1a14" opacity=".28"/>'
    '<circle cy="-12" r="12" fill="#4f9aa6"/>'
    '<path d="M-11 -16Q0 -8 11 -16" fill="none" stroke="#d8eef0" stroke-width="2.4"/>'
)


def render(svg: str) -> Image.Image:
    """Return an SVG as a picture with transparency."""
    done = subprocess.run(["rsvg-convert"], input=svg.encode(), capture_output=True, check=True)
    return Image.open(BytesIO(done.stdout)).convert("RGBA")


def draw_rooms() -> None:
    """Draw the room at each key hour, and apart from it the light that lies over the dog."""
    x, y, width, height = scene.VIEW
    view = f"{x} {y} {width} {height}"
    for name, hour in scene.KEY_HOURS.items():
        light = room.light_at(hour)
        picture = render(room.room(light, view=view, width=ROOM_SIZE[0], height=ROOM_SIZE[1]))
        picture.convert("RGB").save(OUT / f"room-{name}.webp", quality=78, method=6)
        over = render(room.room(light, view=view, width=LIGHT_SIZE[0], height=LIGHT_SIZE[1], only_light=True))
        over.save(OUT / f"light-{name}.webp", quality=80, method=6)


def draw_sprites() -> None:
    """Draw the dog in each pose, and her ball."""
    x, y, width, height = scene.BOX
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x} {y} {width} {height}" '
        f'width="{width * SPRITE_SCALE}" height="{height * SPRITE_SCALE}">'
    )
    pieces = {name: pose() for name, pose in dog.POSES.items()} | {"ball": BALL}
    for name, piece in pieces.items():
        picture = render(f"{head}{piece}</svg>")
        picture.save(OUT / f"dog-{name}.webp", quality=70, alpha_quality=80, method=6)


def draw_digits() -> None:
    """Draw the figures of the time, white with a dark edge, each in a cell of the same width."""
    width, height = DIGIT_SIZE
    text = "".join(
        f'<text x="{(i + 0.5) * width}" y="{height * 0.78}" text-anchor="middle">{character}</text>'
        for i, character in enumerate(scene.DIGITS)
    )
    size = f'width="{width * len(scene.DIGITS)}" height="{height}"'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="DejaVu Sans Mono, monospace" '
        f'font-weight="bold" font-size="{height * 0.76}" fill="#fff">{text}</svg>'
    )
    figures = render(svg)
    edge = figures.getchannel("A").filter(ImageFilter.MaxFilter(5)).filter(ImageFilter.GaussianBlur(1))
    dark = Image.new("RGBA", figures.size, (20, 16, 18, 0))
    dark.putalpha(edge.point(lambda value: value * 7 // 10))
    Image.alpha_composite(dark, figures).convert("LA").save(OUT / "digits.png", optimize=True)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    draw_rooms()
    draw_sprites()
    draw_digits()
    files = sorted(OUT.iterdir())
    print(f"{len(files)} files, {sum(file.stat().st_size for file in files) / 1000:.0f} kB in {OUT}")
