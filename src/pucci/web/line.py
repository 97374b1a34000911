"""What the kernel knows of a connection (TCP_INFO, tcp(7)): what it could not send yet, what was taken."""

import socket
import struct
from typing import Final

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
