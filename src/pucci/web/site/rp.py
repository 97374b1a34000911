"""The relying party: for which address passkeys are made, and why they may be off."""

from urllib.parse import SplitResult, urlsplit

from flask import request

from pucci.accounts.passkeys import Site
from pucci.errors import AccountError
from pucci.web.site.parts import parts


def why_off() -> str:
    """Say why passkeys are off here; "" where they are on."""
    here = _here()
    host = here.hostname or ""
    if host == "localhost":
        return "" if _same_host(here.netloc) else _elsewhere(here.geturl())
    if here.scheme != "https":
        return "Passkeys are off: browsers allow them over HTTPS alone. Give the site a name and TLS first."
    if host.replace(".", "").isdigit() or ":" in host:
        return "Passkeys are off: they need a name, not an address of numbers. Set server.address."
    return "" if _same_host(here.netloc) else _elsewhere(here.geturl())


def _here() -> SplitResult:
    return urlsplit((parts().services.settings.server.address or request.host_url).rstrip("/"))


def _same_host(wanted: str) -> bool:
    return request.host == wanted


def _elsewhere(address: str) -> str:
    return f"Passkeys are off here: they belong to {address}. Open the site there."


def site() -> Site:
    """Return for whom passkeys are.

    Raises:
        AccountError: they are off; the message says why.
    """
    reason = why_off()
    if reason:
        raise AccountError(reason)
    here = _here()
    return Site(here.hostname or "", f"{here.scheme}://{here.netloc}", parts().profile.name)
