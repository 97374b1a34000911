"""The weights as a small line: drawn by the server, so that it needs no script. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from pucci.profile import Weight

WIDTH: Final = 288
HEIGHT: Final = 72
_EDGE: Final = 6


@dataclass(frozen=True, slots=True)
class Chart:
    """A line through points, in units of WIDTH × HEIGHT; least and most are in kilograms."""

    line: str
    points: tuple[tuple[float, float], ...]
    least: float
    most: float


def chart(weights: Sequence[Weight]) -> Chart | None:
    """Return the weights as a line, the first day at the left; None of fewer than two."""
    if len(weights) < 2:
        return None
    first, days = weights[0].day, (weights[-1].day - weights[0].day).days
    least, most = min(w.kg for w in weights), max(w.kg for w in weights)
    span = (most - least) or 1.0
    points = tuple(
        (
            round(_EDGE + (WIDTH - 2 * _EDGE) * (weight.day - first).days / days, 1),
            round(HEIGHT - _EDGE - (HEIGHT - 2 * _EDGE) * (weight.kg - least) / span, 1),
        )
        for weight in weights
    )
    return Chart("M" + "L".join(f"{x} {y}" for x, y in points), points, least, most)
