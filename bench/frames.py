"""How many damaged frames get through, Pucci beside its peers; how many good ones do not; what it costs.

    PUCCI_PHOTOS=FOLDER python -m bench.frames [--kind test] [--first 0] [--rooms 410] [--good 340]

FOLDER is filled by bench/frames_photos.py. Peers are modelled from their source where they are
programs of many parts (fswebcam, ustreamer, Motion), and run where they are commands (ffmpeg, djpeg).
"""

import argparse
import copy
import io
import shutil
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable

from PIL import Image

from pucci import jpeg
from pucci.photo import State
from tests.jpeg import corpus, harm
from tests.jpeg.rooms import photo_paths

CUT = ("cut short", "cut, end marker appended", "tail of zeros", "512 bytes or more lost")


def pillow_verify(data: bytes) -> bool:
    """Whether Pillow's verify() finds nothing."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.verify()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def pillow_load(data: bytes) -> bool:
    """Whether Pillow decodes it."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def fswebcam(data: bytes) -> bool:
    """Whether gd would take it: it decodes as far as it can and asks no more."""
    return data[:2] == b"\xff\xd8" and harm.decoded(data) is not None


def ustreamer(data: bytes) -> bool:
    """Its check (device.c): start marker, more than 125 bytes, and an end of FFD9, D900 or 0000."""
    return (
        len(data) >= 125 and data[:2] == b"\xff\xd8" and data[-2:] in (b"\xff\xd9", b"\xd9\x00", b"\x00\x00")
    )


def motion(data: bytes) -> bool:
    """Its check (jpegutils.c): up to two libjpeg warnings pass, "extraneous bytes" not counted.

    libjpeg says only once that the data ended early, so a cut frame has one warning.
    """
    return harm.decoded(data) is not None


def _command(words: list[str]) -> Callable[[bytes], bool] | None:
    if not shutil.which(words[0]):
        return None
    return lambda data: (
        not subprocess.run(words, input=data, capture_output=True, check=False, timeout=20).returncode
    )


def peers(*, programs: bool) -> dict[str, Callable[[bytes], bool]]:
    """Return each peer's check: True where it takes the frame as good."""
    checks: dict[str, Callable[[bytes], bool] | None] = {
        "Pillow verify": pillow_verify,
        "Pillow load": pillow_load,
        "fswebcam": fswebcam,
        "ustreamer": ustreamer,
        "Motion": motion,
    }
    if programs:
        ffmpeg = [
            "ffmpeg",
            "-v",
            "error",
            "-xerror",
            "-err_detect",
            "explode",
            "-f",
            "mjpeg",
            "-i",
            "-",
            "-f",
            "null",
            "-",
        ]
        checks["ffmpeg explode"] = _command(ffmpeg)
        checks["djpeg"] = _command(["djpeg", "-grayscale", "-scale", "1/8"])
    return {name: check for name, check in checks.items() if check}


def witness_of(before: tuple[bytes, ...], *, deep: bool) -> jpeg.Witness:
    """Return a witness that has taken the frames before."""
    witness = jpeg.Witness()
    for frame in before:
        if not witness.judge(frame, deep=deep).is_whole:
            witness.judge(frame, deep=deep)
    return witness


class Experienced:
    """Witnesses that know a room, made once for each series of frames."""

    def __init__(self) -> None:
        self._known: tuple[bytes, ...] = ()
        self._witnesses: dict[bool, jpeg.Witness] = {}

    def takes(self, case: corpus.Case, *, deep: bool) -> bool:
        """Whether a witness that has seen the frames before takes the damaged one as whole."""
        if case.before != self._known:
            self._known = case.before
            self._witnesses = {way: witness_of(case.before, deep=way) for way in (False, True)}
        return copy.deepcopy(self._witnesses[deep]).judge(case.frame, deep=deep).is_whole


def damaged(kind: str, seeds: range, checks: dict[str, Callable[[bytes], bool]]) -> None:
    """Print for every kind of damage the percentage that each check takes."""
    taken: dict[str, Counter[str]] = defaultdict(Counter)
    total: Counter[str] = Counter()
    missed = []
    experienced = Experienced()
    for seed in seeds:
        for case in corpus.cases_of(kind, seed):
            total[case.kind] += 1
            taken["Pucci, alone"][case.kind] += jpeg.judge(case.frame).is_whole
            taken["Pucci"][case.kind] += experienced.takes(case, deep=False)
            if experienced.takes(case, deep=True):
                taken["Pucci, photos"][case.kind] += 1
                missed.append((case.kind, seed, round(case.visibility)))
            if total[case.kind] <= 60:
                for name, check in checks.items():
                    taken[name][case.kind] += check(case.frame)
    print(f"Visibly damaged frames taken as good, percent ({kind} photos; peers on the first 60 of each)\n")
    names = ["Pucci, photos", "Pucci", "Pucci, alone", *checks]
    print(f"{'':28}{'cases':>6}  " + "  ".join(names))
    for kind_of_harm, count in total.items():
        cells = [
            f"{100 * taken[name][kind_of_harm] / (min(count, 60) if name in checks else count):.1f}".rjust(
                len(name)
            )
            for name in names
        ]
        print(f"{kind_of_harm:28}{count:6}  " + "  ".join(cells))
    for title, kinds in (("own bytes", list(harm.BYTES)), ("cut, zeros, 512 lost", list(CUT)),
                         ("encoded again", [*harm.PICTURES, "decoded loss"])):  # fmt: skip
        count = sum(total[k] for k in kinds)
        for name in names[:3]:
            got = sum(taken[name][k] for k in kinds)
            print(f"{title}: {name} takes {got} of {count}, {100 * got / count:.2f} %")
    print("missed:", *missed, sep="\n  ") if missed else None


def good(kind: str, seeds: range, checks: dict[str, Callable[[bytes], bool]]) -> None:
    """Print how many good frames are refused or suspected."""
    verdicts: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    total = 0
    for seed in seeds:
        room, frames = corpus.good_series(kind, seed)
        witness = jpeg.Witness()
        for number, frame in enumerate(frames):
            total += 1
            verdict = witness.judge(frame, deep=True)
            verdicts[verdict.state] += 1
            if not verdict.is_whole:
                print("  not whole:", seed, number, room.light, verdict.reasons)
            if number == 0:
                for name, check in checks.items():
                    refused[name] += not check(frame)
    print(f"\n{total} good frames: {verdicts[State.DAMAGED]} refused, {verdicts[State.SUSPECT]} suspected")
    for name, count in refused.items():
        print(f"  {name} refuses {count} of {len(seeds)}")


def cost(kind: str) -> None:
    """Print CPU milliseconds of frames of 640 × 480, and the memory of this process's like."""
    rooms = [corpus.good_series(kind, seed) for seed in range(120)]
    rooms = [(room, frames) for room, frames in rooms if room.habits.width == 640]
    print(f"\nCPU milliseconds a 640 × 480 frame ({len(rooms)} cameras):")
    for name, deep in (("everyday", False), ("photos", True)):
        spent, count = 0.0, 0
        for _, frames in rooms:
            witness = jpeg.Witness()
            witness.judge(frames[0], deep=deep)
            start = time.process_time()
            for frame in frames[1:]:
                witness.judge(frame, deep=deep)
            spent, count = spent + time.process_time() - start, count + len(frames) - 1
        print(f"  {name}: {1000 * spent / count:.2f}")
    memory = (
        "import sys; from pucci import jpeg; w = jpeg.Witness();"
        "d = sys.stdin.buffer.read(); w.judge(d); w.judge(d[:9000]); w.judge(d);"
        "print(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmHWM')))"
    )
    words = [sys.executable, "-c", memory]
    peak = (
        subprocess.run(words, input=rooms[0][1][0], capture_output=True, check=True).stdout.decode().strip()
    )
    print(f"  memory of a process that judges: {int(peak) / 1024:.1f} MB")


def main() -> None:
    """Run all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kind", default="test", choices=("tuning", "test"))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--rooms", type=int, default=410)
    parser.add_argument("--good", type=int, default=340)
    parser.add_argument("--no-programs", action="store_true")
    given = parser.parse_args()
    if not photo_paths(given.kind):
        print("No photos (set PUCCI_PHOTOS, see bench/frames_photos.py): drawn rooms instead.")
    checks = peers(programs=not given.no_programs)
    damaged(given.kind, range(given.first, given.first + given.rooms), checks)
    good(given.kind, range(given.first, given.first + given.good), checks)
    cost(given.kind)


if __name__ == "__main__":
    main()
