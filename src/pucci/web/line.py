"""The connection under a request, and what the kernel knows of it (TCP_INFO, tcp(7)).

uvicorn's `send` is a method of the object that holds the connection.
"""

import asyncio
import socket
import struct
from typing import Any, Final

# Of struct tcp_info (linux/tcp.h): unacked segments, bytes acked, bytes not sent, the peer's window. The last
# is there since Linux 5.4.
_TCP_INFO: Final = struct.Struct("=24xI92xQ16xI80xI")


def tcp_info(sock: socket.socket) -> tuple[int, int, int, int]:
    """Return unacked segments, bytes acked, bytes not sent, the peer's window; zeros where nobody knows."""
    try:
        known = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        return _TCP_INFO.unpack(known)
    except (OSError, struct.error):  # closed, no TCP, or an old kernel
        return 0, 0, 0, 0


def transport_of(send: Any) -> asyncio.Transport:
    """Return the transport under a request."""
    return send.__self__.transport


def has_gone(send: Any) -> bool:
    """Whether whoever asked has left; False where nobody knows.

    Of requests sent one upon another uvicorn tells only the newest that nobody is there any more.
    """
    cycle = getattr(send, "__self__", None)
    if cycle is None:
        return False
    if cycle.transport.is_closing():
        cycle.disconnected = True
    return cycle.disconnected


async def taken(send: Any) -> bool:
    """Wait until earlier answers have been taken, but for 64 KB; return whether anybody is still there."""
    await send.__self__.flow.drain()
    return not has_gone(send)
