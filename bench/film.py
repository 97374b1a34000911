"""What a film of 4,320 photos costs: time, peak memory of everything that runs for it, and its size.

    .venv/bin/python -m bench.film [--photos 4320] [--keep film.mp4]

The photos are 640 × 480, of about 30 KB: the drawn dog's day, each with a webcam's noise of its own. The
film is made once by `pucci film`, in a tree of its own, and once by `pucci serve`, as every night, beside
its camera and its site. Memory is the PSS of the whole tree, looked at twenty times a second; what the tree
has at rest is in it.
"""

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.serve import pss_mb, serving
from pucci.album.bulk import Bulk, Drawn
from pucci.album.films import Kind
from pucci.cameras.scene import Painter
from pucci.services import Services, build
from pucci.settings import CameraSettings, ClockSettings, Settings

A_DAY: Final = 288
STEP: Final = timedelta(minutes=5)
WIDTH, HEIGHT = 640, 480
# As a cheap webcam's by lamp light; it is what makes a photo 30 KB.
NOISE: Final = 3
FIELDS: Final = 16
LOOK_S: Final = 0.05
LIMIT_S: Final = 1800


def opened(folder: Path) -> Services:
    return build(
        Settings(
            data_dir=folder,
            cameras={"sofa": CameraSettings(driver="synthetic")},
            clock=ClockSettings(timezone="UTC", trust="always"),
        )
    )


def noisy(picture: bytes, count: int, fields: list) -> Iterator[bytes]:  # type: ignore[type-arg]
    """Yield a picture so many times, each with another noise."""
    from PIL import Image, ImageChops

    with Image.open(io.BytesIO(picture)) as image:
        plain = image.convert("RGB")
    for number in range(count):
        field = ImageChops.offset(fields[number % len(fields)], 37 * number, 53 * number)
        out = io.BytesIO()
        ImageChops.add(plain, field, 1, -128).save(out, "JPEG", quality=52)
        yield out.getvalue()


def furnish(folder: Path, start: datetime, count: int) -> None:
    """Fill an album (in a process of its own: the pictures are held until all are drawn)."""
    from PIL import Image

    fields = [Image.effect_noise((WIDTH, HEIGHT), NOISE).convert("RGB") for _ in range(FIELDS)]
    painter, days = Painter("sofa", WIDTH, HEIGHT), -(-count // A_DAY)
    drawn: dict[datetime, bytes] = {}
    for slot in range(min(A_DAY, count)):
        picture = painter.paint(start + STEP * slot, stamped=False)
        for day, data in enumerate(noisy(picture, days, fields)):
            drawn[start + STEP * (slot + A_DAY * day)] = data
    services = opened(folder)
    bulk = Bulk(services.db, services.album.files, "sofa", slots_since=start + STEP * len(drawn))
    bulk.fill(Drawn(at, drawn[at], WIDTH, HEIGHT) for at in sorted(drawn)[:count])
    services.close()


def tree(pid: int) -> list[int]:
    """Return a process and all its descendants."""
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            found += [int(child) for child in task.read_text().split()]
    return found


def each(pids: list[int]) -> dict[bytes, float]:
    """Return the PSS by command line: between vfork(2) and exec a child has its parent's, and its memory."""
    return {Path(f"/proc/{pid}/cmdline").read_bytes(): pss_mb(pid) for pid in pids}


def peak(pid: int, is_done: Callable[[], bool]) -> float:
    """Return the most memory a tree had until it was done, in MB."""
    most, end = 0.0, time.monotonic() + LIMIT_S
    while not is_done() and time.monotonic() < end:
        with contextlib.suppress(OSError, AssertionError):  # one of them ended while it was looked at
            most = max(most, sum(each(tree(pid)).values()))
        time.sleep(LOOK_S)
    return most


def by_command(folder: Path, output: Path, first: datetime, last: datetime) -> tuple[float, float]:
    """Make the film by `pucci film`; return seconds and MB."""
    command = [sys.executable, "-m", "pucci", "film", "sofa", "--output", str(output)]
    span = ["--from", first.date().isoformat(), "--to", last.date().isoformat()]
    settings = {"PUCCI_CAMERAS_SOFA_DRIVER": "synthetic", "PUCCI_CLOCK_TIMEZONE": "UTC"}
    environ = {**os.environ, **settings, "PUCCI_DATA_DIR": str(folder)}
    begun = time.monotonic()
    with subprocess.Popen([*command, *span], env=environ, stderr=subprocess.DEVNULL) as child:
        most = peak(child.pid, lambda: child.poll() is not None)
    assert child.returncode == 0, child.returncode
    return time.monotonic() - begun, most


def by_server(folder: Path, first: datetime, last: datetime) -> tuple[float, float, int]:
    """Let `pucci serve` make the film; return seconds, MB, and the film's bytes."""
    services = opened(folder)
    films = services.album.films
    wanted = films.want("sofa", Kind.SPAN, first, last + STEP)

    def is_done() -> bool:
        found = films.film(wanted.id)
        return found is None or not found.is_under_way

    # A camera that costs nothing: the drawn dog, who is no part of a film, would be painted here.
    photo = next(folder.rglob("*.jpg"))
    camera = {"PUCCI_CAMERAS_SOFA_DRIVER": "command", "PUCCI_CAMERAS_SOFA_DEVICE": f"cat {photo}"}
    with serving(str(folder), **camera) as (pid, _, _):
        begun = time.monotonic()
        most = peak(pid, is_done)
        seconds = time.monotonic() - begun
    made = films.film(wanted.id)
    services.close()
    assert made is not None
    assert made.is_done, made.reason
    return seconds, most, made.size


def said(path: Path) -> str:
    """Return what ffprobe says of a film: pictures, size, seconds."""
    entries = "stream=codec_name,profile,width,height,pix_fmt,nb_frames:format=duration"
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "csv=p=0", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.replace("\n", " ")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--photos", type=int, default=15 * A_DAY)
    parser.add_argument("--keep", type=Path, help="Keep the film, to look at it.")
    parser.add_argument("--furnish", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    count, today = options.photos, datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=-(-count // A_DAY))
    last = first + STEP * (count - 1)
    if options.furnish:
        furnish(options.furnish, first, count)
        return
    with tempfile.TemporaryDirectory() as where:
        folder, output = Path(where) / "data", Path(where) / "film.mp4"
        again = [sys.executable, "-m", "bench.film", "--photos", str(count), "--furnish", str(folder)]
        subprocess.run(again, check=True)
        photos = sum(one.stat().st_size for one in folder.rglob("*.jpg"))
        seconds, most = by_command(folder, output, first, last)
        size = output.stat().st_size
        print(f"{count} photos of {photos / count / 1000:.1f} KB; {said(output)}", file=sys.stderr)
        served_s, served_mb, served_size = by_server(folder, first, last)
        if options.keep:
            shutil.copy(output, options.keep)
    print(f"| A film of {count:,} photos | Time | Peak memory | Size |\n| --- | --- | --- | --- |")
    print(f"| `pucci film` | {seconds:.0f} s | {most:.0f} MB | {size / 1e6:.1f} MB |")
    print(
        f"| `pucci serve`, with camera and site | {served_s:.0f} s | {served_mb:.0f} MB "
        f"| {served_size / 1e6:.1f} MB |"
    )


if __name__ == "__main__":
    main()
