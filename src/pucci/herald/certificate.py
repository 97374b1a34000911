"""When the site's certificate ends, asked of the site itself as a visitor would, at most twice a day."""

import contextlib
import socket
import ssl
from datetime import UTC, datetime
from typing import Final
from urllib.parse import urlsplit

from pucci.clock import Clock
from pucci.db import Database, read_fact, write_fact

_FACT: Final = "certificate.ends"

_EVERY_S: Final = 43_200.0
_CONNECT_S: Final = 5.0
_EXPIRED: Final = 10  # X509_V_ERR_CERT_HAS_EXPIRED


class Certificate:
    """Remembers when the certificate ends; nothing where the site has no https:// address of its own."""

    def __init__(self, database: Database, address: str, *, clock: Clock) -> None:
        parts = urlsplit(address)
        self._name = (parts.hostname or "") if parts.scheme == "https" else ""
        self._port = parts.port or 443
        self._db = database
        self._clock = clock
        self._asked: float | None = None

    def ends(self) -> datetime | None:
        """Return when it ends as far as is known, in UTC."""
        if not self._name:
            return None
        with self._db.read() as connection:
            found = read_fact(connection, _FACT)
        name, _, moment = (found or "").partition(" ")
        return datetime.fromisoformat(moment) if name == self._name else None

    def ask(self, context: ssl.SSLContext | None = None) -> None:
        """Look, if it is time to. Blocks for some seconds at most."""
        now = self._clock.monotonic()
        if not self._name or (self._asked is not None and now - self._asked < _EVERY_S):
            return
        self._asked = now
        for host in (self._name, "127.0.0.1"):
            with contextlib.suppress(OSError):
                found = end_of(host, self._port, self._name, now=self._clock.now(), context=context)
                if found is not None and found != self.ends():
                    self._remember(found)
                return

    def _remember(self, ends: datetime) -> None:
        with self._db.write() as connection:
            write_fact(connection, _FACT, f"{self._name} {ends.isoformat()}")


def end_of(
    host: str, port: int, name: str, *, now: datetime, context: ssl.SSLContext | None = None
) -> datetime | None:
    """Return when a server's certificate ends; None where it cannot be told, as it is nobody's we know.

    Raises:
        OSError: there is no server, or it speaks no TLS.
    """
    context = context or ssl.create_default_context()
    try:
        with (
            socket.create_connection((host, port), _CONNECT_S) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            found = secure.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        return now if error.verify_code == _EXPIRED else None
    text = found.get("notAfter")
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(text), UTC) if isinstance(text, str) else None
