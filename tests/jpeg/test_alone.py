"""One frame by itself."""

import io
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pucci import jpeg
from pucci.photo import State

EOI = b"\xff\xd9"


def picture(width: int = 320, height: int = 240, seed: int = 1, mode: str = "RGB", **how: Any) -> bytes:
    """Return a JPEG of coloured noise, smoothed so that it looks a little like a room."""
    small = Image.effect_noise((width // 8, height // 8), 60 + seed)
    image = Image.merge("RGB", [small, small.rotate(90).resize(small.size), small.rotate(180)])
    image = image.resize((width, height), Image.Resampling.BICUBIC).convert(mode)
    out = io.BytesIO()
    image.save(out, "JPEG", **{"quality": 80, **how})
    return out.getvalue()


def without_huffman_tables(data: bytes) -> bytes:
    """Cut the DHT segments out, as a camera's MJPEG does."""
    while (at := data.find(b"\xff\xc4")) >= 0:
        data = data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]
    return data


WHOLE = picture()


def test_a_good_frame_is_whole_and_tells_its_size():
    verdict = jpeg.judge(WHOLE)
    assert verdict.is_whole
    assert (verdict.width, verdict.height) == (320, 240) == jpeg.size_of(WHOLE)


@pytest.mark.parametrize(
    "frame",
    [
        without_huffman_tables(WHOLE),
        WHOLE + bytes(5000),
        WHOLE + picture(seed=2)[300:],
        WHOLE.replace(b"\xff\xdb", b"\xff\xff\xff\xff\xdb"),
        WHOLE.replace(EOI, b"\xff\xff\xff" + EOI),
        picture(restart_marker_blocks=4),
        picture(restart_marker_rows=1),
        WHOLE[:2] + b"\xff\xe0\x00\x10AVI1" + bytes(10) + WHOLE[2:],
        picture(mode="L"),
        picture(subsampling=0),
        picture(subsampling=1),
        picture(optimize=True),
        picture(width=322, height=243),
    ],
    ids=[
        "no Huffman tables",
        "zeros after the end",
        "an old buffer after the end",
        "fill bytes in the header",
        "fill bytes before the end",
        "restart markers",
        "restart marker each row",
        "AVI1",
        "grey",
        "4:4:4",
        "4:2:2",
        "own Huffman tables",
        "odd size",
    ],
)
def test_what_good_cameras_do_is_no_damage(frame: bytes):
    assert jpeg.judge(frame).state is State.WHOLE


def numbered_from_zero(data: bytes) -> bytes:
    """Rename the components 1, 2, 3 to 0, 1, 2, in frame and scan header."""
    frame, scan = data.index(b"\xff\xc0"), data.index(b"\xff\xda")
    out = bytearray(data)
    for i in range(3):
        out[frame + 10 + 3 * i] -= 1
        out[scan + 5 + 2 * i] -= 1
    return bytes(out)


def test_components_may_be_numbered_from_zero():
    assert jpeg.judge(numbered_from_zero(WHOLE)).is_whole


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "not a JPEG"),
        (b"\xff\xd8", "cut short"),
        (WHOLE[:100], "cut short"),
        (WHOLE[: len(WHOLE) // 2], "cut short"),
        (WHOLE[: len(WHOLE) // 2] + EOI, "cut short"),
        (WHOLE[: len(WHOLE) // 2] + bytes(len(WHOLE) // 2), "cut short"),
        (WHOLE[: len(WHOLE) // 2] + WHOLE, "cut short"),
        (WHOLE[:-2], "no end"),
        (WHOLE[:-2] + bytes(1000) + EOI, "bytes left over"),
        (WHOLE[:2] + b"junk" + WHOLE[2:], "stray bytes in the header"),
        (picture(progressive=True), "progressive, not a camera's picture"),
        (picture(mode="CMYK"), "four colours (CMYK), not a camera's picture"),
        (
            WHOLE.replace(b"\xff\xc0\x00\x11\x08", b"\xff\xc1\x00\x11\x0c"),
            "12 bits a sample, not a camera's picture",
        ),
        (WHOLE.replace(b"\x08\x00\xf0\x01\x40", b"\x08\xff\xdc\xff\xdc"), "too large"),
    ],
)
def test_a_frame_that_is_not_whole_says_why(frame: bytes, reason: str):
    verdict = jpeg.judge(frame)
    assert verdict.state is State.DAMAGED
    assert verdict.reason == reason


def test_the_drivers_own_report_of_lost_data_is_believed():
    assert jpeg.judge(WHOLE, flagged=True).reason == "the driver reports lost data"


@pytest.mark.parametrize(
    "frame",
    [
        WHOLE[:600] + b"\x55\xff\x00" * 33_333_333,
        WHOLE[:700] + b"\x55\xff\x00" * 6_000_000 + EOI,
        WHOLE[:700] + b"\xff\xd0\x55\x55" * 4_700_000,
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 4_900_000,
        b"\xff\xd8" + b"\xff\xe0\x00\x02\x55" * 3_900_000,
        b"\xff" * 19_000_000,
        b"\xff\xd8" + b"\xff" * 19_000_000,
        bytes(19_000_000),
    ],
    ids=["100 MB", "long scan", "restarts", "segments", "strays", "FF", "fill", "zeros"],
)
def test_megabytes_of_garbage_are_refused_at_once(frame: bytes):
    start = time.process_time()
    assert jpeg.judge(frame).state is State.DAMAGED
    assert jpeg.Witness().judge(frame, deep=True).state is State.DAMAGED
    assert time.process_time() - start < 0.2


def test_a_shown_frame_has_huffman_tables_and_nothing_after_its_end():
    bare = without_huffman_tables(WHOLE) + b"\xff\xd8 old bytes"
    shown = jpeg.showable(bare)
    assert shown.endswith(EOI)
    with Image.open(io.BytesIO(shown)) as image, Image.open(io.BytesIO(WHOLE)) as original:
        assert image.tobytes() == original.tobytes()


def test_a_shown_frame_is_otherwise_untouched():
    assert jpeg.showable(WHOLE) == WHOLE
    assert jpeg.showable(b"no picture") == b"no picture"


@pytest.mark.parametrize("frame", [b"", b"\xff\xd8\xff", b"GIF89a"])
def test_what_has_no_header_has_no_size(frame: bytes):
    assert jpeg.size_of(frame) is None


def test_the_decoder_is_there():
    jpeg.require()


@settings(max_examples=200, deadline=1000)
@given(st.binary(max_size=300), st.integers(0, len(WHOLE)), st.integers(0, len(WHOLE)))
def test_any_bytes_get_a_verdict(junk: bytes, start: int, stop: int):
    frame = WHOLE[:start] + junk + WHOLE[stop:]
    verdict = jpeg.judge(frame)
    assert verdict.is_whole or verdict.reason
    jpeg.showable(frame)
    jpeg.size_of(frame)
