"""`pucci camera`: the cameras and the media app, for a site that runs under Apache."""

import functools
import logging
from dataclasses import replace

import click

from pucci.cli.group import services_for, with_settings
from pucci.settings import Settings

log = logging.getLogger(__name__)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Port on loopback; 0 takes a free one.")
@with_settings
def camera(settings: Settings, port: int | None) -> None:
    """Take pictures and send bytes, on loopback, while another program makes the pages.

    The site is `pucci.web.wsgi:application`, under Apache with mod_wsgi; Apache hands /media/ to this.
    Either may be started again without the other.

    \b
    Examples:
      pucci camera
      pucci camera --port 8091
    """
    from pucci.web.server import listen, run_media, share_heap

    port = settings.server.camera_port if port is None else port
    settings = replace(settings, server=replace(settings.server, host="127.0.0.1", port=port))
    with services_for(settings) as services, services.only_one(), listen(settings.server) as socket:
        share_heap()
        services.album.adopt_recent()
        here = f"http://127.0.0.1:{socket.getsockname()[1]}"
        with services.capturing() as daemon:
            welcome = functools.partial(click.echo, f"Media is at {here}")
            run_media(services, socket, ready=welcome, turning=daemon.is_turning)
