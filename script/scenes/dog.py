"""The dog, drawn: a Pomeranian of tufts and hairs, in six poses, as pieces of SVG.

The ground under her is y = 0, her middle x = 0; one unit is one pixel of a 640 by 480 picture.
"""

import math
import random
from collections.abc import Callable

DEEP, DARK, BASE, LIGHT = "#a8551b", "#c46f28", "#dd8838", "#eca75a"
PALE, CREAM, INK = "#f6cf98", "#fbe6c6", "#241510"


def fluff(  # noqa: PLR0917
    x: float, y: float, rx: float, ry: float, tufts: int, depth: float, seed: int,
    lean: float, turn: float = 0.0, fill: str = BASE,
) -> str:  # fmt: skip
    """Return a closed outline of soft tufts round an ellipse; tufts lean and hang a little."""
    dice = random.Random(seed)
    valleys, tips = [], []
    for i in range(tufts):
        angle, middle = 2 * math.pi * i / tufts, 2 * math.pi * (i + 0.5) / tufts
        far = 1 + depth * (0.55 + 0.6 * dice.random())
        side = 1 if math.cos(middle) >= 0 else -1
        bend = lean * side * (2 * math.pi / tufts) * (0.6 + 0.5 * dice.random())
        tip = middle + bend * (1 if math.sin(middle) > -0.75 else 0.3)
        valleys.append((math.cos(angle), math.sin(angle)))
        tips.append((math.cos(tip) * far, math.sin(tip) * far + depth * 0.175))

    def place(point: tuple[float, float]) -> str:
        px, py = point[0] * rx, point[1] * ry
        cos, sin = math.cos(turn), math.sin(turn)
        return f"{x + px * cos - py * sin:.1f} {y + px * sin + py * cos:.1f}"

    path = "M" + place(valleys[0])
    for i, (valley, tip) in enumerate(zip(valleys, tips, strict=True)):
        after = valleys[(i + 1) % tufts]
        out = ((valley[0] + tip[0]) / 2 * 1.07, (valley[1] + tip[1]) / 2 * 1.07)
        back = ((after[0] + tip[0]) / 2, (after[1] + tip[1]) / 2)
        path += f"Q{place(out)} {place(tip)}Q{place(back)} {place(after)}"
    return f'<path d="{path}Z" fill="{fill}"/>'


def hairs(  # noqa: PLR0917
    x: float, y: float, rx: float, ry: float, count: int, seed: int, colour: str,
    length: float = 9, width: float = 1.2, opacity: float = 0.5,
) -> str:  # fmt: skip
    """Return single hairs scattered over an ellipse, falling outwards."""
    dice = random.Random(seed)
    path = ""
    for _ in range(count):
        angle, far = dice.random() * 2 * math.pi, math.sqrt(dice.random()) * 0.86
        px, py = x + math.cos(angle) * rx * far, y + math.sin(angle) * ry * far
        dx, dy = math.cos(angle) * far * length * 0.9, length * (0.55 + 0.5 * dice.random())
        path += f"M{px:.1f} {py:.1f}q{dx * 0.2:.1f} {dy * 0.6:.1f} {dx:.1f} {dy:.1f}"
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" '
        f'stroke-linecap="round" opacity="{opacity}"/>'
    )


def ear(x: float, y: float, tilt: float) -> str:
    """Return one ear."""
    return (
        f'<g transform="translate({x} {y}) rotate({tilt}) scale(1.05)">'
        f'<path d="M-11 8Q-10 -10 -1 -20Q1 -22 3 -19Q11 -8 12 8Z" fill="{DARK}"/>'
        '<path d="M-5 7Q-5 -6 0 -13Q6 -6 6 7Z" fill="#8a4a32" opacity=".55"/></g>'
    )


def eyes(*, asleep: bool) -> str:
    """Return both eyes, open with a light in them, or closed."""
    drawn = ""
    for side in (-1, 1):
        if asleep:
            drawn += (
                f'<path d="M{side * 19} -3Q{side * 13} 2.5 {side * 7.5} -2" fill="none" '
                'stroke="#3a2117" stroke-width="2.2" stroke-linecap="round"/>'
            )
            continue
        middle = side * 12.6
        drawn += (
            f'<ellipse cx="{middle}" cy="-3.5" rx="5" ry="5.6" fill="#8c4d20" opacity=".35"/>'
            f'<ellipse cx="{middle}" cy="-3.5" rx="4.2" ry="4.9" fill="#22130d"/>'
            f'<circle cx="{middle + 1.5}" cy="-5.4" r="1.45" fill="#fff"/>'
            f'<circle cx="{middle - 1.4}" cy="-1.6" r=".7" fill="#fff" opacity=".6"/>'
            f'<path d="M{side * 17.5} -12Q{side * 13} -14.6 {side * 9} -12.4" fill="none" '
            f'stroke="{PALE}" stroke-width="2.4" stroke-linecap="round"/>'
        )
    return drawn


def muzzle(*, tongue: bool) -> str:
    """Return nose and mouth, with the tongue out where she is happy."""
    drawn = (
        f'<path d="M-5.2 3.4Q0 .6 5.2 3.4Q5 7.4 0 9Q-5 7.4 -5.2 3.4Z" fill="{INK}"/>'
        '<ellipse cx="-1.4" cy="3.9" rx="1.7" ry=".8" fill="#fff" opacity=".45"/>'
    )
    if tongue:
        drawn += (
            '<path d="M-4.6 13Q0 24.5 4.6 13Z" fill="#e2707a"/>'
            '<path d="M0 14v4.6" stroke="#b84c5c" stroke-width=".9"/>'
        )
    return drawn + (
        '<path d="M-8.5 11.2Q-5 15.4 0 11.6Q5 15.4 8.5 11.2M0 9v2.6" fill="none" '
        'stroke="#4a2819" stroke-width="1.7" stroke-linecap="round"/>'
    )


def head(x: float, y: float, scale: float, mood: str, tilt: float = 0) -> str:
    """Return the head; `mood` is happy, calm, asleep, or away (seen from behind)."""
    away = mood == "away"
    drawn = (
        ear(-21, -24, -17)
        + ear(21, -24, 17)
        + fluff(0, 0, 38, 31, 26, 0.2, 5, 0.5)
        + fluff(0, -4, 31, 24, 22, 0.14, 6, 0.4, fill=BASE if away else LIGHT)
        + hairs(0, -6, 32, 22, 34, 7, DARK, 7, 1.1, 0.4)
    )
    if away:
        drawn += hairs(0, -2, 32, 26, 40, 8, DEEP, 8, 1.2, 0.35)
    else:
        drawn += (
            fluff(-20, 9, 15, 13, 12, 0.24, 9, 0.4, fill=PALE)
            + fluff(20, 9, 15, 13, 12, 0.24, 10, 0.4, fill=PALE)
            + f'<path d="M-7 -22Q0 -30 7 -22Q5 -6 0 -2Q-5 -6 -7 -22Z" fill="{PALE}" opacity=".55"/>'
            + f'<ellipse cx="0" cy="9" rx="13.5" ry="10.5" fill="{CREAM}"/>'
            + eyes(asleep=mood == "asleep")
            + muzzle(tongue=mood == "happy")
        )
    return f'<g transform="translate({x} {y}) rotate({tilt}) scale({scale})">{drawn}</g>'


def paw(x: float, y: float, rx: float = 9, ry: float = 7) -> str:
    """Return one paw with its toes."""
    return (
        f'<ellipse cx="{x}" cy="{y}" rx="{rx}" ry="{ry}" fill="{PALE}"/>'
        f'<path d="M{x - 3} {y + 1}v4M{x + 3} {y + 1}v4" stroke="{DEEP}" stroke-width="1.1" '
        'stroke-linecap="round" opacity=".6"/>'
    )


def shadow(rx: float, ry: float = 9, x: float = 0) -> str:
    """Return what she throws on the floor."""
    return f'<ellipse cx="{x}" cy="0" rx="{rx}" ry="{ry}" fill="#2a1a14" opacity=".24"/>'


def sitting(mood: str = "happy", tilt: float = 0) -> str:
    """Return the dog sitting, facing us."""
    return (
        shadow(58)
        + fluff(40, -46, 21, 33, 16, 0.26, 31, 0.5, 0.5, PALE)
        + hairs(40, -46, 16, 26, 16, 32, DARK, 8)
        + fluff(0, -40, 43, 40, 26, 0.17, 2, 0.5, fill=DARK)
        + fluff(-27, -16, 19, 16, 14, 0.16, 3, 0.4)
        + fluff(27, -16, 19, 16, 14, 0.16, 4, 0.4)
        + fluff(0, -48, 36, 36, 24, 0.18, 6, 0.5)
        + hairs(0, -46, 36, 34, 46, 7, DEEP, opacity=0.35)
        + paw(-11, -5)
        + paw(11, -5)
        + fluff(0, -50, 23, 31, 20, 0.22, 8, 0.5, fill=CREAM)
        + hairs(0, -46, 18, 25, 24, 9, LIGHT, opacity=0.8)
        + fluff(0, -84, 45, 32, 26, 0.2, 11, 0.5)
        + hairs(0, -78, 42, 26, 34, 12, DARK, opacity=0.45)
        + fluff(0, -72, 25, 18, 16, 0.24, 13, 0.5, fill=CREAM)
        + head(0, -98, 1, mood, tilt)
    )


def leg(x: float, colour: str) -> str:
    """Return one leg of the standing dog."""
    return (
        f'<path d="M{x - 7} -34Q{x - 8} -10 {x - 6} -2Q{x} 2 {x + 7} -2Q{x + 7} -16 {x + 9} -34Z" '
        f'fill="{colour}"/>'
    )


def standing(mood: str = "happy") -> str:
    """Return the dog on her legs, walking to the left."""
    return (
        shadow(60)
        + leg(-22, DARK)
        + leg(34, DARK)
        + leg(-36, LIGHT)
        + leg(22, BASE)
        + paw(-37, -3, 8, 5)
        + paw(22, -3, 8, 5)
        + fluff(48, -86, 25, 22, 18, 0.26, 21, 0.5, -0.5, PALE)
        + hairs(48, -86, 20, 18, 18, 22, DARK, 8)
        + fluff(0, -54, 54, 34, 30, 0.17, 23, 0.5)
        + fluff(8, -42, 42, 22, 24, 0.16, 24, 0.4, fill=DARK)
        + fluff(4, -60, 44, 25, 24, 0.16, 25, 0.4, fill=LIGHT)
        + hairs(4, -54, 50, 30, 60, 26, DEEP, opacity=0.35)
        + fluff(-36, -62, 33, 34, 24, 0.22, 27, 0.5)
        + fluff(-42, -54, 21, 25, 18, 0.24, 28, 0.5, fill=CREAM)
        + hairs(-42, -52, 17, 22, 20, 29, LIGHT, 8, opacity=0.8)
        + head(-44, -90, 0.92, mood, -5)
    )


def lying(mood: str = "calm") -> str:
    """Return the dog lying with her head up."""
    return (
        shadow(72, 10, 8)
        + fluff(58, -34, 22, 20, 16, 0.26, 41, 0.5, 0.3, PALE)
        + fluff(14, -29, 56, 29, 30, 0.16, 42, 0.5)
        + fluff(18, -34, 44, 20, 24, 0.15, 43, 0.4, fill=LIGHT)
        + hairs(16, -28, 52, 24, 60, 44, DEEP, opacity=0.35)
        + fluff(44, -14, 22, 14, 14, 0.16, 45, 0.4, fill=DARK)
        + paw(-52, -5, 12, 6.5)
        + paw(-26, -4, 12, 6.5)
        + fluff(-30, -40, 34, 30, 24, 0.22, 46, 0.5)
        + fluff(-32, -28, 22, 19, 16, 0.24, 47, 0.5, fill=CREAM)
        + hairs(-32, -28, 18, 16, 18, 48, LIGHT, 8, opacity=0.8)
        + head(-33, -56, 0.95, mood, -4)
    )


def asleep() -> str:
    """Return the dog rolled up."""
    return (
        shadow(70, 10)
        + fluff(4, -29, 60, 29, 32, 0.16, 51, 0.5)
        + fluff(10, -35, 46, 20, 26, 0.15, 52, 0.4, fill=LIGHT)
        + hairs(8, -30, 54, 24, 64, 53, DEEP, opacity=0.33)
        + fluff(-34, -26, 34, 24, 24, 0.2, 54, 0.5)
        + head(-32, -25, 0.86, "asleep", -14)
        + fluff(28, -12, 42, 13, 24, 0.26, 55, 0.4, -0.1, PALE)
        + hairs(28, -13, 36, 9, 26, 56, DARK, 8, 1.1)
        + paw(-12, -4, 10, 5.5)
    )


def in_bed() -> str:
    """Return the dog rolled up in her basket, whose front edge is over her; she faces right."""
    edge = '<path transform="translate(-2 -2)" d="M-82 0Q-82 28 0 28T82 0Q70 14 0 14T-82 0Z" fill="#a3a9b8"/>'
    return f'<g transform="scale(-.98 .98)">{asleep()}</g>{edge}'


def looking_out() -> str:
    """Return the dog from behind, at the window."""
    return (
        shadow(54)
        + fluff(0, -44, 42, 44, 28, 0.17, 61, 0.5)
        + fluff(0, -52, 33, 32, 24, 0.15, 62, 0.4, fill=LIGHT)
        + hairs(0, -46, 38, 38, 64, 63, DEEP, 10, opacity=0.38)
        + head(2, -98, 0.96, "away", 6)
        + fluff(2, -82, 40, 20, 24, 0.2, 64, 0.5)
        + hairs(2, -80, 36, 16, 30, 65, DARK, opacity=0.4)
        + fluff(20, -36, 20, 30, 18, 0.28, 66, 0.5, 0.35, PALE)
        + hairs(20, -36, 15, 24, 20, 67, DARK)
    )


POSES: dict[str, Callable[[], str]] = {
    "sit": sitting,
    "listen": lambda: sitting("calm", 9),
    "stand": standing,
    "lie": lying,
    "asleep": asleep,
    "bed": in_bed,
    "window": looking_out,
}
