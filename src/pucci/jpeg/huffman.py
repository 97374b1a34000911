"""A walk through every code of the scan: for frames kept as photos.

A decoder forgives what no encoder writes: up to eight bytes left over before a restart marker,
coefficients after the 63rd, a level that no picture has. Each tells of a decoder that lost its way
and found it again. In Python this costs about 1 ms for a kilobyte on an x86 core.
"""

import re
from itertools import cycle
from typing import Final

from pucci.jpeg.limits import MOST_WALKED_BLOCKS, MOST_WALKED_BYTES
from pucci.jpeg.markers import DATA_LOST, Layout
from pucci.jpeg.tables import STANDARD

_RESTART: Final = re.compile(rb"\xff+[\xd0-\xd7]")
_BLOCK: Final = 64
_BLOCK_ENDS: Final = 1000
_WRONG: Final = 500
# Levels are differences from mid-grey times 8, divided by the quantiser (T.81, A.3.3).
_HIGHEST_LEVEL: Final = 1024


class _Wrong(Exception):
    """The walk met what no encoder writes."""


def fault(data: bytes, layout: Layout) -> str:
    """Return why the scan of a decodable frame cannot be as it was written, or an empty string."""
    across, down = layout.mcu_grid
    left = across * down
    blocks = sum(component[1] * component[2] for component in layout.components)
    if layout.scan_end - layout.scan > MOST_WALKED_BYTES or left * blocks > MOST_WALKED_BLOCKS:
        return ""
    interval = layout.restart_interval or left
    tables = _plan(layout)
    try:
        for part in _RESTART.split(data[layout.scan : layout.scan_end]):
            _walk(part.replace(b"\xff\x00", b"\xff"), min(interval, left), tables)
            left -= interval
    except (_Wrong, IndexError):
        return DATA_LOST
    return ""


Step = tuple[int, list[int], list[int], int]


def _plan(layout: Layout) -> list[Step]:
    """Return for each block of a coded unit: its component, DC and AC codes, and its highest level."""
    huffman = layout.huffman or STANDARD
    plan: list[Step] = []
    for number, (component, names) in enumerate(zip(layout.components, layout.scan_tables, strict=True)):
        blocks = component[1] * component[2] if len(layout.components) > 1 else 1
        highest = _HIGHEST_LEVEL // layout.quantisers[component[3]][0] + 2
        dc, ac = _level_codes(huffman[names >> 4]), _coefficient_codes(huffman[16 + (names & 15)])
        plan += [(number, dc, ac, highest)] * blocks
    return plan


def _codes(table: bytes) -> list[tuple[int, int]]:
    """Return the length and symbol of each code, in the order of the codes (T.81, annex C)."""
    lengths = [length + 1 for length, count in enumerate(table[:16]) for _ in range(count)]
    return list(zip(lengths, table[16:], strict=True))


def _level_codes(table: bytes) -> list[int]:
    """Return for the next 16 bits: code length × 256 + bits of the value; _WRONG for no code."""
    found: list[int] = []
    for length, size in _codes(table):
        found += [length << 8 | size] * (1 << 16 - length)
    return found + [_WRONG << 8] * (65536 - len(found))


def _coefficient_codes(table: bytes) -> list[int]:
    """Return for the next 16 bits: coefficients passed × 256 + bits taken, the value's included."""
    found: list[int] = []
    for length, symbol in _codes(table):
        run, size = symbol >> 4, symbol & 15
        passed = run + 1 if size or run == 15 else _BLOCK_ENDS
        found += [passed << 8 | length + size] * (1 << 16 - length)
    return found + [_WRONG << 8] * (65536 - len(found))


def _walk(bits: bytes, units: int, plan: list[Step]) -> None:
    """Walk through the blocks of one restart interval; it must end within the last byte."""
    end = 8 * len(bits)
    bits += b"\xff\xff\xff\xff"
    at = 0
    levels = [0, 0, 0]
    steps = cycle(plan)
    for _ in range(units * len(plan)):
        component, dc, ac, highest = next(steps)
        at, difference = _level(bits, at, dc)
        levels[component] += difference
        if not -highest <= levels[component] <= highest:
            raise _Wrong
        passed = 1
        while passed < _BLOCK:
            i = at >> 3
            code = ac[(bits[i] << 16 | bits[i + 1] << 8 | bits[i + 2]) >> 8 - (at & 7) & 0xFFFF]
            at += code & 255
            passed += code >> 8
        if _BLOCK < passed < _BLOCK_ENDS:
            raise _Wrong
    if not 0 <= end - at < 8:
        raise _Wrong


def _level(bits: bytes, at: int, dc: list[int]) -> tuple[int, int]:
    """Return where the coefficients begin, and the difference of level from the block before."""
    i = at >> 3
    window = bits[i] << 24 | bits[i + 1] << 16 | bits[i + 2] << 8 | bits[i + 3]
    code = dc[window >> 16 - (at & 7) & 0xFFFF]
    length, size = code >> 8, code & 255
    if not size:
        if length == _WRONG:
            raise _Wrong
        return at + length, 0
    value = window >> 32 - (at & 7) - length - size & (1 << size) - 1
    return at + length + size, value if value >> size - 1 else value - (1 << size) + 1
