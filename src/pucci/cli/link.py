"""`pucci link`: the link that makes the owner of a Pucci that runs already."""

import socket

import click

from pucci.cli.group import services_for, with_settings
from pucci.counting import counted
from pucci.errors import AccountError
from pucci.settings import ServerSettings, Settings


@click.command()
@with_settings
def link(settings: Settings) -> None:
    """Print the link that makes you the owner, while nobody is. Older ones work no more.

    \b
    Examples:
      pucci link
      sudo pucci link             where Pucci runs as a service
    """
    with services_for(settings) as services:
        token = services.accounts.links.make_owner_link()
        if token is None:
            raise AccountError(
                "There is an owner already, who can invite you on the page People. A forgotten password is "
                "replaced by `pucci user password NAME`; `pucci user list` says who is here."
            )
    minutes = settings.accounts.link_minutes
    click.echo(f"Open this once, within {counted(minutes, 'minute')}, to become the owner:")
    click.echo(f"  {address_of(settings.server)}/setup/{token}")


def address_of(server: ServerSettings) -> str:
    """Return the address to type: the site's own, else this machine's in the house, else loopback."""
    if server.address:
        return server.address.rstrip("/")
    everywhere = server.host in {"0.0.0.0", "::"}  # noqa: S104 - told apart, not listened on
    host = (_address_in_the_house() or "localhost") if everywhere else server.host
    return f"http://{host}:{server.port}" if ":" not in host else f"http://[{host}]:{server.port}"


def _address_in_the_house() -> str | None:
    """Return this machine's address where its way out is. Nothing is sent: UDP only looks up the way."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.connect(("192.0.2.1", 9))  # RFC 5737: nobody's
            return sock.getsockname()[0]
    except OSError:
        return None
