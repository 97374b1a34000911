"""Messages as JSON to an address of the owner's. Redirects are not followed: they may lead anywhere."""

import base64
import hashlib
import hmac
import http.client
import json
import socket
import ssl
from contextlib import closing, suppress
from typing import Any, Final
from urllib.parse import urlsplit

from pucci.errors import NotifyError, NotTaken, SettingsError
from pucci.notify.message import Message, within

SIGNATURE: Final = "X-Pucci-Signature"


class Webhook:
    """Posts to one address."""

    name = "webhook"

    def __init__(self, url: str, key: str = "", *, limit_s: float = 20.0) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            port = -1
        if parts.scheme not in ("http", "https") or not parts.hostname or port == -1 or not url.isascii():
            raise SettingsError(
                "notify.webhook_url: this is no address. Write it as https://example.org/hook."
            )
        self._host, self._port, self._secure = parts.hostname, port, parts.scheme == "https"
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        if any(char <= " " for char in self._path):
            raise SettingsError("notify.webhook_url: there is a space in it. Write it as %20.")
        self._key = key.encode()
        self._limit_s = limit_s

    def send(self, message: Message) -> None:
        """Post it.

        Raises:
            NotTaken: there was no answer in time.
            NotifyError: it was another one than 2xx.
        """
        body = json.dumps(as_json(message)).encode()
        headers = {"Content-Type": "application/json", "User-Agent": "Pucci", "Connection": "close"}
        if self._key:
            headers[SIGNATURE] = "sha256=" + hmac.new(self._key, body, hashlib.sha256).hexdigest()
        with closing(self._connection()) as connection, within(self._limit_s, lambda: _cut(connection)):
            try:
                connection.request("POST", self._path, body, headers)
                status = connection.getresponse().status
            except (OSError, http.client.HTTPException) as error:
                raise NotTaken(f"{self._host} did not take the message: {_reason(error)}.") from error
        if not 200 <= status < 300:
            also = ", which leads elsewhere and is not followed" if 300 <= status < 400 else ""
            raise NotifyError(f"{self._host} answered {status}{also}. Look at notify.webhook_url.")

    def _connection(self) -> http.client.HTTPConnection:
        if self._secure:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=self._limit_s, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=self._limit_s)


def as_json(message: Message) -> dict[str, Any]:
    """Return what is posted; `picture` is base64, or null."""
    return {
        "id": message.id,
        "kind": message.kind,
        "subject": message.subject,
        "text": message.text,
        "at": message.at.isoformat(),
        "picture": base64.b64encode(message.picture).decode() if message.picture else None,
    }


def _cut(connection: http.client.HTTPConnection) -> None:
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError):
        return str(error.strerror or type(error).__name__).rstrip(".")
    return "it does not speak HTTP, or broke off"
