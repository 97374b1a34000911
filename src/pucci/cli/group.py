"""The `pucci` command, and what all its subcommands share."""

import errno
import functools
import importlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pucci import __version__
from pucci.errors import AlbumError, PucciError, SettingsError

if TYPE_CHECKING:
    from pucci.services import Services
    from pucci.settings import Settings

# Where each command is: read only when it is called, so that `pucci snap` never sees Flask.
COMMANDS: Final[Mapping[str, str]] = {
    "serve": "pucci.cli.serve",
    "snap": "pucci.cli.snap",
    "camera": "pucci.cli.camera",
    "link": "pucci.cli.link",
    "settings": "pucci.cli.settings",
    "cameras": "pucci.cli.cameras",
    "off": "pucci.cli.privacy",
    "on": "pucci.cli.privacy",
    "user": "pucci.cli.user",
    "purge": "pucci.cli.purge",
    "check-album": "pucci.cli.check_album",
    "check": "pucci.cli.check",
    "tune": "pucci.cli.tune",
    "film": "pucci.cli.film",
    "notify": "pucci.cli.notify",
    "postcard": "pucci.cli.postcard",
    "backup": "pucci.cli.backup",
    "restore": "pucci.cli.restore",
    "demo": "pucci.cli.demo",
    "doctor": "pucci.cli.doctor",
    "migrate": "pucci.cli.migrate",
    "deploy": "pucci.cli.deploy",
}


class LazyGroup(click.Group):
    """A group whose commands are imported one at a time, and whose errors are one sentence."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands' names, in the order of a newcomer's need."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(COMMANDS[cmd_name])
        return getattr(module, cmd_name.replace("-", "_"))

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, or say which one was likely meant."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean `pucci {near[0]}`?" if near else " `pucci --help` lists them."
            raise click.UsageError(f"{args[0]} is not a command.{hint}")
        return super().resolve_command(ctx, args)


@dataclass
class Options:
    """What was given before the command's name."""

    config: Path | None = None
    data_dir: Path | None = None


_CONFIG = click.option(
    "--config", type=click.Path(path_type=Path, dir_okay=False), help="Settings file (pucci.toml)."
)
_DATA_DIR = click.option(
    "--data-dir", type=click.Path(path_type=Path), help="Folder for all that is written."
)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="pucci")
@_CONFIG
@_DATA_DIR
@click.pass_context
def cli(ctx: click.Context, config: Path | None, data_dir: Path | None) -> None:
    """A dog's home on the web: pictures every few minutes, seen by the family alone.

    \b
    Examples:
      pucci serve                 take pictures, and show them
      pucci snap --output now.jpg take one picture
      pucci user list             who may see them
    """
    ctx.obj = Options(config, data_dir)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --config and --data-dir to a command, and hand it the effective `settings` first."""

    @_CONFIG
    @_DATA_DIR
    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, /, config: Path | None, data_dir: Path | None, **arguments: Any) -> Any:
        from pucci.settings_file import read_settings

        before = ctx.find_object(Options) or Options()
        settings = read_settings(config=config or before.config, data_dir=data_dir or before.data_dir)
        start_log(settings.log.level)
        return command(settings, **arguments)

    return wrapped


@contextmanager
def services_for(settings: "Settings", *, stay_root: bool = False) -> Iterator["Services"]:
    """Build the services for a command, and close them at its end.

    Root becomes the account whose the data folder is, or the service could not use what root wrote;
    with `stay_root` not, for a command that writes elsewhere too.
    """
    from pucci.services import build

    if not stay_root:
        become_owner_of(settings.data_dir)
    services = build(settings)
    try:
        yield services
    finally:
        services.close()


def become_owner_of(folder: Path) -> None:
    """Give root's rights up for those of a folder's owner; nobody else, and nothing else, changes."""
    if os.geteuid() != 0 or not folder.is_dir():
        return
    uid = folder.stat().st_uid
    if uid == 0:
        return
    import pwd

    try:
        account = pwd.getpwuid(uid)
    except KeyError:  # a folder from another machine
        return
    os.initgroups(account.pw_name, account.pw_gid)
    os.setgid(account.pw_gid)
    os.setuid(uid)
    os.umask(0o027)


def choose_camera(settings: "Settings", camera: str | None) -> str:
    """Return the camera's name: the one asked for, else the first."""
    names = list(settings.cameras)
    if camera is None:
        return names[0]
    if camera not in names:
        raise SettingsError(f"There is no camera {camera}. There is: {', '.join(names)}.")
    return camera


def progress_bar(length: int, label: str = "", show: Callable[[Any], str] | None = None) -> Any:
    """Return a progress bar on standard error, for a `with` block; silent where nobody sees it."""
    file = sys.stderr if sys.stderr.isatty() else io.StringIO()
    return click.progressbar(
        length=length, label=label, file=file, item_show_func=show, show_eta=show is None
    )


def start_log(level: str) -> None:
    """Log to standard error, in words; under systemd without the time, which the journal has."""
    import logging

    logging.raiseExceptions = False  # a log on a full disk is no reason for a traceback
    under_systemd = "JOURNAL_STREAM" in os.environ
    layout = "%(message)s" if under_systemd else "%(asctime)s %(message)s"
    logging.basicConfig(level=level.upper(), format=layout, datefmt="%H:%M:%S", stream=sys.stderr, force=True)
    if level != "debug":
        for chatty in ("alembic", "sqlalchemy", "PIL", "asyncio", "uvicorn", "flask_wtf"):
            logging.getLogger(chatty).setLevel(logging.WARNING)


def main() -> None:
    """Run the command line; an error of ours is one sentence on standard error and its exit code."""
    try:
        cli.main(prog_name="pucci")
    except PucciError as error:
        click.echo(str(error), err=True)
        if "logging" in sys.modules:
            sys.modules["logging"].getLogger(__name__).debug("where", exc_info=True)
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        # Python would try to write the rest once more at its end, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo("There is no room where this is written to. Make some, then try again.", err=True)
        sys.exit(AlbumError.exit_code)
