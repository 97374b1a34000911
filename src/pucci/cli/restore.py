"""`pucci restore`: a backup put back, whole into an empty place or not at all."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import click

from pucci.cli.group import progress_bar, with_settings
from pucci.cli.passphrase import passphrase_file as passphrase_option
from pucci.cli.passphrase import read_passphrase
from pucci.counting import counted
from pucci.errors import BackupError
from pucci.settings import Settings


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@passphrase_option
@click.option("--skip-damaged", is_flag=True, help="Do without the photos that are damaged in the backup.")
@with_settings
def restore(settings: Settings, file: Path, passphrase_file: Path | None, skip_damaged: bool) -> None:
    """Put the backup FILE into an empty data folder. Every photo is decoded and held against its sum.

    Nothing that is there is written over, and nothing is left half restored. The settings file is put beside
    the photos, not where it counts: look at it first, since a camera's driver may be a command.

    \b
    Examples:
      pucci restore /media/stick/pucci.tar
      pucci restore pucci.tar.gpg --data-dir /tmp/try
      sudo pucci restore /media/stick/pucci.tar --data-dir /var/lib/pucci
    """
    from pucci import backup as backups
    from pucci import jpeg

    jpeg.require()
    if settings.database_url:
        raise BackupError("A backup holds SQLite, and database_url names another. Leave that out to restore.")
    locked = backups.is_encrypted(file)
    passphrase = read_passphrase(passphrase_file, twice=False) if locked else ""
    with progress_bar(max(1, file.stat().st_size), "Restoring") as bar, ExitStack() as stack:
        source: IO[bytes] = (
            stack.enter_context(backups.decrypting(file, passphrase))
            if locked
            else stack.enter_context(file.open("rb"))
        )
        result = backups.restore(source, settings.data_dir, skip_damaged=skip_damaged, tick=bar.update)
    people, photos = counted(result.people, "person", "people"), counted(result.photos, "photo")
    click.echo(
        f"{settings.data_dir}: {people}, {photos}, all whole, as of {result.made_at:%Y-%m-%d %H:%M} UTC."
    )
    for line in result.damaged:
        click.echo(f"Left out: {line}.", err=True)
    if result.settings is not None:
        click.echo(f"The settings are in {result.settings}. Look at them, then use them with --config.")
    click.echo("Everybody signs in again. Who left since then is back: look at `pucci user list`.")
    if result.damaged:
        sys.exit(1)
