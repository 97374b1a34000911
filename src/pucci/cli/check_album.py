"""`pucci check-album`: are the album's promises kept?"""

import sys

import click

from pucci.cli.group import progress_bar, services_for, with_settings
from pucci.settings import Settings


@click.command(name="check-album")
@click.option(
    "--repair",
    is_flag=True,
    help="Adopt stray photos and films, drop rows without a file, set damaged files aside.",
)
@with_settings
def check_album(settings: Settings, repair: bool) -> None:
    """Hold every row of the album against its file, and every file against its row.

    Ends with 0 when all is well, else with 1 and a line for each thing that is not.

    \b
    Examples:
      pucci check-album
      pucci check-album --repair
    """
    from pucci.album.check import check

    with services_for(settings) as services:
        total = services.album.index.count()
        with progress_bar(total, "Checking") as bar:
            findings = check(services.album, repair=repair, tick=lambda: bar.update(1))
    for finding in findings:
        click.echo(str(finding))
    if any(finding.is_broken for finding in findings):
        sys.exit(1)
    click.echo(f"{total} photos, all whole and in their place.")
