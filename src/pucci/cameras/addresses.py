"""Addresses of cameras on the network. One may hold a password, so no message and no log shows it whole."""

from urllib.parse import quote, urlsplit, urlunsplit

from pucci.errors import SettingsError


def scheme_of(address: str) -> str:
    """Return an address's scheme ("rtsp"), or an empty text for a path."""
    head, found, _ = address.partition("://")
    return head.lower() if found else ""


def shown(address: str) -> str:
    """Return an address as it may be shown: without user, password, or anything after its path."""
    if not scheme_of(address):
        return address.rpartition("@")[2]
    try:
        parts = urlsplit(address)
    except ValueError:
        return f"{scheme_of(address)}://…"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def with_login(address: str, username: str, password: str) -> str:
    """Return an address with user and password in it, as ffmpeg wants them."""
    if not username:
        return address
    parts = urlsplit(address)
    login = quote(username, safe="") + (f":{quote(password, safe='')}" if password else "")
    return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))


def checked(address: str, schemes: tuple[str, ...], *, what: str) -> str:
    """Return an address that a driver may open.

    Raises:
        SettingsError: it has another scheme, no host, or is empty; `what` names the right kind.
    """
    try:
        parts = urlsplit(address)
        is_right = parts.scheme.lower() in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise SettingsError(f"device must be {what}, not {shown(address)!r}.")
    return address
