"""`pucci purge`: what age deletes, and the night's look at the database where nobody else does it."""

import logging
import sqlite3
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from pucci.cli.group import services_for, with_settings
from pucci.counting import counted
from pucci.settings import Settings

if TYPE_CHECKING:
    from pucci.services import Services

log = logging.getLogger(__name__)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go, and why.")
@with_settings
def purge(settings: Settings, dry_run: bool) -> None:
    """Delete photos older than retention.max_age_h, but never a kept one, nor a camera's newest.

    Once a night it also reads the database whole, and takes its snapshot, unless a Pucci that runs did.

    \b
    Examples:
      pucci purge --dry-run
      pucci purge
    """
    with services_for(settings) as services:
        _purge(services, settings.retention.max_age_h, dry_run=dry_run)
        if not dry_run:
            try:
                services.night.work()
            except sqlite3.Error as error:  # the next one will
                log.warning("The database cannot be looked at just now: %s.", error)


def _purge(services: "Services", hours: float, *, dry_run: bool) -> None:
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
        click.echo(f"{photo.file}: {counted(round(age_h), 'hour')} old, the limit is {hours:g}.")
    if not dry_run:
        services.album.purge(timedelta(hours=hours), services.films.holds_since)
    click.echo(f"{counted(len(photos), 'photo')} {'would go' if dry_run else 'went'}.")
