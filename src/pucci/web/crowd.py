"""How many may be connected at once, in all and from one address: the rest is told so in words."""

import ipaddress
from collections import Counter
from collections.abc import Iterable
from typing import Final

from pucci.accounts.throttle import parsed

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


# So many connections may have a second descriptor; a process may have 1024 of all kinds.
MOST_DOUBLED: Final = 128
# Places that are kept for this machine and for proxies, or a quarter where there are few.
_KEPT: Final = 32


class Crowd:
    """Counts connections. Those from this machine and from trusted proxies stand for many people.

    They have some places to themselves. `proxies` are addresses or networks.
    """

    def __init__(self, most: int, each: int, proxies: Iterable[str] = ()) -> None:
        self._most = most
        self._most_strangers = most - min(_KEPT, most // 4)
        self._each = each
        self._proxies = tuple(proxies)
        self._networks = [found for text in self._proxies if (found := _network(text))]
        self._by_place: Counter[str] = Counter()
        self._all = self._strangers = 0
        self.told = 0
        # Connections that have a second descriptor (`atonce.line_of`).
        self.doubled = 0

    def enter(self, address: str) -> bool:
        """Count a connection in, if there is room for it; return whether there is."""
        place, is_stranger = place_of(address), not self._stands_for_many(address)
        if self._all >= self._most:
            return False
        if is_stranger and (self._by_place[place] >= self._each or self._strangers >= self._most_strangers):
            return False
        self._all += 1
        self._strangers += is_stranger
        self._by_place[place] += 1
        return True

    def leave(self, address: str) -> None:
        """Count one out that came in."""
        place = place_of(address)
        self._all -= 1
        self._strangers -= not self._stands_for_many(address)
        self._by_place[place] -= 1
        if not self._by_place[place]:
            del self._by_place[place]

    def _stands_for_many(self, address: str) -> bool:
        if not address or address in self._proxies:
            return True
        found = parsed(address)
        return found is not None and (
            found.is_loopback or any(found in network for network in self._networks)
        )


def place_of(address: str) -> str:
    """Return what counts as one place: an address, or a /48 in IPv6, which one line may have."""
    found = parsed(address)
    if found is None:
        return address
    if found.version == 6:
        return str(ipaddress.ip_network((found, 48), strict=False))
    return str(found)


def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:  # the path of a socket, say
        return None
