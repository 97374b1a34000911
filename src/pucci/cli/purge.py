"""`pucci purge`: what age deletes."""

from datetime import timedelta

import click

from pucci.cli.group import services_for, with_settings
from pucci.settings import Settings


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go, and why.")
@with_settings
def purge(settings: Settings, dry_run: bool) -> None:
    """Delete photos older than retention.max_age_h, but never a kept one, nor a camera's newest.

    \b
    Examples:
      pucci purge --dry-run
      pucci purge
    """
    hours = settings.retention.max_age_h
    with services_for(settings) as services:
        if not hours:
            click.echo("Nothing goes by age: retention.max_age_h is 0.")
            return
        if not services.clock.is_trusted():
            click.echo(
                "The clock is not set yet, so nothing is deleted by age. "
                'Set it, or say clock.trust = "always" if you know that it is right.'
            )
            return
        photos = services.album.expired(timedelta(hours=hours), services.films.holds_since)
        now = services.clock.now()
        for photo in photos if dry_run else ():
            age_h = (now - photo.taken_at).total_seconds() / 3600
            click.echo(f"{photo.file}: {age_h:.0f} hours old, the limit is {hours:g}.")
        if not dry_run:
            services.album.purge(timedelta(hours=hours), services.films.holds_since)
        click.echo(f"{len(photos)} photos {'would go' if dry_run else 'went'}.")
