"""The wire: USB/IP as the kernel's vhci_hcd speaks it (Documentation/usb/usbip_protocol.rst)."""

import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

VHCI = Path("/sys/devices/platform/vhci_hcd.0")
DEVICE_ID = 0x10002
HIGH_SPEED = 3
SUBMIT, UNLINK = 1, 2
STALL = -32  # EPIPE
CANCELLED = -104  # ECONNRESET


@dataclass(frozen=True, slots=True)
class Request:
    """One request of the kernel's. `victim` is the request that an unlink takes back."""

    command: int
    number: int
    incoming: bool
    endpoint: int
    length: int
    setup: bytes
    data: bytes
    victim: int


class Wire:
    """One plugged-in cable: from being attached to a port of the virtual hub until detached."""

    def __init__(self, port: int) -> None:
        self._port = port
        ours, kernels = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for end in (ours, kernels):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        (VHCI / "attach").write_text(f"{port} {kernels.fileno()} {DEVICE_ID} {HIGH_SPEED}")
        kernels.close()
        self.socket = ours

    def detach(self) -> None:
        """Pull the plug."""
        with suppress(OSError):
            (VHCI / "detach").write_text(str(self._port))
        self.socket.close()

    def receive(self) -> Request:
        """Return the kernel's next request.

        Raises:
            EOFError: the kernel has let the device go.
        """
        head = self._read(48)
        command, number, _device, incoming, endpoint, victim, length = struct.unpack(">IIIIIIi", head[:28])
        data = self._read(length) if command == SUBMIT and not incoming and length > 0 else b""
        return Request(command, number, bool(incoming), endpoint, length, head[40:48], data, victim)

    def answer(self, number: int, status: int, data: bytes = b"", length: int | None = None) -> None:
        """Answer a submitted request; `length` is what of outgoing data was taken."""
        actual = len(data) if length is None else length
        self.socket.sendall(struct.pack(">IIIIIiiiii8x", 3, number, 0, 0, 0, status, actual, 0, 0, 0) + data)

    def unlinked(self, number: int, *, found: bool) -> None:
        """Answer an unlink: whether its victim was still waiting."""
        self.socket.sendall(struct.pack(">IIIIIi24x", 4, number, 0, 0, 0, CANCELLED if found else 0))

    def _read(self, length: int) -> bytes:
        data = b""
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise EOFError
            data += more
        return data
