"""Site and media under one roof: pages in threads, bytes on the event loop.

Flask is imported only where pages are made: `pucci camera` starts without, and holds 8 MB less.
"""

import asyncio
import functools
import string
from urllib.parse import quote_from_bytes

from pucci.services import Services
from pucci.web.atonce import Ask
from pucci.web.control import Control
from pucci.web.line import taken
from pucci.web.media import Media
from pucci.web.wire import App, Receive, Scope, Send


class Roof:
    """An ASGI app, and what may be asked before it."""

    def __init__(self, app: App, ask: Ask) -> None:
        self._app = app
        self.ask = ask

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        await self._app(scope, receive, send)


def make(services: Services, *, stopping: asyncio.Event) -> Roof:
    """Return the whole as one ASGI app. `stopping` is the server's word that it ends."""
    from a2wsgi import WSGIMiddleware

    from pucci.web.bodies import Bodies
    from pucci.web.site import create_app
    from pucci.web.site.errors import refusal
    from pucci.web.turns import Turns

    server = services.settings.server
    site = create_app(services)
    told = functools.cache(functools.partial(refusal, site))
    made: App = WSGIMiddleware(site, workers=server.threads)  # type: ignore[arg-type, assignment]
    pages = Bodies(
        Turns(made, at_once=server.threads, refusal=told),
        max_bytes=server.max_body_bytes,
        timeout_s=server.body_timeout_s,
        refusal=told,
    )
    media = Media(services, stopping=stopping)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not await taken(send):
            return
        if scope["path"].startswith("/media/"):
            await media(scope, receive, send)
        else:
            # a2wsgi takes the query for ASCII, as it should be; what is not is written as %C3%A9.
            await pages({**scope, "query_string": _ascii(scope["query_string"])}, receive, send)

    return Roof(app, media.at_once)


def make_media(services: Services, *, stopping: asyncio.Event) -> Roof:
    """Return media, and what the site's process may ask for, without any page."""
    media, control = Media(services, stopping=stopping), Control(services)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if not await taken(send):
            return
        await (control if scope["path"].startswith("/control/") else media)(scope, receive, send)

    return Roof(app, media.at_once)


def _ascii(query: bytes) -> bytes:
    return query if query.isascii() else quote_from_bytes(query, safe=string.punctuation).encode()
