"""Messages by Apprise, where it is installed: a hundred services by one address each."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from pucci.errors import NotifyError, SettingsError
from pucci.notify.message import Message


class WithApprise:
    """Hands messages to Apprise. It is imported at the first one: it is large."""

    name = "apprise"

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls

    def send(self, message: Message) -> None:
        """Hand it over.

        Raises:
            NotifyError: one of the services did not take it.
            SettingsError: Apprise does not understand an address.
        """
        import apprise

        all_of_them = apprise.Apprise()
        for number, url in enumerate(self._urls, 1):
            if not all_of_them.add(url):
                raise SettingsError(
                    f"notify.apprise_urls: Apprise does not understand address {number}. "
                    "`apprise --details` lists those it does."
                )
        kind = apprise.NotifyType.WARNING if message.kind == "start" else apprise.NotifyType.INFO
        with tempfile.TemporaryDirectory(prefix="pucci-") as folder:
            attach = None
            if message.picture:
                path = Path(folder) / "photo.jpg"
                path.write_bytes(message.picture)
                attach = str(path)
            taken = all_of_them.notify(
                body=message.text, title=message.subject, notify_type=kind, attach=attach
            )
        if not taken:
            raise NotifyError("Apprise could not send it by every address. It is tried again.")
