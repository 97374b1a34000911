"""The Host header: once the site has an address, only its names are answered. Pure.

A page elsewhere may give its own name this machine's address (DNS rebinding); then it asks by that name. An
address of numbers, and localhost, cannot be had that way.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from pucci.settings import ServerSettings

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:[0-9]{1,5})?")


def is_ours(host: str, settings: ServerSettings) -> bool:
    """Whether a Host header names this site. Where no address is set, anything that can be a name does."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    if not settings.address:
        return True
    name = found[1].lower().rstrip(".")
    ours = {(urlsplit(settings.address).hostname or "").lower(), *(one.lower() for one in settings.names)}
    return name in ours or name == "localhost" or _is_numbers(name.strip("[]"))


def _is_numbers(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
