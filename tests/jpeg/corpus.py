"""The frames that Pucci is measured on: good series, and every kind of harm, all from seeds."""

import random
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops

from tests.jpeg import harm
from tests.jpeg.rooms import Room, room

# Damage is visible where a square of 16 pixels differs by more than this, of 255, on average; in a
# picture that is nothing but noise, by more than this above what its noise differs by from frame to frame.
VISIBLE = 8.0
NOISE_TO_DIFFERENCE = 1.13


@dataclass(frozen=True)
class Case:
    """One damaged frame with the good ones round it."""

    kind: str
    room: Room
    before: tuple[bytes, ...]
    frame: bytes
    after: tuple[bytes, ...]
    visibility: float
    proves: bool = True


def difference(one: Image.Image | None, other: Image.Image | None) -> float:
    """Return the largest mean difference of any square of 16 pixels, in any colour; 255 for no picture."""
    if one is None or other is None or one.size != other.size:
        return 255.0
    squares = ImageChops.difference(one, other).reduce(16)
    return float(max(squares.tobytes()))


def good_series(kind: str, seed: int, length: int = 6) -> tuple[Room, list[bytes]]:
    """Return a room and its frames in order."""
    here = room(seed, kind)
    return here, [here.frame(i) for i in range(length)]


def cases_of(kind: str, seed: int, kinds: tuple[str, ...] = ()) -> Iterator[Case]:
    """Yield every kind of harm done to one room's fourth frame, visible or not."""
    here, frames = good_series(kind, seed)
    before, good, after = tuple(frames[:3]), frames[3], tuple(frames[4:])
    picture = harm.decoded(good)
    least = VISIBLE + (NOISE_TO_DIFFERENCE * here.sigma if here.light == "noise" else 0)
    for name, do in harm.BYTES.items():
        if kinds and name not in kinds:
            continue
        dice = random.Random(f"{kind} {seed} {name}")
        for _ in range(4):
            bad = do(good, frames[2], dice)
            seen = difference(picture, harm.decoded(bad))
            if seen > least:
                yield Case(name, here, before, bad, after, seen)
                break
    yield from _encoded_again(kind, seed, here, frames, kinds)


def _encoded_again(
    kind: str, seed: int, here: Room, frames: list[bytes], kinds: tuple[str, ...]
) -> Iterator[Case]:
    wanted = [name for name in (*harm.PICTURES, "decoded loss") if not kinds or name in kinds]
    # Noise in place of noise cannot be seen, though every square differs.
    if not wanted or here.light == "noise":
        return
    pictures = [image for image in map(harm.decoded, frames) if image]
    again = [harm.encoded_again(image, here.habits) for image in pictures]
    for name in wanted:
        dice = random.Random(f"{kind} {seed} {name}")
        for _ in range(4):
            if name == "decoded loss":
                how = dice.choice((harm.lost_much, harm.cut_with_end, harm.lost_little, harm.chunk_zeroed))
                bad = harm.decoded(how(frames[3], frames[2], dice))
            else:
                bad = harm.PICTURES[name](pictures[3], pictures[2], dice)
            seen = difference(pictures[3], bad)
            if bad and seen > VISIBLE:
                data = harm.encoded_again(bad, here.habits)
                yield Case(name, here, tuple(again[:3]), data, tuple(again[4:]), seen, proves=False)
                break
