"""`pucci user`: who has an account."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from pucci.cli.group import services_for, with_settings
from pucci.counting import counted
from pucci.errors import AccountError
from pucci.settings import Settings

if TYPE_CHECKING:
    from pucci.accounts import Event, User
    from pucci.services import Services

_LONGEST_INPUT: Final = 4096

_ROLES: Final = click.Choice(["owner", "family"])
_password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input, not from the terminal."
)


@click.group()
def user() -> None:
    """Add people, and say who may still come in.

    A person is named by name or e-mail.

    \b
    Examples:
      pucci user add Luke --email luke@example.org
      pucci user list
      pucci user password Luke
    """


@user.command()
@click.argument("name")
@click.option("--email", required=True, help="What this person signs in with.")
@click.option("--role", type=_ROLES, default="family", show_default=True, help="What this person may.")
@_password_stdin
@with_settings
def add(settings: Settings, name: str, email: str, role: str, password_stdin: bool) -> None:
    """Add NAME; the password is asked for.

    \b
    Examples:
      pucci user add Gwen --email gwen@example.org --role owner
      pucci user add Luke --email luke@example.org --role family
      pucci user add Luke --email luke@example.org --password-stdin < password.txt
    """
    from pucci.accounts import Event, Role

    password = _read_password(from_stdin=password_stdin)
    with services_for(settings) as services:
        accounts = services.accounts
        password_hash = accounts.passwords.hash(password)
        person = accounts.users.add(name, email, Role(role), password_hash)
        _note(services, Event.ADDED, f"{person.username}, as {person.role}")
    click.echo(f"{person.username} can sign in now with {person.email}, as {person.role}.")


@user.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list.")
@with_settings
def list_(settings: Settings, as_json: bool) -> None:
    """List everybody who has an account.

    \b
    Examples:
      pucci user list
      pucci user list --json
    """
    with services_for(settings) as services:
        people = services.accounts.users.all()
    if as_json:
        rows = [asdict(person) | {"created_at": person.created_at.isoformat()} for person in people]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    elif people:
        click.echo(_table(people))
    else:
        click.echo("Nobody has an account yet. `pucci serve` prints a link that makes the owner.")


@user.command()
@click.argument("name")
@_password_stdin
@with_settings
def password(settings: Settings, name: str, password_stdin: bool) -> None:
    """Give NAME a new password, and sign NAME out everywhere.

    \b
    Examples:
      pucci user password Luke
      pucci user password luke@example.org --password-stdin < password.txt
    """
    from pucci.accounts import Event

    with services_for(settings) as services:
        accounts = services.accounts
        person = accounts.users.find(name)
        password_hash = accounts.passwords.hash(_read_password(from_stdin=password_stdin))
        accounts.users.set_password(person, password_hash)
        _note(services, Event.PASSWORD, person.username)
    click.echo(f"{person.username} has a new password, and is signed out everywhere.")


@user.command()
@click.argument("name")
@click.argument("role", type=_ROLES)
@with_settings
def role(settings: Settings, name: str, role: str) -> None:
    """Make NAME an owner, or family.

    \b
    Examples:
      pucci user role Luke owner
    """
    from pucci.accounts import Event, Role

    with services_for(settings) as services:
        person = services.accounts.users.find(name)
        services.accounts.users.set_role(person, Role(role))
        _note(services, Event.ROLE, f"{person.username} is {role} now")
    click.echo(f"{person.username} is {role} now.")


@user.command()
@click.argument("name")
@with_settings
def disable(settings: Settings, name: str) -> None:
    """Keep NAME out, and sign NAME out everywhere.

    \b
    Examples:
      pucci user disable Luke
    """
    from pucci.accounts import Event

    with services_for(settings) as services:
        person = services.accounts.users.find(name)
        services.accounts.users.disable(person)
        _note(services, Event.DISABLED, person.username)
    click.echo(f"{person.username} cannot sign in any more, and is signed out everywhere.")


@user.command()
@click.argument("name")
@with_settings
def enable(settings: Settings, name: str) -> None:
    """Let NAME in again.

    \b
    Examples:
      pucci user enable Luke
    """
    from pucci.accounts import Event

    with services_for(settings) as services:
        person = services.accounts.users.find(name)
        services.accounts.users.enable(person)
        _note(services, Event.ENABLED, person.username)
    click.echo(f"{person.username} can sign in again.")


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@with_settings
def remove(settings: Settings, name: str, yes: bool) -> None:
    """Forget NAME, for good.

    \b
    Examples:
      pucci user remove Luke
      pucci user remove luke@example.org --yes
    """
    from pucci.accounts import Event

    with services_for(settings) as services:
        person = services.accounts.users.find(name)
        if not yes:
            _confirm(f"Remove {person.username} ({person.email}) for good?")
        services.accounts.users.remove(person)
        _note(services, Event.REMOVED, person.username)
    click.echo(f"{person.username} is removed.")


@user.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@with_settings
def import_(settings: Settings, file: Path) -> None:
    """Take in everybody from the first version's database FILE, with their passwords.

    The first person becomes the owner if there is none, all others are family. FILE is only read, and
    whoever is here already stays as they are.

    \b
    Examples:
      pucci user import test.db
    """
    from pucci.accounts import Event
    from pucci.accounts.importing import import_first_version

    with services_for(settings) as services:
        report = import_first_version(file, services.accounts.users)
        if report.added:
            _note(services, Event.ADDED, f"{counted(report.added, 'person', 'people')} of the first version")
    for line in report.lines:
        click.echo(str(line))
    skipped = f", {report.skipped} skipped" if report.skipped else ""
    click.echo(f"{report.added} of {counted(len(report.lines), 'person', 'people')} added{skipped}.")


def _note(services: "Services", what: "Event", whom: str) -> None:
    services.accounts.journal.write(what, who="The owner", whom=f"{whom}, by a command")


# -- asking ------------------------------------------------------------------------------------------


def _read_password(*, from_stdin: bool) -> str:
    """Ask twice on the terminal, or take standard input, which must be one line."""
    if not from_stdin:
        _need_terminal("Give the password on standard input, with --password-stdin")
        return click.prompt("Password", hide_input=True, confirmation_prompt=True)
    data = sys.stdin.buffer.read(_LONGEST_INPUT).removesuffix(b"\n").removesuffix(b"\r")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise AccountError("The password on standard input is not UTF-8 text. Save it as UTF-8.") from error
    if "\n" in text:
        raise AccountError("Standard input has more than one line. Give the password alone.")
    return text


def _confirm(question: str) -> None:
    _need_terminal("Add --yes if you are sure")
    click.confirm(question, abort=True)


def _need_terminal(instead: str) -> None:
    if not sys.stdin.isatty():
        raise AccountError(f"There is no terminal to ask on. {instead}.")


def _table(people: "list[User]") -> str:
    rows = [("Name", "E-mail", "Role", "Since", "")]
    for person in people:
        since = f"{person.created_at:%Y-%m-%d}"
        rows.append((person.username, person.email, str(person.role), since, "disabled" * person.disabled))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths) for row in rows)


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
