"""The way in: does the name lead here, does the port answer, for how long is the certificate good.

No service outside is asked, so some of it can only be inferred, and is said so.
"""

import contextlib
import ipaddress
import re
import socket
import ssl
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pucci.counting import counted
from pucci.doctor.finding import Finding, fine, needs, note

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# What a provider hands out when it has no address left for its customers: RFC 6598. Tailscale uses it too.
SHARED: Final = ipaddress.ip_network("100.64.0.0/10")
_CONNECT_S: Final = 2.0
_NAT_PMP_PORT: Final = 5351
_LEAST_DAYS: Final = 14
_CACHES: Final = ("var/cache/pucci-ddclient/cache", "var/cache/ddclient/ddclient.cache")
_TUNNEL: Final = (
    "No port can be opened from there. Use Tailscale for the family alone, or Cloudflare Tunnel for a page "
    "all can see; or ask the provider for an address of your own. IPv6 may work without."
)


@dataclass(frozen=True, slots=True)
class Site:
    """The site's address as people type it, taken apart."""

    host: str
    port: int
    is_https: bool

    @classmethod
    def of(cls, address: str) -> "Site | None":
        """Return the parts of server.address, None where there is none."""
        parts = urlsplit(address)
        if not parts.hostname:
            return None
        is_https = parts.scheme == "https"
        return cls(parts.hostname, parts.port or (443 if is_https else 80), is_https)


@dataclass(frozen=True, slots=True)
class Seen:
    """What can be known from inside.

    `resolved` is what the name leads to, `own` this machine's addresses, `wan` the router's outer one as it
    says itself (NAT-PMP), `told` the one that ddclient last sent to the provider of the name.
    """

    resolved: tuple[Address, ...] = ()
    own: tuple[Address, ...] = ()
    wan: Address | None = None
    told: Address | None = None


def look(site: Site, root: Path, *, told: Address | None = None) -> Seen:
    """Find out where the name leads, and which addresses are ours."""
    own = own_addresses()
    return Seen(resolve(site.host), own, wan_address(root), told)


# -- the name --------------------------------------------------------------------------------------


def judge_name(site: Site | None, seen: Seen) -> Finding:
    """Judge whether the site's name leads to this house."""
    if site is None:
        return note("name", "the site has no address", "Set server.address if it is to be seen from outside.")
    if not seen.resolved:
        remedy = (
            "Is it written right? `pucci deploy ddclient` keeps it; `journalctl -u pucci-ddclient` says how."
        )
        if site.host.endswith(".local"):
            remedy = "`sudo apt install avahi-daemon`; the machine's own name must be the part before .local."
        return needs("name", f"{site.host} leads nowhere", remedy)
    where = " and ".join(map(str, seen.resolved[:2]))
    text = f"{site.host} is {where}"
    if set(seen.resolved) & set(seen.own):
        return fine("name", f"{text}, this machine")
    outer = seen.wan if seen.wan and not _is_inside(seen.wan) else None
    for address, whose in ((outer, "the router's own"), (seen.told, "what ddclient last sent")):
        if address is not None and address in seen.resolved:
            return fine("name", f"{text}, {whose}")
        if address is not None and address.version in {one.version for one in seen.resolved}:
            return needs(
                "name", f"{text}, but {address} is {whose}",
                "The name is out of date: `sudo systemctl restart pucci-ddclient`, then wait ten minutes; "
                "`journalctl -u pucci-ddclient` says more.",
            )  # fmt: skip
    if all(_is_inside(one) for one in seen.resolved):
        return note("name", f"{text}, which only this house can reach")
    return note("name", f"{text}; whether that is this house, the router's page says")


# -- the port --------------------------------------------------------------------------------------


def judge_port(site: Site | None, seen: Seen, *, answers: bool) -> Finding:
    """Judge whether the site can be reached from outside, as far as that can be known from inside."""
    if site is None:
        return note("port", "not asked, since the site has no address")
    if not seen.resolved:
        return note("port", "not asked, since the name leads nowhere")
    outer = next((one for one in (seen.wan, *seen.own) if one is not None and one in SHARED), None)
    if outer is not None and not set(seen.resolved) & set(seen.own):
        return needs("port", f"behind the provider's NAT (CGNAT): the outer address is {outer}", _TUNNEL)
    if seen.wan is not None and seen.wan.is_private:
        return needs(
            "port",
            f"the router is itself behind another one, as {seen.wan}",
            f"Forward the port on both, or set the first to bridge mode. If it is the provider's: {_TUNNEL}",
        )
    if seen.resolved and all(_is_inside(one) for one in seen.resolved):
        how = "answers" if answers else "does not answer"
        return note("port", f"{site.host}:{site.port} {how}; its name leads nowhere outside")
    if answers:
        return fine("port", f"{site.host}:{site.port} answers, asked from inside")
    mine = next((str(one) for one in seen.own if one.version == 4), "this machine")
    return note(
        "port",
        f"{site.host}:{site.port} does not answer from inside; many routers cannot turn round",
        f"Try with a phone without Wi-Fi. If it fails too, forward port {site.port} to {mine} on the router.",
    )


def answers(site: Site) -> bool:
    """Whether something takes a connection at the site's address."""
    with contextlib.suppress(OSError), socket.create_connection((site.host, site.port), _CONNECT_S):
        return True
    return False


# -- the certificate -------------------------------------------------------------------------------


def certificate(site: Site, now: datetime) -> Finding:
    """Say how long the site's certificate is good; asked at its address, else at this machine."""
    for host in (site.host, "127.0.0.1"):
        with contextlib.suppress(OSError):
            return judge_certificate(_end_of_certificate(host, site), now)
    return needs(
        "certificate",
        f"{site.host} answers no HTTPS",
        "Look at Apache: `apachectl configtest`, `journalctl -u apache2`.",
    )


def _end_of_certificate(host: str, site: Site) -> datetime:
    from cryptography import x509

    with (
        socket.create_connection((host, site.port), _CONNECT_S) as plain,
        believing_all().wrap_socket(plain, server_hostname=site.host) as secure,
    ):
        return x509.load_der_x509_certificate(secure.getpeercert(binary_form=True) or b"").not_valid_after_utc


def believing_all() -> ssl.SSLContext:
    """Return TLS that takes any certificate: its date, or the answer, is wanted however bad it is."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def judge_certificate(ends: datetime, now: datetime) -> Finding:
    """Judge when the certificate ends. mod_md renews when a third of 90 days is left."""
    days = int((ends - now).total_seconds() // 86_400)
    remedy = (
        "It should have renewed itself: is port 80 open to the world? `journalctl -u apache2` says why not."
    )
    if days < 0:
        return needs("certificate", f"ended on {ends:%Y-%m-%d}", remedy)
    text = f"good for {counted(days, 'day')}, until {ends:%Y-%m-%d}"
    return needs("certificate", text, remedy) if days < _LEAST_DAYS else fine("certificate", text)


# -- addresses -------------------------------------------------------------------------------------


def resolve(host: str) -> tuple[Address, ...]:
    """Return what a name leads to."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(ipaddress.ip_address(str(one[4][0]).split("%")[0]) for one in found))


def own_addresses() -> tuple[Address, ...]:
    """Return the addresses this machine speaks to the world from; nothing is sent."""
    found: list[Address] = []
    for family, far in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as asker:
            asker.connect((far, 9))
            found.append(ipaddress.ip_address(asker.getsockname()[0].split("%")[0]))
    return tuple(found)


def told_by_ddclient(root: Path) -> Address | None:
    """Return the address that ddclient last sent, from its cache: `pucci deploy`'s, else Debian's."""
    for cache in _CACHES:
        with contextlib.suppress(OSError, ValueError):
            text = (root / cache).read_text(errors="replace")
            if match := re.search(r"(?:^|[ ,])(?:ip|ipv4)=([0-9a-f.:]+)", text, re.MULTILINE):
                return ipaddress.ip_address(match[1])
    return None


def gateway(root: Path) -> str | None:
    """Return the router's inner address, from /proc/net/route."""
    with contextlib.suppress(OSError):
        for line in (root / "proc/net/route").read_text().splitlines()[1:]:
            words = line.split()
            if words[1] == "00000000" and int(words[3], 16) & 2:
                return socket.inet_ntoa(struct.pack("<I", int(words[2], 16)))
    return None


def wan_address(root: Path, port: int = _NAT_PMP_PORT) -> Address | None:
    """Ask the router for its outer address, by NAT-PMP (RFC 6886, 3.2); None if it does not say."""
    router = gateway(root)
    if router is None:
        return None
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.connect((router, port))
        for wait_s in (0.25, 0.5):
            asker.settimeout(wait_s)
            asker.send(b"\0\0")
            with contextlib.suppress(TimeoutError):
                answer = asker.recv(16)
                if len(answer) == 12 and answer[:4] == b"\0\x80\0\0":
                    return ipaddress.ip_address(answer[8:12])
                return None
    return None


def _is_inside(address: Address) -> bool:
    return address.is_private or address.is_link_local or address in SHARED


def now() -> datetime:
    """Return the wall clock's time, which certificates are measured by."""
    return datetime.now(UTC)
