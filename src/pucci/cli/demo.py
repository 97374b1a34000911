"""`pucci demo`: an album of drawn photos."""

from datetime import timedelta

import click

from pucci.cli.group import choose_camera, progress_bar, services_for, with_settings
from pucci.counting import counted
from pucci.errors import AlbumError
from pucci.settings import Settings

_SLOT_RECORD = timedelta(days=30)


@click.command()
@click.option(
    "--days", type=click.FloatRange(0.01, 3660), default=7, show_default=True, help="Days up to now."
)
@click.option(
    "--photos",
    type=click.IntRange(1, 1_000_000),
    help="Photos in all, spread evenly; without it one every capture.interval_s.",
)
@click.option("--camera", help="Whose photos they are; the first camera's, if none is said.")
@with_settings
def demo(settings: Settings, days: float, photos: int | None, camera: str | None) -> None:
    """Fill an empty album with drawn photos, to look at and to measure.

    Up to 3,000 photos are drawn one by one; of more, 96 serve again and again.

    \b
    Examples:
      pucci demo --data-dir /tmp/demo --days 7
      pucci demo --data-dir /tmp/demo --days 365 --photos 100000
    """
    from pucci import demo as drawing
    from pucci.album.bulk import Bulk
    from pucci.capture.schedule import due_slot
    from pucci.clock import zone

    name = choose_camera(settings, camera)
    with services_for(settings) as services, services.only_one():
        if services.album.index.count():
            raise AlbumError(
                "The album has photos already, and the demo would stand between them. "
                "Name another data folder with --data-dir."
            )
        now, interval_s = services.clock.now(), settings.capture.interval_s
        end = due_slot(now, interval_s)
        size = {"width": settings.cameras[name].width, "height": settings.cameras[name].height}
        local = zone(settings.clock.timezone)
        plan = drawing.plan(name, end, days, photos, interval_s, zone=local, **size)
        keeper = next((person.id for person in services.accounts.users.all()), None)
        with progress_bar(plan.count, "Drawing") as bar:
            bulk = Bulk(
                services.db,
                services.album.files,
                name,
                slots_since=now - _SLOT_RECORD if photos is None else now,
                keeper=keeper,
            )
            count = bulk.fill(drawing.drawn(plan), bar.update)
    click.echo(f"{counted(count, 'photo')} {'is' if count == 1 else 'are'} in {settings.data_dir}.")
    keep_h = settings.retention.max_age_h
    if keep_h and keep_h < days * 24:
        click.echo(
            f"Those older than {counted(keep_h, 'hour')} go at the first slot. "
            "retention.max_age_h = 0 keeps them."
        )
