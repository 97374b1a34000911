"""A walk along a JPEG's markers: where its parts lie, and whether they fit together.

Nothing is decoded. Formats are from ITU-T T.81, annex B. Cameras leave out Huffman tables, fill up
with FF before a marker, number components from 0, and leave old bytes after the end: none of that
is a fault here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from pucci.jpeg.limits import LONGEST_SIDE, MOST_BYTES_A_PIXEL, MOST_PIXELS, MOST_SEGMENTS

SOI: Final = b"\xff\xd8"
EOI: Final = b"\xff\xd9"
_SOF0, _SOF1, _DHT, _SOI, _EOI, _SOS, _DQT, _DRI = 0xC0, 0xC1, 0xC4, 0xD8, 0xD9, 0xDA, 0xDB, 0xDD
_OTHER_FRAMES: Final = {
    0xC2: "progressive, not a camera's picture",
    0xC3: "lossless, not a camera's picture",
    0xC9: "arithmetic coding, not a camera's picture",
}
# In a scan FF is followed by 00 (it is data), by D0 to D7 (restart), or by the marker that ends it.
_SCAN_MARKER: Final = re.compile(rb"\xff+([\xd0-\xd7\x01-\xcf\xd8-\xfe])", re.DOTALL)
_RESTART: Final = re.compile(rb"\xff([\xd0-\xd7])")
_NOT_FILL: Final = re.compile(rb"[^\xff]", re.DOTALL)

_MOST_FILL: Final = 65_536
# Zeros or an old buffer's bytes where the end is missing, and fill.
_SLACK_UNITS: Final = 2000

NOT_A_JPEG: Final = "not a JPEG"
HEADER: Final = "header damaged"
CUT_SHORT: Final = "cut short"
NO_END: Final = "no end"
DATA_LOST: Final = "data lost"
STRAY_BYTES: Final = "stray bytes in the header"
TOO_LARGE: Final = "too large"


class Fault(Exception):
    """The walk cannot go on; its argument is the reason in words."""


@dataclass(slots=True)
class Layout:
    """Where the parts of a JPEG lie, as offsets into its bytes.

    `scan` is where coded data begins, `scan_end` the marker that ends it, `end` just after the end
    marker; each is 0 where the walk did not get so far. `strays` are the spans between segments that
    belong to none.
    """

    width: int = 0
    height: int = 0
    components: tuple[tuple[int, int, int, int], ...] = ()
    """Of each component: id, horizontal and vertical sampling, quantisation table."""
    restart_interval: int = 0
    scan: int = 0
    scan_start_marker: int = 0
    scan_end: int = 0
    end: int = 0
    strays: list[tuple[int, int]] = field(default_factory=list)
    quantisers: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Quantisation tables by number, in zigzag order."""
    huffman: dict[int, bytes] = field(default_factory=dict)
    """Huffman tables by class and number (one byte, as in the file): 16 counts, then the symbols."""
    scan_tables: tuple[int, ...] = ()
    """Of each component: the byte that names its DC and AC tables."""
    restarts: bytes = b""
    """The second bytes of the restart markers, in order."""
    fault: str = ""

    @property
    def mcu_size(self) -> tuple[int, int]:
        """Width and height in pixels of one coded unit."""
        if len(self.components) == 1:
            return 8, 8
        return 8 * max(c[1] for c in self.components), 8 * max(c[2] for c in self.components)

    @property
    def mcu_grid(self) -> tuple[int, int]:
        """How many coded units lie across the picture, and down."""
        across, down = self.mcu_size
        return -(-self.width // across), -(-self.height // down)


def walk(data: bytes) -> Layout:
    """Return the layout of a JPEG; where its parts do not fit together, with `fault` set."""
    layout = Layout()
    try:
        _walk_header(data, layout)
        _check_header(layout)
        _walk_scan(data, layout)
    except Fault as fault:
        layout.fault = str(fault)
    return layout


def _walk_header(data: bytes, layout: Layout) -> None:
    if data[:2] != SOI:
        raise Fault(NOT_A_JPEG)
    at = 2
    for _ in range(MOST_SEGMENTS):
        at = _next_marker(data, at, layout)
        marker = data[at]
        if marker in (_SOI, _EOI) or 0xD0 <= marker <= 0xD7 or marker <= 0x01:
            raise Fault(CUT_SHORT if marker == _EOI else HEADER)
        length = int.from_bytes(data[at + 1 : at + 3], "big")
        after = at + 1 + length
        if length < 2:
            raise Fault(HEADER)
        if after > len(data):
            raise Fault(CUT_SHORT)
        payload = data[at + 3 : after]
        if marker in _OTHER_FRAMES:
            _read_size(payload, layout)
            raise Fault(_OTHER_FRAMES[marker])
        if reader := _READERS.get(marker):
            reader(payload, layout)
        if marker == _SOS:
            layout.scan_start_marker = at - 1
            layout.scan = after
            return
        at = after
    raise Fault(HEADER)


def _next_marker(data: bytes, at: int, layout: Layout) -> int:
    """Return the offset of the next marker's second byte, past any fill bytes."""
    start = data.find(b"\xff", at)
    if start > at:
        layout.strays.append((at, start))
    found = _NOT_FILL.search(data, start, start + _MOST_FILL) if start >= 0 else None
    if not found:
        raise Fault(CUT_SHORT)
    if found.group() == b"\0":
        raise Fault(HEADER)
    return found.start()


def _read_quantisers(payload: bytes, layout: Layout) -> None:
    at = 0
    while at < len(payload):
        wide, number = divmod(payload[at], 16)
        size = 64 * (wide + 1)
        table = payload[at + 1 : at + 1 + size]
        if wide > 1 or number > 3 or len(table) != size:
            raise Fault(HEADER)
        steps = (
            tuple(table)
            if not wide
            else tuple(a * 256 + b for a, b in zip(table[::2], table[1::2], strict=True))
        )
        if 0 in steps:
            raise Fault(HEADER)
        layout.quantisers[number] = steps
        at += 1 + size


def _read_huffman(payload: bytes, layout: Layout) -> None:
    at = 0
    while at < len(payload):
        counts = payload[at + 1 : at + 17]
        symbols = payload[at + 17 : at + 17 + sum(counts)]
        if payload[at] & 0xEC or len(counts) != 16 or len(symbols) != sum(counts) or not symbols:
            raise Fault(HEADER)
        layout.huffman[payload[at]] = counts + symbols
        at += 17 + len(symbols)


def _read_restart_interval(payload: bytes, layout: Layout) -> None:
    if len(payload) != 2:
        raise Fault(HEADER)
    layout.restart_interval = int.from_bytes(payload, "big")


def _read_size(payload: bytes, layout: Layout) -> None:
    layout.height = int.from_bytes(payload[1:3], "big")
    layout.width = int.from_bytes(payload[3:5], "big")


def _read_frame(payload: bytes, layout: Layout) -> None:
    if layout.components or len(payload) < 9 or len(payload) != 6 + 3 * payload[5]:
        raise Fault(HEADER)
    _read_size(payload, layout)
    if payload[0] != 8:
        raise Fault("12 bits a sample, not a camera's picture" if payload[0] == 12 else HEADER)
    if not layout.width or not layout.height:
        raise Fault(HEADER)
    if max(layout.width, layout.height) > LONGEST_SIDE or layout.width * layout.height > MOST_PIXELS:
        raise Fault(TOO_LARGE)
    if payload[5] == 4:
        raise Fault("four colours (CMYK), not a camera's picture")
    parts = [payload[i : i + 3] for i in range(6, len(payload), 3)]
    layout.components = tuple((c[0], c[1] >> 4, c[1] & 15, c[2]) for c in parts)
    sampling_fits = all(1 <= c[1] <= 4 and 1 <= c[2] <= 4 for c in layout.components)
    if len(parts) not in (1, 3) or not sampling_fits or len({c[0] for c in layout.components}) < len(parts):
        raise Fault(HEADER)


def _read_scan_header(payload: bytes, layout: Layout) -> None:
    if not layout.components:
        raise Fault(HEADER)
    count = len(layout.components)
    if len(payload) != 4 + 2 * count or payload[0] != count or payload[-3:] != b"\x00\x3f\x00":
        raise Fault(HEADER)
    if tuple(payload[1:-3:2]) != tuple(c[0] for c in layout.components):
        raise Fault(HEADER)
    layout.scan_tables = tuple(payload[2:-3:2])


_READERS: Final[dict[int, Callable[[bytes, Layout], None]]] = {
    _SOF0: _read_frame,
    _SOF1: _read_frame,
    _DHT: _read_huffman,
    _DQT: _read_quantisers,
    _DRI: _read_restart_interval,
    _SOS: _read_scan_header,
}


def _check_header(layout: Layout) -> None:
    """The tables that the scan names must be there; Huffman tables may all be left out (MJPEG)."""
    if any(c[3] not in layout.quantisers for c in layout.components):
        raise Fault(HEADER)
    named = {t >> 4 for t in layout.scan_tables} | {16 + (t & 15) for t in layout.scan_tables}
    if layout.huffman and not named <= layout.huffman.keys():
        raise Fault(HEADER)
    if not layout.huffman and not named <= {0x00, 0x01, 0x10, 0x11}:
        raise Fault(HEADER)


def _walk_scan(data: bytes, layout: Layout) -> None:
    """Find the scan's end. In a good one every FF is data, a restart marker, or fill before the end."""
    across, down = layout.mcu_grid
    end = data.find(EOI, layout.scan)
    stop = end if end >= 0 else len(data)
    if stop - layout.scan > MOST_BYTES_A_PIXEL * 64 * (across * down + _SLACK_UNITS):
        raise Fault(TOO_LARGE)
    odd = data.count(b"\xff", layout.scan, stop) - data.count(b"\xff\x00", layout.scan, stop)
    if odd > across * down + _SLACK_UNITS:
        raise Fault(DATA_LOST)
    layout.restarts = b"".join(_RESTART.findall(data, layout.scan, stop)) if layout.restart_interval else b""
    if end >= 0 and odd == len(layout.restarts):
        layout.scan_end, layout.end = end, end + len(EOI)
        return _check_restarts(layout)
    return _walk_odd_scan(data, layout)


def _walk_odd_scan(data: bytes, layout: Layout) -> None:
    """The same, marker by marker, where they do not add up."""
    numbers = []
    for found in _SCAN_MARKER.finditer(data, layout.scan):
        marker = found[1][0]
        if 0xD0 <= marker <= 0xD7:
            numbers.append(marker)
            continue
        layout.scan_end = found.start()
        if marker == _EOI:
            layout.end = found.end()
            break
        raise Fault(CUT_SHORT if marker == _SOI else DATA_LOST)
    layout.restarts = bytes(numbers)
    _check_restarts(layout)


def _check_restarts(layout: Layout) -> None:
    """Restart markers count 0 to 7 round and round, one after each interval but the last."""
    count = len(layout.restarts)
    if layout.restarts != (b"\xd0\xd1\xd2\xd3\xd4\xd5\xd6\xd7" * (count // 8 + 1))[:count]:
        raise Fault(DATA_LOST)
    across, down = layout.mcu_grid
    interval = layout.restart_interval
    expected = -(-across * down // interval) - 1 if interval else 0
    if layout.end and count != expected:
        raise Fault(DATA_LOST)
