"""`pucci tune`: the smallest delay, skip and size at which a camera is right every time."""

import sys
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pucci.cli.group import choose_camera, progress_bar, with_settings
from pucci.counting import counted
from pucci.errors import SettingsError
from pucci.settings import CameraSettings, Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pucci.capture.tune import Trial, Tuning

_FOUND = ("width", "height", "delay_s", "skip")


@click.command()
@click.argument("camera", required=False)
@click.option("--write", is_flag=True, help="Write what was found into the settings file.")
@click.option(
    "--limit",
    "limit_s",
    type=click.FloatRange(min=5),
    default=170.0,
    show_default=True,
    help="Seconds to try.",
)
@click.option(
    "--keep", type=click.Path(path_type=Path, file_okay=False), help="Folder for the frames in question."
)
@with_settings
def tune(settings: Settings, camera: str | None, write: bool, limit_s: float, keep: Path | None) -> None:
    """Find the smallest delay, skip and size at which CAMERA is right every time, by trying.

    The camera must be free: stop `pucci serve` first, if somebody may be watching.
    Ends with 1 where nothing was right every time; Pucci still works then, with more tries.

    \b
    Examples:
      pucci tune
      pucci tune sofa --write
      pucci tune --keep /tmp/frames
    """
    from pucci import jpeg
    from pucci.cameras import open_camera
    from pucci.capture import Eye
    from pucci.capture.tune import Tuner
    from pucci.clock import SystemClock

    jpeg.require()
    name = choose_camera(settings, camera)
    clock = SystemClock()
    with _bar() as progress:
        tuner = Tuner(
            lambda tried: Eye(open_camera(name, tried, clock=clock), clock=clock),
            clock=clock,
            limit_s=limit_s,
            progress=progress,
        )
        tuning = tuner.run(settings.cameras[name])
    _report(tuning)
    _keep(tuning, keep or settings.data_dir / "tune")
    if tuning.best.wrong or not tuning.best.tries:
        sys.exit(1)
    if write:
        _write(settings, name, tuning.best.settings)
    else:
        click.echo(f"\nTo use it, `pucci tune {name} --write`, or put this into pucci.toml:\n")
        click.echo(f"[cameras.{name}]")
        click.echo("\n".join(f"{word} = {getattr(tuning.best.settings, word):g}" for word in _FOUND))


@contextmanager
def _bar() -> "Iterator[Callable[[float, str], None]]":
    with progress_bar(1000, show=lambda words: str(words or "")) as bar:

        def progress(share: float, words: str) -> None:
            bar.update(max(0, round(share * 1000) - bar.pos), current_item=words)

        yield progress


def _report(tuning: "Tuning") -> None:
    best = tuning.best
    for trial in tuning.trials if len(tuning.trials) > 1 else []:
        click.echo(_line(trial))
    click.echo(f"\n{counted(tuning.frames, 'frame')} looked at, {tuning.refused} refused.")
    if best.wrong:
        click.echo("Nothing was right every time. This was best:")
    click.echo(_line(best))
    click.echo(f"At most {best.at_most_wrong:.1%} of pictures need a second try, 95 % sure.")


def _line(trial: "Trial") -> str:
    found = trial.settings
    reasons = ", ".join(f"{reason} {count}" for reason, count in trial.reasons.items())
    size = f"{found.width}×{found.height}, delay {found.delay_s:g} s, skip {found.skip}"
    right = f"{trial.tries - trial.wrong} of {trial.tries} right"
    return f"{size}: {right}" + (f" ({reasons})" if reasons else "")


def _keep(tuning: "Tuning", folder: Path) -> None:
    if not tuning.in_question:
        return
    folder.mkdir(parents=True, exist_ok=True)
    click.echo("Frames in question:")
    for number, sight in enumerate(tuning.in_question, 1):
        file = folder / f"refused-{number}.jpg"
        file.write_bytes(sight.frame.data)
        click.echo(f"  {file}: {sight.verdict.reason}")


def _write(settings: Settings, name: str, found: CameraSettings) -> None:
    import tomlkit

    path = settings.file or Path.home() / ".config" / "pucci" / "pucci.toml"
    document = tomlkit.parse(path.read_text(encoding="utf-8")) if path.exists() else tomlkit.document()
    cameras: Any = document.setdefault("cameras", tomlkit.table(is_super_table=True))
    table: Any = cameras.setdefault(name, tomlkit.table())
    before = settings.cameras[name]
    for item in fields(CameraSettings):
        if item.name in _FOUND or getattr(before, item.name) != item.default:
            table[item.name] = getattr(found, item.name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        part.write_text(tomlkit.dumps(document), encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}. Write it by hand.") from error
    click.echo(f"\nWritten to {path}. It counts from the next start.")
