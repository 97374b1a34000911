"""`pucci settings`: what is in force, and a sample to start from."""

import json
import re
from pathlib import Path
from typing import Any

import click

from pucci.cli.group import with_settings
from pucci.setting import default_of, settings_of
from pucci.settings import SECTIONS, CameraSettings, Settings


@click.command()
@click.option(
    "--all", "everything", is_flag=True, help="Print a sample file with every setting, its help and default."
)
@with_settings
def settings(settings: Settings, everything: bool) -> None:
    """Print the effective settings as a pucci.toml, secrets masked.

    \b
    Examples:
      pucci settings
      pucci settings --all > pucci.toml
    """
    click.echo(sample() if everything else effective(settings), nl=False)


def effective(settings: Settings) -> str:
    """Return the settings in force, as TOML."""
    lines = _values(settings, Settings)
    for name, section in SECTIONS.items():
        lines += ["", f"[{name}]", *_values(getattr(settings, name), section)]
    for name, camera in settings.cameras.items():
        lines += ["", f"[cameras.{name}]", *_values(camera, CameraSettings)]
    return "\n".join(lines) + "\n"


def sample() -> str:
    """Return a sample file: every setting commented out, with its help above it."""
    lines = ["# pucci.toml: take the # away before what you change.", "", *_helped(Settings)]
    for name, section in SECTIONS.items():
        lines += ["", f"# {(section.__doc__ or '').splitlines()[0]}", f"[{name}]", *_helped(section)]
    lines += [
        "",
        f"# {(CameraSettings.__doc__ or '').splitlines()[0]}",
        "[cameras.sofa]",
        *_helped(CameraSettings),
    ]
    return "\n".join(lines) + "\n"


def _values(values: Any, section: type) -> list[str]:
    out: list[str] = []
    for name, item in settings_of(section).items():
        value = getattr(values, name)
        out.append(f"{name} = {_toml('********' if item.metadata['secret'] and value else value)}")
    return out


def _helped(section: type) -> list[str]:
    lines: list[str] = []
    for name, item in settings_of(section).items():
        lines += [f"# {item.metadata['help']}", f"#{name} = {_toml(default_of(item))}"]
    return lines


def _toml(value: Any) -> str:
    """Return a value as TOML: its basic strings are escaped as JSON's are."""
    if isinstance(value, Path):
        return json.dumps("" if value == Path() else str(value))
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, str):
        # A camera's address may hold its password.
        return json.dumps(re.sub(r"//[^/@\s]+@", "//********@", value), ensure_ascii=False)
    if isinstance(value, bool):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)
