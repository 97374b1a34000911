"""A passphrase from the terminal, a file or standard input; never from the command line, which all read."""

import sys
from pathlib import Path

import click

from pucci.errors import BackupError

# A pipe takes so much at once.
_LONGEST = 1024

passphrase_file = click.option(
    "--passphrase-file",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Read the passphrase from the first line of this file; - is standard input.",
)


def read_passphrase(file: Path | None, *, twice: bool) -> str:
    """Return the passphrase, asked for on the terminal where no file is named.

    Raises:
        BackupError: there is no terminal, the file cannot be read, or the passphrase is empty or too long.
    """
    if file is None:
        if not sys.stdin.isatty():
            raise BackupError("There is no terminal to ask on. Name a --passphrase-file.")
        passphrase = click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
    else:
        passphrase = _first_line(file)
    if not 1 <= len(passphrase.encode()) <= _LONGEST:
        raise BackupError(f"The passphrase must have 1 to {_LONGEST} bytes.")
    return passphrase


def _first_line(file: Path) -> str:
    try:
        if str(file) == "-":
            data = sys.stdin.buffer.readline(_LONGEST + 2)
        else:
            with file.open("rb") as opened:
                data = opened.readline(_LONGEST + 2)
        return data.decode("utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(
            f"The passphrase in {file} cannot be read: {error}. Save it as one line."
        ) from error
