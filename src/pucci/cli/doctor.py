"""`pucci doctor`: one screen that says how all is, and what to do."""

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pucci.cli.group import become_owner_of, with_settings
from pucci.errors import DatabaseDamaged, DatabaseError, MissingPart, PucciError
from pucci.settings import Settings

if TYPE_CHECKING:
    from pucci.doctor import Finding, Patient, Private
    from pucci.services import Services

# Sign, sign where letters are all there is, colour.
_SIGNS: Final = {
    "ok": ("✓", "+", "green"),
    "note": ("·", "-", "cyan"),
    "to do": ("!", "!", "red"),
    "unknown": ("?", "?", "yellow"),
}
_NAMES: Final = {DatabaseError: "database", DatabaseDamaged: "database", MissingPart: "installed"}
_INDENT: Final = 18


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@click.option("--sys-root", type=click.Path(path_type=Path), default=Path("/"), hidden=True)
@with_settings
def doctor(settings: Settings, as_json: bool, sys_root: Path) -> None:
    """Look at cameras, disk, machine, network and album, and say what to do. Takes ten seconds at most.

    The sign before a line: ✓ is well, · is worth knowing, ? could not be found out, ! needs doing. Ends with
    1 where something needs doing. No camera is started. Said with sudo, it also sees which program holds a
    camera and what ddclient last sent; then it goes on as the account whose the data folder is.

    \b
    Examples:
      pucci doctor
      sudo pucci doctor
      pucci doctor --json | jq -r '.[] | select(.level == "to do") | .todo'
    """
    from pucci.doctor import Private, examine, needs_doing

    private = Private.look(sys_root)
    become_owner_of(settings.data_dir)
    with _patient(settings, sys_root, private) as patient:
        findings = examine(patient)
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        _print(findings)
    sys.exit(1 if needs_doing(findings) else 0)


@contextmanager
def _patient(settings: Settings, root: Path, private: "Private") -> Iterator["Patient"]:
    """Give what is to be looked at; where Pucci cannot even start, that is the first finding."""
    from pucci.clock import SystemClock
    from pucci.doctor import Patient, needs
    from pucci.services import build

    try:
        built = build(settings, may_migrate=_is_new(settings))
    except PucciError as error:
        name = _NAMES.get(type(error), "data folder")
        what, _, todo = str(error).partition(". ")
        trouble = needs(name, f"Pucci cannot start: {what.rstrip('.')}", todo)
        yield Patient(
            settings=settings,
            clock=SystemClock(told=settings.clock.trust == "always"),
            trouble=(trouble,),
            private=private,
            root=root,
        )
        return
    try:
        yield _whole(built, root, private)
    finally:
        built.close()


def _is_new(settings: Settings) -> bool:
    """Whether there is no database yet; one that is there is looked at, not brought up."""
    kind, _, path = settings.effective_database_url.partition("sqlite:///")
    return not kind and not Path(path).exists()


def _whole(services: "Services", root: Path, private: "Private") -> "Patient":
    from pucci import backup
    from pucci.doctor import Patient

    last = backup.last(services.db)
    off = {name: off.reason for name, privacy in services.privacy.items() if (off := privacy.off())}
    return Patient(
        settings=services.settings,
        clock=services.clock,
        database=services.db,
        album=services.album,
        people=services.accounts.users.count(),
        last_backup=(last.at, last.size) if last else None,
        off=off,
        private=private,
        root=root,
    )


def _print(findings: "list[Finding]") -> None:
    letters = "utf" in (sys.stdout.encoding or "").lower()
    colours = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    width = min(shutil.get_terminal_size((100, 24)).columns, 120) if sys.stdout.isatty() else 100
    for finding in findings:
        sign, plain, colour = _SIGNS[finding.level]
        head = click.style(sign if letters else plain, fg=colour if colours else None, bold=colours or None)
        text = _wrapped(finding.text, width)
        click.echo(f"{head} {finding.name.ljust(_INDENT - 2)}{text}", color=colours)
        if finding.todo:
            arrow = "→ " if letters else "> "
            click.echo(" " * _INDENT + _wrapped(arrow + finding.todo, width))
    todo = sum(finding.level == "to do" for finding in findings)
    click.echo(f"\n{todo} to do." if todo else "\nNothing to do.")


def _wrapped(text: str, width: int) -> str:
    lines = textwrap.wrap(text, max(30, width - _INDENT), break_long_words=False, break_on_hyphens=False)
    return f"\n{' ' * _INDENT}".join(lines)
