"""What may stand in another program's file. Pure: nothing from outside gets there unless it has a form.

Each check adds a sentence to `Missing` where a value has not that form, so that all are told together.
"""

import ipaddress
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from pucci.errors import SettingsError
from pucci.settings import Settings

_LABEL: Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_EMAIL: Final = re.compile(r"[A-Za-z0-9._+-]{1,64}@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]+")
_PATH: Final = re.compile(r"/[A-Za-z0-9._/@+-]{0,500}")
_USER: Final = re.compile(r"[a-z_][a-z0-9_-]{0,31}")
_URL: Final = re.compile(r"https://[A-Za-z0-9.:-]+(/[A-Za-z0-9._~/-]*)?")
# Names that only mean something in the house: no certificate authority knows them.
_HOUSE: Final = (".local", ".lan", ".home", ".internal", ".home.arpa", ".localdomain", ".fritz.box")


def is_name(text: str) -> bool:
    """Whether this is a host name, with or without dots."""
    return len(text) <= 253 and _NAME.fullmatch(text) is not None


def is_number(text: str) -> bool:
    """Whether this is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def is_public(name: str) -> bool:
    """Whether a certificate authority could know this name."""
    lower = name.lower()
    return "." in lower and not is_number(lower) and not lower.endswith(_HOUSE)


@dataclass(frozen=True, slots=True)
class Site:
    """The address people type: its name ("" for any), whether by https, and the other names."""

    name: str = ""
    https: bool = False
    address: str = ""
    others: tuple[str, ...] = ()

    @property
    def certified(self) -> tuple[str, ...]:
        """The names a certificate is asked for."""
        return tuple(name for name in (self.name, *self.others) if is_public(name))


@dataclass(slots=True)
class Missing:
    """Collects one sentence for each value that is missing or cannot be written down."""

    sentences: list[str] = field(default_factory=list)

    def say(self, sentence: str) -> None:
        """Add a sentence."""
        self.sentences.append(sentence)

    def site(self, settings: Settings) -> Site:
        """Return the site's address in its parts."""
        address = settings.server.address.rstrip("/")
        others = tuple(self.name(name, "server.names") for name in settings.server.names)
        if not address:
            return Site(others=others)
        try:
            parts = urlsplit(address)
            name, port = parts.hostname or "", parts.port
        except ValueError:
            parts, name, port = urlsplit(""), "", None
        plain = f"{parts.scheme}://{name}" + (f":{port}" if port else "")
        if parts.scheme not in {"http", "https"} or not is_name(name) or plain != address.lower():
            self.say(
                f"server.address is {address}, which is no address. Write it like https://pucci.example, "
                "a name without a path."
            )
            return Site()
        https = parts.scheme == "https"
        if https and not is_public(name):
            self.say(
                f"server.address is {address}, but no certificate authority knows {name}. "
                "Use a name that is yours, or http:// within the house."
            )
        return Site(name, https, plain, others)

    def data_dir(self, settings: Settings) -> None:
        """Say so if the data folder is root's own: the account Pucci runs as could not read it."""
        if str(settings.data_dir).startswith("/root/") and settings.deploy.user != "root":
            self.say(
                f"data_dir is {settings.data_dir}, which {settings.deploy.user} cannot read. "
                'Write data_dir = "/var/lib/pucci" at the top of pucci.toml, or another folder.'
            )

    def name(self, text: str, where: str) -> str:
        """Return a host name."""
        return self._formed(is_name(text), text, where, "a host name, like pucci.example")

    def email(self, text: str, where: str) -> str:
        """Return an e-mail address; an empty one is missing."""
        if not text:
            self.say(f"{where} is missing: an e-mail address, e.g. gwen@example.org.")
            return ""
        return self._formed(_EMAIL.fullmatch(text) is not None, text, where, "an e-mail address")

    def path(self, text: str, where: str) -> str:
        """Return a file's absolute path, of plain characters; or ""."""
        fits = not text or _PATH.fullmatch(text) is not None
        return self._formed(fits, text, where, "a full path of letters, digits and . _ - + @ /")

    def url(self, text: str, where: str) -> str:
        """Return an https address without a query."""
        return self._formed(_URL.fullmatch(text) is not None, text, where, "an address like https://…")

    def user(self, text: str, where: str) -> str:
        """Return an account's name."""
        return self._formed(_USER.fullmatch(text) is not None, text, where, "the name of an account")

    def port(self, text: str, where: str) -> str:
        """Return a port's number."""
        fits = re.fullmatch(r"[0-9]{1,5}", text) is not None and 0 < int(text) < 65536
        return self._formed(fits, text, where, "a port from 1 to 65535")

    def _formed(self, fits: bool, text: str, where: str, form: str) -> str:
        if not fits:
            self.say(f"{where} is {text!r}, but must be {form}.")
        return text if fits else ""

    def check(self) -> None:
        """Raise SettingsError with all sentences, if there are any."""
        if self.sentences:
            raise SettingsError("\n".join(dict.fromkeys(self.sentences)))
