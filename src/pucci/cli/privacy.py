"""`pucci off` and `pucci on`: the privacy switch."""

import re
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import click

from pucci.cli.group import choose_camera, services_for, with_settings
from pucci.clock import zone
from pucci.errors import SettingsError
from pucci.settings import Settings

if TYPE_CHECKING:
    from pucci.services import Services


@click.command()
@click.argument("camera", required=False)
@click.option("--until", help="Time of day at which it goes on by itself, e.g. 18:00.")
@click.option(
    "--for", "hours", type=click.FloatRange(min=0.01), help="Hours after which it goes on by itself."
)
@click.option(
    "--by", default="the owner", show_default=True, help="Who turned it off, as everybody will read."
)
@with_settings
def off(settings: Settings, camera: str | None, until: str | None, hours: float | None, by: str) -> None:
    """Turn CAMERA off, or all: nothing is seen or stored until it is on again.

    \b
    Examples:
      pucci off
      pucci off sofa --until 18:00
      pucci off --for 2 --by Gwen
    """
    if until and hours:
        raise click.UsageError("Say --until or --for, not both.")
    names = [choose_camera(settings, camera)] if camera else list(settings.cameras)
    from pucci.accounts import Event

    with services_for(settings) as services:
        end = _end(services, until, hours)
        for name in names:
            services.privacy[name].turn_off(by=by[:80], until=end)
            services.accounts.journal.write(Event.PRIVACY, who=by, whom=f"{name}, off by a command")
            told = (
                "until `pucci on`"
                if end is None
                else f"until {end.astimezone(zone(settings.clock.timezone)):%H:%M}"
            )
            click.echo(f"The camera {name} is off {told}.")


@click.command()
@click.argument("camera", required=False)
@with_settings
def on(settings: Settings, camera: str | None) -> None:
    """Turn CAMERA on again, or all. Quiet hours of the settings stay.

    \b
    Examples:
      pucci on
      pucci on sofa
    """
    from pucci.accounts import Event

    names = [choose_camera(settings, camera)] if camera else list(settings.cameras)
    with services_for(settings) as services:
        for name in names:
            was_off = services.privacy[name].turn_on()
            if was_off:
                services.accounts.journal.write(
                    Event.PRIVACY, who="The owner", whom=f"{name}, on by a command"
                )
            still = services.privacy[name].off()
            if still is not None:
                click.echo(f"The camera {name} is {still.reason}, as the settings have it.")
            else:
                click.echo(f"The camera {name} is on." if was_off else f"The camera {name} was on.")


def _end(services: "Services", until: str | None, hours: float | None) -> datetime | None:
    now = services.clock.now()
    if hours is not None:
        return now + timedelta(hours=hours)
    return next_time(until, now.astimezone(zone(services.settings.clock.timezone))) if until else None


def next_time(text: str, now: datetime) -> datetime:
    """Return the next moment, after the local time `now`, at which clocks show `text` ("18:00")."""
    match = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if match is None:
        raise SettingsError(f"{text} is not a time of day. Write it like 18:00.")
    moment = now.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0)
    return moment if moment > now else moment + timedelta(days=1)
