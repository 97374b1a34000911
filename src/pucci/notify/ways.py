"""The ways that are set up."""

import importlib.util

from pucci.errors import SettingsError
from pucci.notify.message import Way
from pucci.settings import NotifySettings

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def ways_of(settings: NotifySettings) -> list[Way]:
    """Return the ways that are set up, none where nothing is.

    Raises:
        SettingsError: one of them is set up by half, or Apprise is not installed.
    """
    ways: list[Way] = []
    if settings.email_to or settings.smtp_host:
        from pucci.notify.email import Email

        _check_email(settings)
        ways.append(Email(settings))
    if settings.webhook_url:
        from pucci.notify.webhook import Webhook

        ways.append(Webhook(settings.webhook_url, settings.webhook_key, limit_s=settings.timeout_s))
    if settings.apprise_urls:
        from pucci.notify.with_apprise import WithApprise

        if importlib.util.find_spec("apprise") is None:
            raise SettingsError(
                "notify.apprise_urls: Apprise is not installed. Install it with `sudo apt install apprise`."
            )
        urls = settings.apprise_urls.split()
        ways += [WithApprise(url, number) for number, url in enumerate(urls, 1)]
    return ways


def _check_email(settings: NotifySettings) -> None:
    if not settings.smtp_host:
        raise SettingsError("notify.smtp_host: there is no mail server. Write down the one of your provider.")
    if not settings.email_to:
        raise SettingsError("notify.email_to: nobody gets the messages. Write down an address.")
    addresses = (*settings.email_to, *filter(None, [settings.email_from]))
    for address in addresses:
        if "@" not in address or any(char in address for char in "\r\n<>, "):
            raise SettingsError(f"notify: {address!r} is no e-mail address. Write it as gwen@example.org.")
    if settings.smtp_security == "none" and settings.smtp_host not in _LOOPBACK:
        raise SettingsError(
            "notify.smtp_security: everybody on the way could read the messages and the password. "
            "Use starttls or tls."
        )
