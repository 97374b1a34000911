"""Messages by e-mail: SMTP, encrypted, with the picture in the mail itself."""

import logging
import re
import smtplib
import socket
import ssl
from collections.abc import Iterable
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from pucci.errors import NotifyError, NotTaken
from pucci.notify.message import PICTURE, Message, within
from pucci.settings import NotifySettings

log = logging.getLogger(__name__)

_READY: Final = 220
_IMG: Final = re.compile(rf'<img src="cid:{re.escape(PICTURE)}"[^>]*>\n?')


class Email:
    """Sends through one server."""

    name = "e-mail"

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings

    def send(self, message: Message) -> None:
        """Hand it to the mail server. Where it takes it for some of several people, it is sent.

        Raises:
            NotifyError: the server did not take it.
        """
        settings = self._settings
        sender = settings.email_from or settings.email_to[0]
        mail = composed(message, sender, settings.email_to)
        host = settings.smtp_host
        try:
            server = self._server()
            # From the greeting to the goodbye: a server can drip anywhere.
            with within(settings.timeout_s, lambda: _cut(server)):
                try:
                    refused = self._hand_over(server, mail, sender)
                finally:
                    _leave(server)
        except smtplib.SMTPAuthenticationError as error:
            raise NotifyError(
                f"{host} does not know this name and password. Look at notify.smtp_username."
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotTaken(f"{host} did not take the mail: {_reason(error)}.") from error
        if refused:  # no error: a second try would come twice to those who got it
            log.warning("%s takes no mail for %s. Look at notify.email_to.", host, ", ".join(refused))

    def _server(self) -> smtplib.SMTP:
        """Return the server, not connected yet: so its first word, too, can be cut."""
        limit_s = self._settings.timeout_s
        if self._settings.smtp_security == "tls":
            server = smtplib.SMTP_SSL(timeout=limit_s, context=self._context())
        else:
            server = smtplib.SMTP(timeout=limit_s)
        # Whom the certificate must name; smtplib itself sets it only where it connects at once.
        server._host = self._settings.smtp_host  # type: ignore[attr-defined]  # noqa: SLF001
        return server

    def _hand_over(self, server: smtplib.SMTP, mail: EmailMessage, sender: str) -> Iterable[str]:
        """Return those for whom it was not taken."""
        settings = self._settings
        code, said = server.connect(settings.smtp_host, settings.smtp_port)
        if code != _READY:
            raise smtplib.SMTPConnectError(code, said)
        if settings.smtp_security == "starttls":
            server.starttls(context=self._context())
        if settings.smtp_username:
            server.login(settings.smtp_username, settings.smtp_password)
        return server.send_message(mail, sender, settings.email_to)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.smtp_ca_file or None)


def composed(message: Message, sender: str, to: tuple[str, ...]) -> EmailMessage:
    """Return the mail: text, and where there is HTML that too, with the picture in it or attached."""
    mail = EmailMessage()
    domain = sender.rpartition("@")[2]
    mail["Subject"] = " ".join(message.subject.split())
    mail["From"] = Address("Pucci", addr_spec=sender)
    mail["To"] = ", ".join(to)
    mail["Date"] = format_datetime(message.at)
    # The same for each try: who gets it twice sees it once.
    mail["Message-ID"] = f"<{message.id or 'test'}.{int(message.at.timestamp())}@{domain}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    if message.html:
        shown = message.html if message.picture else _IMG.sub("", message.html)
        mail.add_alternative(shown, subtype="html")
        if message.picture:
            part = mail.get_payload()[1]  # type: ignore[index]
            part.add_related(message.picture, "image", "jpeg", cid=f"<{PICTURE}>", filename="photo.jpg")  # type: ignore[union-attr]
    elif message.picture:
        mail.add_attachment(message.picture, "image", "jpeg", filename="photo.jpg")
    return mail


def _leave(server: smtplib.SMTP) -> None:
    with suppress(OSError, smtplib.SMTPException):  # what was taken stays taken
        server.quit()
    server.close()


def _cut(server: smtplib.SMTP) -> None:
    if server.sock is not None:
        with suppress(OSError):
            server.sock.shutdown(socket.SHUT_RDWR)


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return f"it takes none for {', '.join(error.recipients)}"
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error.decode(errors="replace") if isinstance(error.smtp_error, bytes) else ""
        return f"it says {error.smtp_code} {' '.join(said.split())[:120]}".rstrip(". ")
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message})"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, smtplib.SMTPException):
        return str(error).rstrip(". ")
    return str(getattr(error, "strerror", "") or type(error).__name__).rstrip(". ")
