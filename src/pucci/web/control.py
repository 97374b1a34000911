"""What the site's process may ask of the camera's, over loopback: take a photo now."""

import asyncio
import hmac
import json
import re
from typing import Final

from pucci.capture.remote import HEADER, control_key
from pucci.errors import PucciError
from pucci.services import Services
from pucci.web.wire import Receive, Scope, Send, header, respond

_PATH: Final = re.compile(r"/control/([a-z][a-z0-9-]{0,31})/photo")
_JSON: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))


class Control:
    """Everything below /control/. No proxy leads here, and without the key there is nothing here."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._key = control_key(services.secret_key).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer one request."""
        found = _PATH.fullmatch(scope["path"])
        given = header(scope, HEADER.lower().encode()).encode()
        allowed = hmac.compare_digest(given, self._key)
        if not allowed or found is None or found[1] not in self._services.hubs or scope["method"] != "POST":
            await respond(send, 404, _JSON, b"{}")
            return
        try:
            photo = await asyncio.to_thread(self._services.take_photo, found[1])
            status, told = 200, {"photo": photo.id}
        except PucciError as error:
            status, told = error.http_status, {"error": str(error)}
        await respond(send, status, _JSON, json.dumps(told).encode())
