"""`pucci deploy`: Apache, nginx, Caddy, ddclient, nftables, cron."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pucci.cli.group import with_settings
from pucci.errors import DeployError, PucciError, SettingsError
from pucci.settings import Settings

if TYPE_CHECKING:
    from pucci.deploy import Host, Installer, Plan

_WHAT = ("apache", "nginx", "caddy", "ddclient", "nftables", "cron")
_SERVICES = {"apache": "apache2", "nginx": "nginx", "caddy": "caddy"}


@click.command()
@click.argument("what", type=click.Choice(_WHAT))
@click.option(
    "--output", type=click.Path(path_type=Path, file_okay=False), help="Write the files below a folder."
)
@click.option("--diff", is_flag=True, help="Show what --apply would change.")
@click.option("--apply", "do", flag_value="apply", help="Install the files, prove them, and load them.")
@click.option("--remove", "do", flag_value="remove", help="Undo --apply exactly.")
@click.option("--confirm", "do", flag_value="confirm", help="nftables: the firewall lets me in; keep it.")
@click.option("--undo", "do", flag_value="undo", hidden=True)
@click.option("--within", type=float, default=60.0, hidden=True)
@click.option("--root", type=click.Path(path_type=Path, file_okay=False), default=Path("/"), hidden=True)
@click.option("--load", is_flag=True, hidden=True, help="Load the firewall even where --root is given.")
@with_settings
def deploy(  # noqa: PLR0917 - click hands them by name
    settings: Settings,
    what: str,
    output: Path | None,
    diff: bool,
    do: str | None,
    within: float,
    root: Path,
    load: bool,
) -> None:
    """Set up the programs around Pucci from pucci.toml: a web server, dynamic DNS, a firewall, cron.

    Without an option the files are printed. A file that was changed by hand is never overwritten.

    \b
    apache    pages by mod_wsgi, pictures from `pucci camera`, certificates by mod_md
    nginx     before `pucci serve`
    caddy     before `pucci serve`; fetches certificates itself
    ddclient  keeps the name pointing at this home
    nftables  the web from anywhere, ssh from the LAN, nothing else in
    cron      a picture every few minutes, without a service

    \b
    Examples:
      pucci deploy apache
      pucci deploy apache --diff
      sudo pucci deploy apache --apply
      sudo pucci deploy apache --remove
    """
    from pucci.deploy import Installer, render
    from pucci.deploy.machine import run

    if do and (output or diff):
        raise click.UsageError("Say one of --output, --diff, --apply, --remove, --confirm.")
    live = load or root == Path("/")
    if do and root == Path("/") and os.geteuid() != 0:
        raise DeployError("This needs root. Say it again with sudo before it.")
    installer = Installer(what, root=root, run=run if live else None)
    if do in {"remove", "undo", "confirm"}:
        {"remove": _remove, "undo": _undo, "confirm": _confirm}[do](installer, what, live, within)
        return
    plan = render(what, settings, _host())
    if output:
        _write(plan, output)
    elif diff:
        click.echo(installer.diff(plan) or "Nothing would change.", nl=not installer.diff(plan))
    elif do == "apply":
        _apply(installer, plan, settings, what, live=live, within=within)
    else:
        _print(plan)


def _host() -> "Host":
    """Return what of this machine gets into the files."""
    from pucci.deploy import Host

    venv = sys.prefix if sys.prefix != sys.base_prefix else ""
    beside = Path(sys.prefix) / "bin" / "pucci"
    program = str(beside) if venv and beside.exists() else shutil.which("pucci") or "/usr/bin/pucci"
    return Host(program=program, python_home=venv)


def _print(plan: "Plan") -> None:
    for path, file in plan.files.items():
        click.echo(f"# ---- {path} ({file.mode:04o})\n{file.shown}")
    _notes(plan)


def _notes(plan: "Plan") -> None:
    for note in plan.notes:
        click.echo(note, err=True)
    # What is said of ddclient and of the files stands in them; the rest is for services to read.
    seen = ("PUCCI_CONFIG", "PUCCI_DDCLIENT_", "PUCCI_DEPLOY_")
    strays = sorted(name for name in os.environ if name.startswith("PUCCI_") and not name.startswith(seen))
    if strays:
        click.echo(f"Not seen by services: {', '.join(strays)}. Write them in pucci.toml.", err=True)


def _write(plan: "Plan", folder: Path) -> None:
    from pucci.deploy.ledger import put

    for path, file in plan.files.items():
        target = folder / path.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        put(target, file.text.encode(), file.mode)
        click.echo(str(target))
    _notes(plan)


def _apply(
    installer: "Installer", plan: "Plan", settings: Settings, what: str, *, live: bool, within: float
) -> None:
    from pucci.deploy.machine import has_systemd, run
    from pucci.deploy.running import due_swaps, refuse_taken_ports, settle, start, stop

    if what == "nftables":
        if _try_firewall(installer, plan, settings, live, within):
            return
    elif live:
        _need_user(plan)
        refuse_taken_ports(plan)
    before = installer.units()
    systemd = live and has_systemd()
    swaps = due_swaps(plan, run) if systemd else {}
    try:
        if systemd:
            stop([unit for unit in before if unit not in plan.units], run)
        changed = installer.apply(
            plan, (lambda units: start(plan, units, run, swaps)) if systemd else lambda _: None, swaps=swaps
        )
    except PucciError:
        if systemd:
            settle(plan.service, before, run)
        raise
    click.echo(f"{what} is set up." if changed else f"{what} was set up already; nothing changed.")
    for path in plan.files:
        click.echo(f"  {installer.at(path)}")
    _say_services(plan, swaps, live=live, systemd=systemd)
    _notes(plan)


def _say_services(plan: "Plan", swaps: dict[str, str], *, live: bool, systemd: bool) -> None:
    from pucci.deploy.machine import run

    for old, new in swaps.items():
        click.echo(f"{old} gave way to {new}.")
    if systemd and any(run(("systemctl", "is-active", "--quiet", new))[0] for new in plan.swaps.values()):
        click.echo("Nothing takes pictures. Run `pucci camera` beside Apache, as a service.", err=True)
    if live and not systemd:
        click.echo("systemd does not run here: start the program yourself.", err=True)


def _need_user(plan: "Plan") -> None:
    import pwd

    if plan.user:
        try:
            pwd.getpwnam(plan.user)
        except KeyError as error:
            raise SettingsError(
                f"There is no account {plan.user} on this machine. Make it (sudo adduser --system --group "
                f"{plan.user}), or name another: deploy.user in pucci.toml."
            ) from error


def _try_firewall(
    installer: "Installer", plan: "Plan", settings: Settings, live: bool, within: float
) -> bool:
    """Load the firewall for a while if this is an ssh session; False if it is none."""
    from pucci.deploy.around import FIREWALL, would_cut
    from pucci.deploy.machine import run, ssh_connection
    from pucci.deploy.running import Trial

    connection = ssh_connection()
    reason = would_cut(settings, connection)
    if reason:
        raise DeployError(reason)
    if not (connection and live):
        return False
    trial = Trial(installer, run)
    installer.apply(plan, lambda _: trial.load(FIREWALL))
    trial.begin()
    words = [sys.executable, "-m", "pucci", "deploy", "nftables", "--undo", "--load", "--within", str(within)]
    subprocess.Popen(
        [*words, "--root", str(installer.at("/"))],
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    click.echo(
        f"The firewall is loaded for {within:g} seconds. Open a second ssh connection now. "
        "If that works, say:\n"
        "  sudo pucci deploy nftables --confirm\nIf not, wait: the firewall goes again by itself."
    )
    return True


def _undo(installer: "Installer", what: str, live: bool, within: float) -> None:  # noqa: ARG001
    """Take a firewall away that nobody confirmed in time."""
    from pucci.deploy.machine import run
    from pucci.deploy.running import Trial

    time.sleep(within)
    trial = Trial(installer, run)
    if trial.end():
        trial.unload()
        installer.remove()


def _confirm(installer: "Installer", what: str, live: bool, within: float) -> None:  # noqa: ARG001
    """Keep the firewall, over boots too."""
    from pucci.deploy.machine import has_systemd, run
    from pucci.deploy.running import Trial, settle

    if what != "nftables" or not Trial(installer, run).end():
        raise DeployError(
            "No firewall waits to be confirmed. `pucci deploy nftables --apply` loads one, "
            "and after 60 seconds it is gone."
        )
    if live and has_systemd():
        settle("", installer.units(), run)
    click.echo("The firewall stays.")


def _remove(installer: "Installer", what: str, live: bool, within: float) -> None:  # noqa: ARG001
    from pucci.deploy.machine import has_systemd, run
    from pucci.deploy.running import Trial, settle, stop, swap_back

    installer.refuse_changed()
    systemd = live and has_systemd()
    swapped = installer.swapped()
    if systemd:
        stop(installer.units(), run)
    if what == "nftables" and live and installer.is_installed:
        trial = Trial(installer, run)
        trial.end()
        trial.unload()
    removed = installer.remove()
    if removed and systemd:
        settle(_SERVICES.get(what, ""), [], run)
        swap_back(swapped, run)
    click.echo(
        f"{what} is as it was before." if removed else f"{what} was not set up by Pucci; nothing changed."
    )
