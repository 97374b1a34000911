"""`pucci migrate`: bring the database up to this version of Pucci."""

import click

from pucci.cli.group import services_for, with_settings
from pucci.settings import Settings


@click.command()
@with_settings
def migrate(settings: Settings) -> None:
    """Bring the database up to this version of Pucci. Doing it twice does no harm.

    `pucci serve` does it by itself; a site under Apache asks for it, since there several processes
    start at once.

    \b
    Example:
      pucci migrate
    """
    with services_for(settings):
        click.echo("The database is up to date.")
