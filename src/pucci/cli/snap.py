"""`pucci snap`: one whole picture, then the end."""

import os
from contextlib import suppress
from pathlib import Path

import click

from pucci.cli.group import choose_camera, services_for, with_settings
from pucci.errors import AlbumError
from pucci.settings import Settings


@click.command()
@click.argument("camera", required=False)
@click.option(
    "--output", "-o", type=click.Path(path_type=Path), help="Write the picture here, not into the album."
)
@click.option(
    "--limit",
    "limit_s",
    type=click.FloatRange(min=1),
    default=30.0,
    show_default=True,
    help="Seconds to try.",
)
@with_settings
def snap(settings: Settings, camera: str | None, output: Path | None, limit_s: float) -> None:
    """Take one whole picture with CAMERA, and put it into the album.

    \b
    Examples:
      pucci snap
      pucci snap sofa --output /tmp/now.jpg
      */5 * * * *  pucci snap        (in a crontab)
    """
    from pucci import jpeg
    from pucci.capture import Attempt, Gate

    name = choose_camera(settings, camera)
    with services_for(settings) as services:
        if output is None:
            services.album.adopt_recent()  # what a full disk or a power cut left without its row
        eye = Gate(services.eyes[name], services.privacy[name], clock=services.clock)
        attempt = Attempt(eye, clock=services.clock, limit_s=limit_s)
        shot = attempt.run()
        if output is None:
            photo = services.album.add(name, shot.frame, shot.verdict, tally=shot.tally)
            click.echo(services.album.path(photo))
            return
    _write(output, jpeg.showable(shot.frame.data))
    click.echo(output)


def _write(output: Path, picture: bytes) -> None:
    """Write a picture where it was asked for: all of it, or the file stays as it was.

    What is no file (/dev/stdout, a pipe), or lies where no file may be put beside it, is written to as it is.

    Raises:
        AlbumError: it cannot be written.
    """
    target = output.resolve()
    part = target.with_name(f".pucci-{os.getpid()}.part")
    try:
        if target.exists() and not (target.is_file() and os.access(target.parent, os.W_OK)):
            target.write_bytes(picture)
            return
        part.write_bytes(picture)
        part.replace(target)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise AlbumError(
            f"{output} cannot be written: {error.strerror}. Make room there, or name another file."
        ) from error
