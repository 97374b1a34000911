"""`pucci check`: judge files by hand."""

import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click

from pucci import jpeg
from pucci.errors import AlbumError
from pucci.photo import State, Verdict


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--sequence", is_flag=True, help="The files are successive frames of one camera, in order.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line: file, verdict, reasons.")
def check(files: tuple[Path, ...], sequence: bool, as_json: bool) -> None:
    """Judge pictures: is each FILE whole, suspect, or damaged, and why?

    Ends with 1 where any is damaged.

    \b
    Examples:
      pucci check photo.jpg
      pucci check --sequence frame-*.jpg
      pucci check --json *.jpg | jq -r 'select(.verdict != "whole") | .file'
    """
    jpeg.require()
    judge = judge_of(sequence=sequence)
    damaged = False
    for file in files:
        verdict = judge(_read(file))
        damaged |= verdict.state is State.DAMAGED
        click.echo(_as_json(file, verdict) if as_json else _in_words(file, verdict))
    if damaged:
        sys.exit(1)


def judge_of(*, sequence: bool) -> Callable[[bytes], Verdict]:
    """Return what judges a frame: by itself, or as the next one of its camera."""
    if not sequence:
        return jpeg.judge
    return partial(jpeg.Witness().judge, deep=True)


def _read(file: Path) -> bytes:
    """Return a file's bytes; of one that is too large to be a picture, just so many as show it."""
    try:
        with file.open("rb") as opened:
            return opened.read(jpeg.MOST_BYTES + 1)
    except OSError as error:
        raise AlbumError(f"{file} cannot be read: {error.strerror}.") from error


def _as_json(file: Path, verdict: Verdict) -> str:
    return json.dumps({"file": str(file), "verdict": str(verdict.state), "reasons": list(verdict.reasons)})


def _in_words(file: Path, verdict: Verdict) -> str:
    return f"{file}: {verdict.state}" + (f", {'; '.join(verdict.reasons)}" if verdict.reasons else "")
