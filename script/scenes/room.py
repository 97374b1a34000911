"""The room at an hour: room.svg with the hour's colours filled in."""

from dataclasses import dataclass
from pathlib import Path
from string import Template

TEMPLATE = Path(__file__).with_name("room.svg")

# What differs between night and day: name, colour at night, colour at noon.
COLOURS = {
    "wall": ("#7f8f88", "#cfdacd"),
    "wall_low": ("#6d7d78", "#bfcec4"),
    "floor": ("#8a6344", "#c79a6b"),
    "floor_far": ("#72503a", "#b5875b"),
    "hill": ("#1a2233", "#9db89a"),
    "tree": ("#141b28", "#6f9474"),
    "curtain": ("#7d6a68", "#ead9c8"),
    "curtain_fold": ("#6b5a5a", "#dcc6b2"),
    "picture_frame": ("#5c4636", "#8d6c50"),
    "picture_paper": ("#a59c8d", "#f3ecdf"),
    "picture_hill": ("#5f7a76", "#8fb0a4"),
    "picture_sun": ("#9a7a58", "#eab676"),
    "sofa": ("#27484c", "#3b7073"),
    "sofa_dark": ("#1f3b40", "#2f5d62"),
    "sofa_light": ("#31575a", "#4a8182"),
    "cushion": ("#a68a5a", "#e6c98c"),
    "cushion_line": ("#8a6f45", "#cfae6c"),
    "rug": ("#9a6a68", "#cf9a92"),
    "rug_line": ("#b78880", "#e4bdb2"),
    "pot": ("#7b7f86", "#dfe3e2"),
    "leaves": ("#2f4a3c", "#5f8f69"),
    "lampshade": ("#8f8878", "#f1e6d2"),
}


@dataclass(frozen=True)
class Light:
    """The light of an hour: `day` from 0 (night) to 1, `dusk` from 0 to 1, and the lamp."""

    day: float
    dusk: float
    lamp: bool


def light_at(hour: float) -> Light:
    """Return the light of a November day at home."""
    rising = min(max((hour - 7.1) / 1.7, 0.0), 1.0)
    falling = min(max((17.0 - hour) / 1.9, 0.0), 1.0)
    day = rising * falling
    dusk = max(0.0, 1 - abs(hour - 7.9)) + max(0.0, 1 - abs(hour - 16.1) / 1.1)
    lamp = 6.7 <= hour < 8.2 or 16.1 <= hour < 23.2
    return Light(day * day * (3 - 2 * day), min(1.0, dusk), lamp)


def room(light: Light, *, view: str, width: int, height: int, only_light: bool = False) -> str:
    """Return the room as SVG; `only_light` leaves the darkness and the lamp's glow, on nothing."""
    day = light.day
    values = {name: mix(night, noon, day) for name, (night, noon) in COLOURS.items()}
    values |= {
        "view": view,
        "width": str(width),
        "height": str(height),
        "room_visibility": "hidden" if only_light else "visible",
        "sky": mix(mix("#141b33", "#8fbfe0", day), "#6a6f9e", light.dusk * 0.6),
        "sky_low": mix(mix("#25304f", "#dcebf0", day), "#f0a878", light.dusk * 0.85),
        "boards": mix(values["floor_far"], "#3a2418", 0.35),
        "skirting_opacity": number(0.4 + 0.5 * day),
        "frame_opacity": number(0.5 + 0.5 * day),
        "cross_opacity": number(0.45 + 0.55 * day),
        "sun_opacity": number(0.2 * day if day > 0.5 else 0),
        "stars_visibility": "visible" if day < 0.12 and not only_light else "hidden",
    }
    if light.lamp:
        values["lampshade"] = "#ffe3a8"
    return Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values | darkness(light))


def darkness(light: Light) -> dict[str, str]:
    """Return what lies over the room: dark towards the edges, and round the lamp its glow."""
    lamp = light.lamp
    return {
        "night_x": "404" if lamp else "512",
        "night_y": "215" if lamp else "200",
        "night_r": "470" if lamp else "520",
        "night_near": "#2a1a10" if lamp else "#141a30",
        "night_near_opacity": "0" if lamp else ".3",
        "night_mid": "#24160f" if lamp else "#10152a",
        "night_mid_opacity": ".22" if lamp else ".55",
        "night_far_opacity": ".68" if lamp else ".74",
        "dark_opacity": number(min(1.0, (1 - light.day) * 1.02) if light.day < 0.97 else 0),
        "glow_r": "250" if light.day < 0.4 else "150",
        "glow_opacity": number(1 - 0.65 * light.day if lamp else 0),
    }


def mix(first: str, second: str, share: float) -> str:
    """Return the colour that is `share` of the way from the first to the second ("#rrggbb")."""
    pairs = zip(bytes.fromhex(first[1:]), bytes.fromhex(second[1:]), strict=True)
    return "#" + bytes(round(a + (b - a) * share) for a, b in pairs).hex()


def number(value: float) -> str:
    """Return a number as SVG reads it, without a tail."""
    return f"{value:.2f}"
