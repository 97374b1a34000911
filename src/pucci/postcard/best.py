"""Which of a day's photos is the best: something moves in it, it is bright, and rich in detail. Pure."""

from collections.abc import Callable, Sequence
from statistics import fmean, pstdev
from typing import Final

from pucci.jpeg import Sketch
from pucci.photo import Photo

# Looked at: the liveliest of each quarter of an hour, and of those so many.
_LOOKED_AT: Final = 16
# So many thousandths that changed are as lively as it gets; beyond, somebody turned on a light.
_LIVELY: Final = 120
_TOO_MUCH: Final = 600
_BRIGHT: Final = 125
_RICH: Final = 50


def best(photos: Sequence[Photo], look: Callable[[Photo], Sketch | None]) -> Photo | None:
    """Return the best photo; `look` returns a photo's sketch, None where it has gone."""
    found = [(photo, seen) for photo in _candidates(photos) if (seen := look(photo)) is not None]
    if not found:
        return None
    most = max(_bytes_a_pixel(photo) for photo, _ in found)
    return max(found, key=lambda one: score(one[0], one[1], most))[0]


def score(photo: Photo, seen: Sketch, most: float) -> float:
    """Return how good a photo is, from 0 to 4; `most` is the bytes a pixel of the sharpest one."""
    activity = photo.activity or 0
    lively = 0.3 if activity > _TOO_MUCH else min(activity / _LIVELY, 1.0)
    light = max(0.0, 1 - abs(fmean(seen.samples) - _BRIGHT) / _BRIGHT)
    rich = min(pstdev(seen.samples) / _RICH, 1.0)
    sharp = _bytes_a_pixel(photo) / most if most else 0.0
    return 1.5 * lively + 1.2 * light + 0.5 * rich + 0.8 * sharp


def _candidates(photos: Sequence[Photo]) -> list[Photo]:
    quarters: dict[tuple[str, int], Photo] = {}
    for photo in photos:
        quarter = photo.camera, int(photo.taken_at.timestamp()) // 900
        if quarter not in quarters or _rank(photo) > _rank(quarters[quarter]):
            quarters[quarter] = photo
    return sorted(quarters.values(), key=_rank, reverse=True)[:_LOOKED_AT]


def _rank(photo: Photo) -> tuple[int, float]:
    activity = photo.activity or 0
    return (0 if activity > _TOO_MUCH else min(activity, _LIVELY)), _bytes_a_pixel(photo)


def _bytes_a_pixel(photo: Photo) -> float:
    return photo.size / max(1, photo.width * photo.height)
