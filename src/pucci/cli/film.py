"""`pucci film`: a film of photos, now."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any

import click

from pucci.cli.group import choose_camera, progress_bar, services_for, with_settings
from pucci.errors import SettingsError
from pucci.settings import Settings


class Day(click.ParamType):
    """A day, written as 2026-11-26."""

    name = "DAY"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day."""
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day. Write it as 2026-11-26.", param, ctx)


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a span begins or ends: a local day, a time of it, or a time of today."""

    day: date | None
    at: time | None


class Moment(click.ParamType):
    """A day, a time of today, or both."""

    name = "WHEN"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Bound:
        """Return the day and the time, as far as they are said."""
        from pucci.forms import clock_time

        if isinstance(value, Bound):
            return value
        day, _, at = value.strip().replace("T", " ").rpartition(" ")
        if not day and ":" not in at:
            day, at = at, ""
        try:
            moment = clock_time(at) if at else None
            if moment is None and (at or not day):
                raise ValueError
            return Bound(date.fromisoformat(day.strip()) if day else None, moment)
        except ValueError:
            sentence = "is neither a day nor a time. Write it as 2026-11-26, 18:00 or '2026-11-26 18:00'."
            self.fail(f"{value!r} {sentence}", param, ctx)


@click.command()
@click.argument("camera", required=False)
@click.option("--day", type=Day(), help="The day to show; yesterday, if nothing is said.")
@click.option("--from", "first", type=Moment(), help="Where it begins: a day, a time of today, or both.")
@click.option("--to", "last", type=Moment(), help="Where it ends, a day included; today, if not said.")
@click.option("--same-time", metavar="HH:MM", help="One photo a day, the nearest to this time.")
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write it here, not to the films."
)
@with_settings
def film(
    settings: Settings,
    *,
    camera: str | None,
    day: date | None,
    first: Bound | None,
    last: Bound | None,
    same_time: str | None,
    output: Path | None,
) -> None:
    """Make a film of a day, of any span, or of one photo a day across months.

    Times are local. Without any of these options it shows yesterday.

    \b
    Examples:
      pucci film                                        yesterday
      pucci film sofa --day 2026-11-26 --output day.mp4
      pucci film --from 18:00 --to 20:00                of today
      pucci film --from '2026-11-25 22:00' --to '2026-11-26 07:30'
      pucci film --from 2026-11-01 --to 2026-11-30 --same-time 12:00
    """
    from pucci.album.films import Film, Kind
    from pucci.clock import zone
    from pucci.forms import clock_time
    from pucci.timelapse.maker import span_of_days

    name = choose_camera(settings, camera)
    if same_time is not None and clock_time(same_time) is None:
        raise SettingsError(f"--same-time: {same_time!r} is not a time of day. Write it as 12:00.")
    if day and (first or last):
        raise SettingsError("Say either --day, or --from and --to.")
    if same_time and any(bound and bound.at for bound in (first, last)):
        raise SettingsError("--same-time is of whole days. Write --from and --to without a time.")
    with services_for(settings) as services:
        local = zone(settings.clock.timezone)
        now = services.clock.now()
        today = now.astimezone(local).date()
        if day or not (first or last):
            first = last = Bound(day or today - timedelta(days=1), None)
        start, end = span(first, last, today, local)
        begun = start.astimezone(local).date()
        # The film of a day that is not over is none: or the night would not make its own.
        is_day = (start, end) == span_of_days(begun, begun, local) and end <= now
        kind = Kind.DAILY if same_time else Kind.DAY if is_day else Kind.SPAN
        with progress_bar(1000, "Filming") as bar:

            def tick(done: int, whole: int) -> None:
                bar.update(1000 * done // whole - bar.pos)

            if output is not None:
                asked = Film(
                    0, name, kind, start, end, same_time or "", "", 0, "", now, "", 0, 0.0, 0, 0, 0, 0
                )
                count = services.films.write(asked, output, tick)
                where, size = output, output.stat().st_size
            else:
                made = services.films.make_now(name, kind, start, end, same_time or "", tick=tick)
                where, size, count = services.album.films.path(made), made.size, made.photos
    click.echo(f"{where}: {count} photos, {size / 1_000_000:.1f} MB.")


def span(
    first: Bound | None, last: Bound | None, today: date, zone: tzinfo | None
) -> tuple[datetime, datetime]:
    """Return the span between two bounds in UTC. A last day without a time is in it whole.

    Where none begins it, it begins with its last day; where none ends it, it ends with today.

    Raises:
        SettingsError: it ends before it begins.
    """
    from pucci.timelapse.choose import local_moment

    last = last or Bound(None, None)
    first = first or Bound(last.day, None)
    start = local_moment(first.day or today, first.at or time.min, zone)
    after = (last.day or today) + timedelta(days=0 if last.at else 1)
    end = local_moment(after, last.at or time.min, zone)
    if start >= end:
        begins, ends = (f"{moment:%Y-%m-%d %H:%M}" for moment in (start, end))
        raise SettingsError(f"The film would begin at {begins} and end at {ends}. Say a later --to.")
    return start.astimezone(UTC), end.astimezone(UTC)
