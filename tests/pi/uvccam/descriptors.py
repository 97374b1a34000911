"""What the camera says of itself: USB 2.0 and UVC 1.0 descriptors (UVC specification, chapter 3)."""

import struct
from collections.abc import Sequence

BULK_ENDPOINT = 0x81
PAYLOAD = 16384  # dwMaxPayloadTransferSize: one transfer of uvcvideo's
INTERVALS = (333_333, 666_666, 1_000_000, 2_000_000)  # 100 ns: 30, 15, 10 and 5 frames a second
YUYV_SIZE = (320, 240)
MJPEG, YUYV = 1, 2  # bFormatIndex

Size = tuple[int, int]


def pack(layout: str, *values: int) -> bytes:
    """Return values as USB has them, little end first and without gaps."""
    return struct.pack("<" + layout, *values)


def device() -> bytes:
    """Return the device descriptor; the ids are free ones for tests."""
    return pack("BBHBBBBHHHBBBB", 18, 1, 0x200, 0xEF, 2, 1, 64, 0x1209, 0x0001, 0x0100, 1, 2, 3, 1)


def string(index: int, name: str) -> bytes:
    """Return a string descriptor: maker, name or serial number."""
    if index == 0:
        return b"\x04\x03\x09\x04"
    text = {1: "Pucci tests", 2: name, 3: "PUCCI0001"}.get(index, "?").encode("utf-16-le")
    return bytes([2 + len(text), 3]) + text


def configuration(sizes: Sequence[Size]) -> bytes:
    """Return the configuration: a control interface, and a streaming one with a bulk endpoint."""
    streams = _mjpeg(sizes) + _yuyv()
    header = pack("BBBBHBBBBBBBBB", 15, 0x24, 1, 2, 15 + len(streams), BULK_ENDPOINT, 0, 3, 0, 0, 0, 1, 0, 0)
    body = (
        pack("BBBBBBBB", 8, 11, 0, 2, 0x0E, 3, 0, 0)
        + pack("BBBBBBBBB", 9, 4, 0, 0, 0, 0x0E, 1, 0, 0)
        + _control()
        + pack("BBBBBBBBB", 9, 4, 1, 0, 1, 0x0E, 2, 0, 0)
        + header
        + streams
        + pack("BBBBHB", 7, 5, BULK_ENDPOINT, 2, 512, 0)
    )
    return pack("BBHBBBBB", 9, 2, 9 + len(body), 2, 1, 0, 0x80, 250) + body


def _control() -> bytes:
    """A lens, a processing unit with brightness and contrast, and the way out."""
    units = (
        pack("BBBBHBBHHHBBBB", 18, 0x24, 2, 1, 0x0201, 0, 0, 0, 0, 0, 3, 0, 0, 0)
        + pack("BBBBBHBHB", 11, 0x24, 5, 2, 1, 0, 2, 0x0003, 0)
        + pack("BBBBHBBB", 9, 0x24, 3, 3, 0x0101, 0, 2, 0)
    )
    return pack("BBBHHIBB", 13, 0x24, 1, 0x0100, 13 + len(units), 48_000_000, 1, 1) + units


def _mjpeg(sizes: Sequence[Size]) -> bytes:
    out = pack("BBBBBBBBBBB", 11, 0x24, 6, MJPEG, len(sizes), 1, 1, 0, 0, 0, 0)
    for index, (width, height) in enumerate(sizes, 1):
        pixels = width * height
        out += pack("BBBBBHHIII", 26 + 4 * len(INTERVALS), 0x24, 7, index, 0, width, height, pixels * 8,
                    pixels * 240, pixels * 2)  # fmt: skip
        out += pack(f"IB{len(INTERVALS)}I", INTERVALS[2], len(INTERVALS), *INTERVALS)
    return out + pack("BBBBBB", 6, 0x24, 13, 1, 1, 4)


def _yuyv() -> bytes:
    width, height = YUYV_SIZE
    pixels = width * height
    guid = b"YUY2\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71"
    return (
        pack("BBBBB", 27, 0x24, 4, YUYV, 1) + guid
        + pack("BBBBBB", 16, 1, 0, 0, 0, 0)
        + pack("BBBBBHHIIIIBI", 30, 0x24, 5, 1, 0, width, height, pixels * 16, pixels * 480, pixels * 2,
               INTERVALS[2], 1, INTERVALS[2])
        + pack("BBBBBB", 6, 0x24, 13, 1, 1, 4)
    )  # fmt: skip


def probe(sizes: Sequence[Size], form: int, frame: int, interval: int) -> bytes:
    """Return what the camera agrees to (UVC's probe and commit) when asked for these."""
    form = form if form in (MJPEG, YUYV) else MJPEG
    frame = min(max(frame, 1), len(sizes)) if form == MJPEG else 1
    width, height = sizes[frame - 1] if form == MJPEG else YUYV_SIZE
    nearest = min(INTERVALS, key=lambda known: abs(known - interval))
    return pack("HBBIHHHHHII", 1, form, frame, nearest, 0, 0, 0, 0, 0, width * height * 2, PAYLOAD)
