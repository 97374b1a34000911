"""`pucci postcard`: the day in one message, now."""

from dataclasses import replace
from pathlib import Path

import click

from pucci.cli.group import services_for, with_settings
from pucci.cli.notify import send as send_by
from pucci.errors import SettingsError
from pucci.settings import Settings


@click.command()
@click.option("--print", "show", is_flag=True, help="Print it. This is what is done if nothing is said.")
@click.option("--html", is_flag=True, help="Print it as HTML.")
@click.option("--send", is_flag=True, help="Send it by every way that is set up.")
@with_settings
def postcard(settings: Settings, *, show: bool, html: bool, send: bool) -> None:
    """Write the postcard of the last 24 hours: the best photo, and the numbers.

    The one of each day, at notify.postcard_at, is sent by `pucci serve` itself.

    \b
    Examples:
      pucci postcard
      pucci postcard --send
    """
    from pucci.notify import ways_of

    ways = ways_of(settings.notify) if send else []
    if send and not ways:
        raise SettingsError("There is no way to send it. Set one up: see [notify] in `pucci settings --all`.")
    with services_for(settings) as services:
        cards = services.postcards(lambda: _running_s(settings))
        card = cards.write(services.clock.now(), services.health().sentences)
        photo = services.album.photo(card.photo_id) if card.photo_id is not None else None
        if html:
            click.echo(card.message.html, nl=False)
        elif show or not send:
            click.echo(card.message.text, nl=False)
            if photo is not None:
                click.echo(f"\nIts photo: {services.album.path(photo)}")
        picture = services.album.path(photo).read_bytes() if photo is not None else b""
    if ways:
        send_by(ways, replace(card.message, picture=picture))


def _running_s(settings: Settings) -> float | None:
    """Return for how long the Pucci that takes the photos runs: not this one."""
    from pucci.doctor.running import holder, since_start

    process = holder(settings.data_dir / "lock", Path("/"))
    return None if process is None else since_start(process, Path("/"))
