"""How many may be connected at once, in all and from one address: the rest is told so in words."""

import ipaddress
from collections import Counter
from collections.abc import Iterable
from typing import Final

# They are told after a moment: a program that is told at once is back at once, thousands of times a second.
# So many wait for their answer; beyond them connections are just cut.
MOST_TOLD: Final = 384
TOLD_S: Final = 1.0
RETRY_S: Final = 10
_SENTENCE: Final = b"Too many are here at once. Try again in a moment.\n"
ANSWER: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    b"Retry-After: %d\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
) % (RETRY_S, len(_SENTENCE), _SENTENCE)


class Crowd:
    """Counts connections. Those from this machine and from trusted proxies stand for many people."""

    def __init__(self, most: int, each: int, proxies: Iterable[str] = ()) -> None:
        self._most = most
        self._each = each
        self._proxies = frozenset(proxies)
        self._by_place: Counter[str] = Counter()
        self._all = 0
        self.told = 0

    def enter(self, address: str) -> bool:
        """Count a connection in, if there is room for it; return whether there is."""
        place = place_of(address)
        full = self._all >= self._most
        if full or (self._by_place[place] >= self._each and not self._stands_for_many(address)):
            return False
        self._all += 1
        self._by_place[place] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one out that came in."""
        place = place_of(address)
        self._all -= 1
        self._by_place[place] -= 1
        if not self._by_place[place]:
            del self._by_place[place]

    def _stands_for_many(self, address: str) -> bool:
        return address in self._proxies or address.startswith("127.") or address in ("::1", "")


def place_of(address: str) -> str:
    """Return what counts as one place: an address, or a /64 in IPv6, which is what one line has at least."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
