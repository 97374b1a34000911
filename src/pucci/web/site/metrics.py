"""/metrics, for Prometheus: the text format 0.0.4, behind a token of its own scope."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from flask import Blueprint, Response

from pucci import __version__
from pucci.accounts.apitokens import Scope
from pucci.album.slots import refused_in
from pucci.services import Services
from pucci.web.site import day
from pucci.web.site.allow import allow
from pucci.web.site.parts import parts

bp = Blueprint("metrics", __name__)

KIND: Final = "text/plain; version=0.0.4; charset=utf-8"
_DAY: Final = timedelta(days=1)

Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Family:
    """A gauge: its name, its help, and a value for each set of labels."""

    name: str
    about: str
    samples: Sequence[Sample]


@bp.get("/metrics")
@allow(Scope.METRICS)
def show() -> Response:
    """Say the figures of this moment; those of slots are of the last 24 hours."""
    text = exposition([*_of_whole(parts().services), *_of_cameras(parts().services)])
    return Response(text, content_type=KIND)


def exposition(families: Iterable[Family]) -> str:
    """Return families in the text format 0.0.4. A family without samples is left out."""
    lines: list[str] = []
    for family in families:
        if not family.samples:
            continue
        lines += [f"# HELP {family.name} {_plain(family.about)}", f"# TYPE {family.name} gauge"]
        for labels, value in family.samples:
            inside = ",".join(f'{name}="{_quoted(text)}"' for name, text in labels.items())
            lines.append(f"{family.name}{f'{{{inside}}}' if inside else ''} {_number(value)}")
    return "\n".join(lines) + "\n"


def _of_whole(services: Services) -> list[Family]:
    health = services.health()
    photos, kept, size = services.album.index.totals()
    one = [
        ("pucci_uptime_seconds", "Seconds since this process started.", services.uptime_s()),
        ("pucci_healthy", "Whether /health says ok.", float(health.ok)),
        ("pucci_photos", "Photos in the album.", photos),
        ("pucci_photos_kept", "Photos that somebody keeps.", kept),
        ("pucci_photos_bytes", "Bytes of all photos.", size),
        (
            "pucci_disk_free_bytes",
            "Bytes free for Pucci on the disk of the photos.",
            services.album.room.free(),
        ),
        ("pucci_clock_trusted", "Whether the clock is believed.", float(services.clock.is_trusted())),
        ("pucci_messages_waiting", "Messages that wait to be sent.", services.outbox.waiting()),
    ]
    return [
        Family("pucci_build_info", "The version.", [({"version": __version__}, 1)]),
        *(Family(name, about, [({}, value)]) for name, about, value in one),
        Family(
            "pucci_condition",
            "What is wrong, each 1 while it lasts.",
            [({"name": condition.key}, 1) for condition in health.conditions],
        ),
    ]


def _of_cameras(services: Services) -> list[Family]:
    interval_s, now = services.settings.capture.interval_s, services.clock.now()
    end = now - timedelta(seconds=interval_s)  # the one being filled just now is not counted
    slots: list[Sample] = []
    refused: list[Sample] = []
    newest: list[Sample] = []
    watchers: list[Sample] = []
    for name in services.cameras:
        label = {"camera": name}
        found = services.album.slots.day(name, end - _DAY, end, interval_s)
        filled, off = sum(slot.filled for slot in found), sum(map(day.was_off, found))
        counts = {"filled": filled, "missed": len(found) - filled - off, "off": off}
        slots += [(label | {"state": state}, count) for state, count in counts.items()]
        refused.append((label, refused_in(found)))
        if photo := services.album.newest(name):
            newest.append((label, photo.taken_at.timestamp()))
        if services.remote is None:  # else they are the other process's
            watchers.append((label, services.hubs[name].watchers))
    return [
        Family("pucci_slots", "Slots of the last 24 hours, by what became of them.", slots),
        Family("pucci_frames_refused", "Frames refused in the last 24 hours.", refused),
        Family("pucci_newest_photo_timestamp_seconds", "When the newest photo was taken.", newest),
        Family("pucci_watchers", "Who watches live now.", watchers),
    ]


def _number(value: float) -> str:
    return repr(float(value)) if value != int(value) else str(int(value))


def _quoted(text: str) -> str:
    return _plain(text).replace('"', '\\"')


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n")
