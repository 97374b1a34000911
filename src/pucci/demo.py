"""An album of drawn photos: days of the dog's life, for looking at, trying out and measuring."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from random import Random
from typing import Final

from pucci import jpeg
from pucci.album.bulk import Drawn
from pucci.cameras.scene import Painter

# So many are drawn one by one, each with its own time in the corner; of more, an hour's few serve every day.
MOST_DRAWN: Final = 3000
_AN_HOURS: Final = 4
# One in so many photos is kept; a moment is worth it when much went on.
_KEPT: Final = 60


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be drawn: `count` slots up to `end`, one every `step`, in this zone and size.

    One of `kept` photos is kept; with `has_gaps` some slots are missed, as in life.
    """

    camera: str
    end: datetime
    step: timedelta
    count: int
    zone: tzinfo | None
    width: int = 640
    height: int = 480
    kept: int = _KEPT
    has_gaps: bool = True

    @property
    def start(self) -> datetime:
        """When the first slot is due."""
        return self.end - self.step * (self.count - 1)


def plan(
    camera: str, end: datetime, days: float, photos: int | None, interval_s: float, **rest: object
) -> Plan:
    """Return a plan of so many days up to `end`, with a photo at every slot, or with so many in all."""
    count = photos or max(1, round(days * 86_400 / interval_s))
    step = timedelta(seconds=days * 86_400 / count if photos else interval_s)
    return Plan(camera, end, step, count, has_gaps=not photos, **rest)  # type: ignore[arg-type]


def drawn(plan: Plan) -> Iterator[Drawn]:
    """Yield the plan's photos and missed slots, oldest first."""
    picture = _own(plan) if plan.count <= MOST_DRAWN else _shared(plan)
    dice, before = Random(plan.camera), None
    activity: dict[tuple[int, int], int | None] = {}
    kept_at = dice.randrange(plan.kept) if plan.kept else -1
    for number in range(plan.count):
        at = plan.start + plan.step * number
        local = at.astimezone(plan.zone)
        reason = _missed(local) if plan.has_gaps and number < plan.count - 1 else ""
        if reason:
            yield Drawn(at, b"", reason=reason)
            continue
        data, sketch = picture(local)
        key = (id(before), id(sketch))
        if plan.count <= MOST_DRAWN or key not in activity:
            activity[key] = jpeg.changed(sketch, before)
        kept = bool(plan.kept) and number % plan.kept == kept_at
        yield Drawn(at, data, plan.width, plan.height, activity[key], kept)
        before = sketch


def _missed(local: datetime) -> str:
    """Return why there is no photo at a local time; "" where there is one."""
    minute = local.hour * 60 + local.minute
    if local.day % 3 == 1 and 760 <= minute < 800:
        return "camera unplugged"
    if local.day % 2 == 0 and 1080 <= minute < 1140:
        return "off, by the family"
    return "damaged: cut short" if 265 <= minute < 270 else ""


def _own(plan: Plan):  # noqa: ANN202 - a function of a local time
    painter = Painter(plan.camera, plan.width, plan.height)

    def picture(local: datetime) -> tuple[bytes, jpeg.Sketch | None]:
        data = painter.paint(local)
        return data, jpeg.sketch(data)

    return picture


def _shared(plan: Plan):  # noqa: ANN202 - a function of a local time
    painter = Painter(plan.camera, plan.width, plan.height)
    known: dict[tuple[int, int], tuple[bytes, jpeg.Sketch | None]] = {}

    def picture(local: datetime) -> tuple[bytes, jpeg.Sketch | None]:
        quarter = local.minute * _AN_HOURS // 60
        key = (local.hour, quarter)
        if key not in known:
            at = local.replace(minute=quarter * 60 // _AN_HOURS, second=0, microsecond=0)
            data = painter.paint(at, stamped=False)
            known[key] = data, jpeg.sketch(data)
        return known[key]

    return picture
