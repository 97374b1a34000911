"""`pucci cameras`: what is attached, and how to use it."""

import click

from pucci.cli.group import with_settings
from pucci.settings import Settings


@click.command()
@with_settings
def cameras(settings: Settings) -> None:
    """List the cameras of this machine: what they offer, and the lines for pucci.toml.

    No camera is started, so no lamp is lit.

    \b
    Examples:
      pucci cameras
      pucci cameras | grep device
    """
    from pucci.cameras.survey import describe, settings_for, survey
    from pucci.clock import SystemClock

    attached = survey(clock=SystemClock())
    if not attached:
        click.echo("No camera is attached. Plug one in, then run `pucci cameras` again.")
    free = [*settings.cameras, *(f"camera-{number}" for number in range(2, len(attached) + 2))]
    for camera, name in zip(attached, free, strict=False):
        click.echo(describe(camera))
        click.echo(settings_for(camera, name) + "\n")
