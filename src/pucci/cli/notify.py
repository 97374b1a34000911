"""`pucci notify`: how the owner is told, and whether it works."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from pucci.cli.group import services_for, with_settings
from pucci.errors import NotifyError, PucciError
from pucci.settings import Settings

if TYPE_CHECKING:
    from pucci.notify import Message, Way


@click.command()
@click.option("--test", is_flag=True, help="Send a test message by every way, and say how it went.")
@with_settings
def notify(settings: Settings, *, test: bool) -> None:
    """Say how the owner is told when something is wrong, and what was sent lately.

    \b
    Examples:
      pucci notify
      pucci notify --test
    """
    from pucci.notify import Message, ways_of

    ways = ways_of(settings.notify)
    if not ways:
        click.echo(
            "Nobody is told when something is wrong. Set up a way: see [notify] in `pucci settings --all`."
        )
        sys.exit(1 if test else 0)
    with services_for(settings) as services:
        dog = services.profiles.current().name
        if not test:
            click.echo(f"Messages go by {', '.join(way.name for way in ways)}.")
            for one in services.outbox.newest():
                state = "sent" if one.sent_at else f"not sent: {one.error}" if one.error else "waits"
                click.echo(f"{one.made_at.astimezone():%Y-%m-%d %H:%M}  {one.way}: {one.subject} ({state})")
            return
        newest = next(
            (photo for camera in services.cameras if (photo := services.album.newest(camera))), None
        )
        message = Message(
            "test",
            f"{dog}: a test",
            "This is a test. A message like this comes when something is wrong.\n",
            services.clock.now(),
            picture=services.album.path(newest).read_bytes() if newest else b"",
        )
    send(ways, message)


def send(ways: "Sequence[Way]", message: "Message") -> None:
    """Send a message once by every way, and say how it went; nobody tries again.

    Raises:
        NotifyError: not all of them took it.
    """
    failed = 0
    for way in ways:
        try:
            way.send(message)
            click.echo(f"{way.name}: sent.")
        except PucciError as error:
            failed += 1
            click.echo(f"{way.name}: {error}", err=True)
    if failed:
        raise NotifyError(
            f"{failed} of {len(ways)} ways did not work. Mend what is said above, and try again."
        )
