"""Messages by Apprise, where it is installed: a hundred services by one address each."""

import tempfile
from pathlib import Path

from pucci.errors import NotTaken, SettingsError
from pucci.notify.message import Message


class WithApprise:
    """Hands messages to Apprise, for one address. It is imported at the first one: it is large.

    `number` counts the addresses from 1: each is a way of its own, so that only one that fails is tried
    again. Its name tells nothing of the address, which holds secrets.
    """

    def __init__(self, url: str, number: int = 1) -> None:
        self._url = url
        self._number = number
        self.name = "apprise" if number == 1 else f"apprise-{number}"

    def send(self, message: Message) -> None:
        """Hand it over.

        Raises:
            NotifyError: the service did not take it.
            SettingsError: Apprise does not understand the address.
        """
        import apprise

        service = apprise.Apprise()
        if not service.add(self._url):
            raise SettingsError(
                f"notify.apprise_urls: Apprise does not understand address {self._number}. "
                "`apprise --details` lists those it does."
            )
        kind = apprise.NotifyType.WARNING if message.kind == "start" else apprise.NotifyType.INFO
        with tempfile.TemporaryDirectory(prefix="pucci-") as folder:
            attach = None
            if message.picture:
                path = Path(folder) / "photo.jpg"
                path.write_bytes(message.picture)
                attach = str(path)
            taken = service.notify(body=message.text, title=message.subject, notify_type=kind, attach=attach)
        if not taken:
            raise NotTaken(f"Apprise could not send it by address {self._number}.")
