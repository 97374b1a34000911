"""The camera itself: it answers the kernel's requests, and sends frames when they are due."""

import struct
import time
from collections import Counter, deque
from random import Random

from . import descriptors
from .descriptors import MJPEG, PAYLOAD, YUYV_SIZE, Size
from .faults import FAULTS, mixed
from .usbip import STALL, UNLINK, Request, Wire

SILENT = ("freeze", "stall", "wedged")
KINDS = ("ok", "err", "mix", *SILENT, *FAULTS)
Fault = tuple[str, list[str]]

# USB's standard requests (USB 2.0, table 9-4) that only want to be taken.
_SET_CONFIGURATION = 9
_TAKEN = (1, 3, 5, 9, 11)
# UVC's class requests (table A-8).
_SET_CUR, _GET_CUR, _GET_MIN, _GET_MAX, _GET_RES, _GET_LEN, _GET_INFO, _GET_DEF = (
    0x01, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87,
)  # fmt: skip


class Camera:
    """A camera with its modes (size → frames), plugged into a port of the virtual hub or not."""

    def __init__(self, modes: dict[Size, list[bytes]], *, fps: float, port: int, name: str) -> None:
        self.modes, self.sizes = modes, list(modes)
        self.fps, self.port, self.name = fps, port, name
        self.fault: Fault = ("ok", [])
        self.once: Fault | None = None
        self.frames_left: int | None = None
        self.wire: Wire | None = None
        self.sent: Counter[str] = Counter()  # frames by what was done to them
        self.counts: Counter[str] = Counter()
        self.configured = False
        self._number = 0
        self._controls = {2: 128, 3: 32}  # brightness, contrast
        self._probe = self._commit = descriptors.probe(self.sizes, MJPEG, 1, 1_000_000)
        self._waiting: deque[tuple[int, int]] = deque()
        self._rewind()

    # ---- the plug ----------------------------------------------------

    def plug(self) -> None:
        """Put the plug in; nothing happens where it is."""
        if self.wire is None:
            self._waiting.clear()
            self._rewind()
            self._come_to()
            self.wire = Wire(self.port)
            self.counts["attaches"] += 1

    def unplug(self) -> None:
        """Pull the plug; nothing happens where it is out."""
        if self.wire is not None:
            wire, self.wire = self.wire, None
            wire.detach()

    def _come_to(self) -> None:
        """Begin anew, as a camera does whose plug is put in or whose port is reset."""
        self.configured = False
        if self.fault[0] == "wedged":
            self.fault = ("ok", [])

    def _configure(self) -> None:
        """Be configured. The kernel does it once after the plug, and again after a reset of the port.

        The reset itself is between the kernel and its virtual hub; this is what reaches the camera.
        """
        if self.configured:
            self.counts["resets"] += 1
            self._come_to()
        self.configured = True

    def stat(self) -> dict[str, object]:
        """Return what was sent so far, and how the camera stands."""
        return {
            "fault": " ".join((self.fault[0], *self.fault[1])),
            "plugged": self.wire is not None,
            "streaming": bool(self._waiting),
            "frames": sum(self.sent.values()),
            "sent": dict(self.sent),
            **{name: self.counts[name] for name in ("attaches", "resets", "opens", "bytes", "unlinks")},
        }

    # ---- the kernel's requests ---------------------------------------

    def handle(self) -> None:
        """Take one request off the wire."""
        if self.wire is None:
            return
        try:
            request = self.wire.receive()
        except (EOFError, ConnectionError):
            self.wire.socket.close()
            self.wire = None
            return
        if request.command == UNLINK:
            self._unlink(self.wire, request)
        elif request.endpoint != 0:
            self._waiting.append((request.number, request.length))
        else:
            self._control(self.wire, request)

    def _unlink(self, wire: Wire, request: Request) -> None:
        waiting = [one for one in self._waiting if one[0] != request.victim]
        found = len(waiting) < len(self._waiting)
        self._waiting = deque(waiting)
        self.counts["unlinks"] += 1
        wire.unlinked(request.number, found=found)

    def _control(self, wire: Wire, request: Request) -> None:
        kind, code, value, index, length = struct.unpack("<BBHHH", request.setup)
        if kind & 0x60 == 0:
            answer = self._standard(code, value)
        elif kind & 0x60 == 0x20:
            answer = self._class(code, value >> 8, index, request.data)
        else:
            answer = None
        if answer is None:
            wire.answer(request.number, STALL)
        elif request.incoming:
            wire.answer(request.number, 0, answer[:length])
        else:
            wire.answer(request.number, 0, length=len(request.data))

    def _standard(self, code: int, value: int) -> bytes | None:
        if code == _SET_CONFIGURATION and value:
            self._configure()
        if code == 6:
            match value >> 8:
                case 1:
                    return descriptors.device()
                case 2:
                    return descriptors.configuration(self.sizes)
                case 3:
                    return descriptors.string(value & 255, self.name)
                case _:
                    return None
        return {0: b"\0\0", 8: b"\1", 10: b"\0"}.get(code, b"" if code in _TAKEN else None)

    def _class(self, code: int, selector: int, index: int, data: bytes) -> bytes | None:
        interface, unit = index & 255, index >> 8
        if interface == 1 and selector in (1, 2):
            return self._negotiate(code, selector, data)
        if interface == 0 and unit == 2 and selector in self._controls:
            return self._adjust(code, selector, data)
        return None

    def _negotiate(self, code: int, selector: int, data: bytes) -> bytes | None:
        if code == _SET_CUR:
            form, frame, interval = struct.unpack_from("<BBI", data, 2)
            self._probe = descriptors.probe(self.sizes, form, frame, interval)
            if selector == 2:  # commit: a stream begins
                self._commit = self._probe
                self.counts["opens"] += 1
                self._rewind()
            return b""
        if code in (_GET_CUR, _GET_MIN, _GET_MAX, _GET_DEF):
            return self._probe if selector == 1 else self._commit
        return {_GET_LEN: descriptors.pack("H", 26), _GET_INFO: b"\3"}.get(code)

    def _adjust(self, code: int, selector: int, data: bytes) -> bytes | None:
        if code == _SET_CUR:
            (self._controls[selector],) = struct.unpack_from("<h", data)
            return b""
        default = 128 if selector == 2 else 32
        values = {
            _GET_CUR: self._controls[selector],
            _GET_MIN: 0,
            _GET_MAX: 255,
            _GET_RES: 1,
            _GET_DEF: default,
        }
        if code in values:
            return descriptors.pack("h", values[code])
        return {_GET_LEN: descriptors.pack("H", 2), _GET_INFO: b"\3"}.get(code)

    # ---- frames ------------------------------------------------------

    def send_due(self) -> float | None:
        """Answer waiting requests with what is due; return seconds until more is, if it is known."""
        while self.wire is not None and self._waiting:
            if not self._parts:
                wait = self._next_due - time.monotonic()
                if wait > 0:
                    return wait
                if self.frames_left == 0:
                    self.frames_left = None
                    self.unplug()
                    return None
                kind, words = self._take_fault()
                if kind in SILENT:
                    return self._be_silent(self.wire, kind)
                self._make_parts(kind, words)
            number, length = self._waiting.popleft()
            part = self._parts.popleft()
            self.counts["bytes"] += len(part)
            self.wire.answer(number, 0, part[:length])
        return None

    def _take_fault(self) -> Fault:
        """Return the next frame's fault, "ok" for none."""
        self._number += 1
        kind, words = self.once or self.fault
        self.once = None
        if kind == "mix":
            return mixed(words[0], float(words[1]), self._number) or ("ok", [])
        return kind, words

    def _be_silent(self, wire: Wire, kind: str) -> float:
        if kind == "stall":
            wire.answer(self._waiting.popleft()[0], STALL)
        return 0.2

    def _make_parts(self, kind: str, words: list[str]) -> None:
        """Cut the next frame into payloads, each with UVC's two bytes of header."""
        interval = max(struct.unpack_from("<I", self._commit, 4)[0] / 1e7, 1 / self.fps)
        now = time.monotonic()
        self._next_due = max(self._next_due + interval, now)
        frame = self._frame(self._number)
        if kind in FAULTS:
            frame = FAULTS[kind](frame, self._frame(self._number - 1), Random(self._number), words)
        self.sent[kind] += 1
        if self.frames_left is not None:
            self.frames_left -= 1
        flags = 0x80 | self._toggle | (0x40 if kind == "err" else 0)
        room = PAYLOAD - 2
        for at in range(0, max(len(frame), 1), room):
            last = at + room >= len(frame)
            self._parts.append(bytes([2, flags | (2 if last else 0)]) + frame[at : at + room])
        self._toggle ^= 1

    def _frame(self, number: int) -> bytes:
        form, index = self._commit[2], self._commit[3]
        if form != MJPEG:
            width, height = YUYV_SIZE
            return bytes([number * 4 & 255, 128]) * (width * height)
        frames = self.modes[self.sizes[index - 1]]
        return frames[number % len(frames)]

    def _rewind(self) -> None:
        self._parts: deque[bytes] = deque()
        self._toggle = 0
        self._next_due = time.monotonic()
