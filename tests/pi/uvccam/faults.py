"""What goes wrong with a frame on its way from a camera: bytes in, bytes out.

Every fault is a function of the frame, the frame before it, the dice and the command's words.
"""

import struct
from collections.abc import Callable, Sequence
from random import Random

Fault = Callable[[bytes, bytes, Random, Sequence[str]], bytes]


def truncate(jpeg: bytes, _before: bytes, _dice: Random, words: Sequence[str]) -> bytes:
    """Keep the first so many percent."""
    return jpeg[: int(len(jpeg) * float(words[0]) / 100)]


def corrupt(jpeg: bytes, _before: bytes, dice: Random, words: Sequence[str]) -> bytes:
    """Change so many bytes of the second half."""
    changed = bytearray(jpeg)
    for _ in range(int(words[0])):
        changed[dice.randrange(len(changed) // 2, len(changed))] ^= dice.randrange(1, 256)
    return bytes(changed)


def zero_tail(jpeg: bytes, _before: bytes, _dice: Random, words: Sequence[str]) -> bytes:
    """Make the last so many percent zeros, as after a power cut."""
    good = len(jpeg) - int(len(jpeg) * float(words[0]) / 100)
    return jpeg[:good] + bytes(len(jpeg) - good)


def lose(jpeg: bytes, _before: bytes, dice: Random, words: Sequence[str]) -> bytes:
    """Leave out so many bytes (a USB packet is 512) somewhere past the headers."""
    missing = int(words[0])
    at = dice.randrange(len(jpeg) // 3, max(len(jpeg) - missing, len(jpeg) // 3 + 1))
    return jpeg[:at] + jpeg[at + missing :]


def tear(jpeg: bytes, before: bytes, _dice: Random, _words: Sequence[str]) -> bytes:
    """Let the second half be that of the frame before."""
    return jpeg[: len(jpeg) // 2] + before[len(before) // 2 :]


def drop_end(jpeg: bytes, _before: bytes, _dice: Random, _words: Sequence[str]) -> bytes:
    """Leave out the end marker."""
    return jpeg[:-2]


def drop_tables(jpeg: bytes, _before: bytes, _dice: Random, _words: Sequence[str]) -> bytes:
    """Leave out the Huffman tables, as MJPEG allows: every decoder knows the standard ones."""
    out, at = bytearray(jpeg[:2]), 2
    while jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", jpeg, at + 2)
        if jpeg[at + 1] != 0xC4:
            out += jpeg[at : at + 2 + length]
        at += 2 + length
    return bytes(out) + jpeg[at:]


def garbage(jpeg: bytes, _before: bytes, dice: Random, _words: Sequence[str]) -> bytes:
    """Send as many random bytes."""
    return dice.randbytes(len(jpeg))


def empty(_jpeg: bytes, _before: bytes, _dice: Random, _words: Sequence[str]) -> bytes:
    """Send a frame of no bytes."""
    return b""


FAULTS: dict[str, Fault] = {
    "truncate": truncate,
    "corrupt": corrupt,
    "zerotail": zero_tail,
    "lost": lose,
    "torn": tear,
    "noeoi": drop_end,
    "nodht": drop_tables,
    "garbage": garbage,
    "empty": empty,
}


def mixed(seed: str, percent: float, number: int) -> tuple[str, list[str]] | None:
    """Return the fault that frame `number` of a mix has, with its words, or None for a good frame.

    The same seed breaks the same frames in the same ways. Left out are a torn frame and few changed
    bytes: of those one in ten decodes without a murmur, so that a test with a mix would be a lottery.
    """
    dice = Random(f"{seed}/{number}")
    if dice.random() * 100 >= percent:
        return None
    kind = dice.choice(("truncate", "corrupt", "zerotail", "lost", "noeoi", "garbage", "empty"))
    words = {
        "truncate": [str(dice.randrange(2, 98))],
        "corrupt": [str(dice.randrange(200, 400))],
        "zerotail": [str(dice.randrange(2, 98))],
        "lost": [str(512 * dice.randrange(1, 9))],
    }
    return kind, words.get(kind, [])
