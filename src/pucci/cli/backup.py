"""`pucci backup`: all that cannot be had again, in one file, while Pucci runs."""

import sys
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

import click

from pucci.cli.group import progress_bar, services_for, with_settings
from pucci.cli.passphrase import passphrase_file as passphrase_option
from pucci.cli.passphrase import read_passphrase
from pucci.counting import counted
from pucci.errors import BackupError
from pucci.settings import Settings

if TYPE_CHECKING:
    from pucci.backup import Report
    from pucci.services import Services


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--all", "everything", is_flag=True, help="Take all photos, not the kept ones alone.")
@click.option("--films", is_flag=True, help="Take the films too.")
@click.option("--encrypt", is_flag=True, help="Ask for a passphrase, and encrypt with it (GnuPG).")
@passphrase_option
@click.option("--force", is_flag=True, help="Write over FILE if it is there.")
@with_settings
def backup(
    settings: Settings,
    *,
    file: Path,
    everything: bool,
    films: bool,
    encrypt: bool,
    passphrase_file: Path | None,
    force: bool,
) -> None:
    """Write a backup to FILE, or to standard output for -, while Pucci runs.

    In it are people, stars and links, the kept photos and those behind a link, each camera's one picture a
    day, the settings file and the key. Nobody's session is. It holds secrets: it is readable by you alone.

    Ends with 1 where a photo on the disk is damaged; it is named, and all others are in the backup.

    \b
    Examples:
      pucci backup /media/stick/pucci.tar
      pucci backup --all --films --encrypt /media/stick/pucci.tar.gpg
      pucci backup --passphrase-file secret - | ssh elsewhere 'cat > pucci.tar.gpg'
    """
    from pucci.backup import Last, remember

    to_stdout = str(file) == "-"
    if to_stdout and sys.stdout.isatty():
        raise BackupError("A backup is not for the eyes. Name a file, or send standard output into one.")
    passphrase = (
        read_passphrase(passphrase_file, twice=True) if encrypt or passphrase_file is not None else ""
    )
    # SQLite gives root's own journal files to whose the database is.
    with services_for(settings, stay_root=True) as services:
        with ExitStack() as stack:
            out = sys.stdout.buffer if to_stdout else stack.enter_context(_target(file, force))
            report = _write(services, out, passphrase, everything=everything, films=films)
        size = report.size if to_stdout else file.stat().st_size
        remember(services.db, Last(services.clock.now(), size))
    films_too = f", {counted(report.films, 'film')}" if films else ""
    click.echo(f"{file}: {counted(report.photos, 'photo')}{films_too}, {size / 1e6:.1f} MB.", err=to_stdout)
    if report.gone:
        click.echo(f"{report.gone} were deleted meanwhile, and are not in it.", err=to_stdout)
    for line in report.damaged:
        click.echo(f"Not in it: {line}.", err=True)
    if report.damaged:
        click.echo("`pucci check-album` says more.", err=True)
        sys.exit(1)


def _target(file: Path, force: bool):  # noqa: ANN202 - a context manager, imported late
    from pucci.backup import writing

    return writing(file, force=force)


def _write(
    services: "Services", out: IO[bytes], passphrase: str, *, everything: bool, films: bool
) -> "Report":
    from pucci import backup as backups

    with progress_bar(1000, "Backing up") as bar, ExitStack() as stack:

        def tick(done: int, whole: int) -> None:
            bar.update(1000 * done // max(whole, 1) - bar.pos)

        target = stack.enter_context(backups.encrypting(out, passphrase)) if passphrase else out
        return backups.write(
            target, services.album, services.settings,
            clock=services.clock, everything=everything, films=films, tick=tick,
        )  # fmt: skip
