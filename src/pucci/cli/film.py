"""`pucci film`: a film of photos, now."""

from datetime import date, timedelta
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


@click.command()
@click.argument("camera", required=False)
@click.option("--day", type=Day(), help="The day to show; yesterday, if nothing is said.")
@click.option("--from", "first", type=Day(), help="The first day of several.")
@click.option("--to", "last", type=Day(), help="The last day of several; today, if not said.")
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
    first: date | None,
    last: date | None,
    same_time: str | None,
    output: Path | None,
) -> None:
    """Make a film of a day, of several, or of one photo a day across months.

    \b
    Examples:
      pucci film                                        yesterday
      pucci film sofa --day 2026-11-26 --output day.mp4
      pucci film --from 2026-11-01 --to 2026-11-30 --same-time 12:00
    """
    from pucci.album.films import Film, Kind
    from pucci.clock import zone
    from pucci.timelapse.maker import clock_time, span_of_days

    name = choose_camera(settings, camera)
    if same_time is not None and clock_time(same_time) is None:
        raise SettingsError(f"--same-time: {same_time!r} is not a time of day. Write it as 12:00.")
    if day and (first or last):
        raise SettingsError("Say either --day, or --from and --to.")
    with services_for(settings) as services:
        local = zone(settings.clock.timezone)
        today = services.clock.now().astimezone(local).date()
        begins = day or first or (today - timedelta(days=1))
        ends = day or last or (today if first else begins)
        if begins > ends:
            raise SettingsError(f"The first day, {begins}, comes after the last, {ends}.")
        start, end = span_of_days(begins, ends, local)
        kind = Kind.DAILY if same_time else Kind.DAY if begins == ends else Kind.SPAN
        with progress_bar(1000, "Filming") as bar:

            def tick(done: int, whole: int) -> None:
                bar.update(1000 * done // whole - bar.pos)

            if output is not None:
                now = services.clock.now()
                asked = Film(0, name, kind, start, end, same_time or "", "", 0, "", now, "", 0, 0.0, 0, 0, 0)
                count = services.films.write(asked, output, tick)
                where, size = output, output.stat().st_size
            else:
                made = services.films.make_now(name, kind, start, end, same_time or "", tick=tick)
                where, size, count = services.album.films.path(made), made.size, made.photos
    click.echo(f"{where}: {count} photos, {size / 1_000_000:.1f} MB.")
