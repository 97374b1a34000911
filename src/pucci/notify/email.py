"""Messages by e-mail: SMTP, encrypted, with the picture in the mail itself."""

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

from pucci.errors import NotifyError
from pucci.notify.message import PICTURE, Message, within
from pucci.settings import NotifySettings

_IMG: Final = re.compile(rf'<img src="cid:{re.escape(PICTURE)}"[^>]*>\n?')


class Email:
    """Sends through one server."""

    name = "e-mail"

    def __init__(self, settings: NotifySettings) -> None:
        self._settings = settings

    def send(self, message: Message) -> None:
        """Hand it to the mail server.

        Raises:
            NotifyError: the server did not take it.
        """
        settings = self._settings
        sender = settings.email_from or settings.email_to[0]
        mail = composed(message, sender, settings.email_to)
        host = settings.smtp_host
        try:
            with self._server() as server, within(settings.timeout_s, lambda: _cut(server)):
                if settings.smtp_security == "starttls":
                    server.starttls(context=self._context())
                if settings.smtp_username:
                    server.login(settings.smtp_username, settings.smtp_password)
                refused = server.send_message(mail, sender, settings.email_to)
        except smtplib.SMTPAuthenticationError as error:
            raise NotifyError(
                f"{host} does not know this name and password. Look at notify.smtp_username."
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            raise NotifyError(
                f"{host} did not take the mail: {_reason(error)}. It is tried again."
            ) from error
        if refused:
            raise NotifyError(f"{host} takes no mail for {', '.join(refused)}. Look at notify.email_to.")

    def _server(self) -> smtplib.SMTP:
        host, port, limit_s = self._settings.smtp_host, self._settings.smtp_port, self._settings.timeout_s
        if self._settings.smtp_security == "tls":
            return smtplib.SMTP_SSL(host, port, timeout=limit_s, context=self._context())
        return smtplib.SMTP(host, port, timeout=limit_s)

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
