"""`pucci serve`: cameras, site and media in one process."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from pucci.cli.group import services_for, with_settings
from pucci.counting import counted
from pucci.settings import Settings
from pucci.watchdog import is_service

if TYPE_CHECKING:
    from pucci.services import Services

log = logging.getLogger(__name__)


@click.command()
@click.option("--host", help="Address to listen on; 0.0.0.0 lets the whole house in.")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on; 0 takes a free one.")
@with_settings
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Take pictures and show them, until stopped by Ctrl-C or SIGTERM.

    \b
    Examples:
      pucci serve
      pucci serve --host 0.0.0.0 --port 8080
    """
    from pucci.web.server import listen, run, share_heap

    asked = {"host": host, "port": port}
    server = replace(settings.server, **{name: value for name, value in asked.items() if value is not None})
    settings = replace(settings, server=server)
    with services_for(settings) as services, services.only_one(), listen(settings.server) as socket:
        share_heap()
        services.album.adopt_recent()
        with services.capturing() as daemon:
            welcome = _welcome(services, socket.getsockname())
            run(services, socket, ready=welcome, turning=daemon.is_turning)


def _welcome(services: "Services", where: tuple[str, int]) -> Callable[[], None]:
    """Return what is said once the site answers: its address, and the owner's link while there is none."""
    host, port = where[:2]
    here = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else host  # noqa: S104
    listening = f"http://{f'[{here}]' if ':' in here else here}:{port}"
    server = services.settings.server
    address = server.address.rstrip("/") or listening

    def welcome() -> None:
        for camera in services.cameras.values():
            log.info("%s: %s", camera.name, camera.describe())
        click.echo(f"{services.settings.profile.name} is at {address}")
        if address != listening:
            click.echo(f"It listens on {listening}")
        if server.names and not server.address:
            click.echo(
                "server.names does nothing until server.address is set: the site answers to every name."
            )
        if host == "127.0.0.1" and not server.address:  # with one, a proxy stands before it
            click.echo("Only this machine can see it; `--host 0.0.0.0` lets the whole house in.")
        if is_service():  # whose log is kept for months: no place for a key
            if not services.accounts.users.all():
                click.echo("Nobody lives here yet. `sudo pucci link` prints the link that makes the owner.")
            return
        token = services.accounts.links.make_owner_link()
        if token is not None:
            within = counted(services.settings.accounts.link_minutes, "minute")
            click.echo(f"Nobody lives here yet. Open this once, within {within}, to become the owner:")
            click.echo(f"  {address}/setup/{token}")

    return welcome
