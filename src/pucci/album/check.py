"""Does the album keep its promises? `pucci check-album` asks here, and repairs when told to."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pucci import jpeg
from pucci.album.album import Album
from pucci.album.files import PART
from pucci.album.film import Film
from pucci.album.filmfiles import shape_of
from pucci.album.names import parse
from pucci.errors import Busy
from pucci.photo import Photo

_CUT_OFF = "a write was cut off here; it is no photo and does no harm"
_NOT_OURS = "its name is none of Pucci's; it is left where it is"
_NO_FILE = "its row is there, its file is gone"
_BLOCK: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Finding:
    """One broken promise: the invariant's number, the file, what is wrong, and what was done."""

    invariant: str
    file: str
    problem: str
    repaired: str = ""
    is_broken: bool = True

    def __str__(self) -> str:
        """Return the finding as one line."""
        done = f" {self.repaired}" if self.repaired else ""
        return f"{self.invariant} {self.file}: {self.problem}.{done}"


def check(album: Album, *, repair: bool = False, tick: Callable[[], None] = lambda: None) -> list[Finding]:
    """Hold every row against its file and every file against its row; `tick` is called for each photo.

    With `repair`, whole stray photos and films get their row, rows without a file go, and damaged files are
    set aside beside the album, never deleted.
    """
    findings = [found for photo in album.all_photos() if (found := _check_photo(album, photo, repair, tick))]
    findings += [_stray(album, name, repair) for name in album.strays()]
    findings += [_no_photo(name) for name in sorted(album.files.names()) if not parse(name)]
    findings += [found for film in album.films.done() if (found := _check_film(album, film, repair))]
    findings += [_stray_film(album, name, repair) for name in album.films.strays()]
    return findings


def _no_photo(name: str) -> Finding:
    """Say what a file is whose name is no photo's; nothing reads it, and nothing is done to it."""
    return Finding("S2", name, _CUT_OFF if name.endswith(PART) else _NOT_OURS, is_broken=False)


def _check_film(album: Album, film: Film, repair: bool) -> Finding | None:
    name, path = f"films/{film.file}", album.films.path(film)
    try:
        with path.open("rb") as file:
            while file.read(_BLOCK):
                pass
        whole = path.stat().st_size == film.size and shape_of(path) is not None
    except FileNotFoundError:
        if repair:
            album.films.drop_row(film)
        return Finding("S1", name, _NO_FILE, "Row dropped." if repair else "")
    except OSError as error:  # a failing card; it may be read another time
        return Finding("S1", name, f"it cannot be read: {error.strerror}")
    if whole:
        return None
    done = ""
    if repair:
        aside = _set_aside(path, album.films.folder)
        album.films.drop_row(film)
        done = f"Set aside as {aside}, row dropped."
    return Finding("S1", name, "damaged on the disk", done)


def _stray_film(album: Album, name: str, repair: bool) -> Finding:
    where = f"films/{name}"
    if album.films.is_awaited(name):
        waits = "a stop came just before its row; it is finished when Pucci starts"
        return Finding("S2", where, waits, is_broken=False)
    if not repair:
        return Finding("S2", where, "no row knows this film")
    try:
        with album.films.only_one():
            adopted = album.films.adopt(name)
    except Busy:
        return Finding("S2", where, "no row knows this film", "Left: a film is just being made. Try again.")
    if adopted is None:
        return Finding("S2", where, "no row knows this film", "Left where it is: not whole.")
    return Finding("S2", where, "no row knew this film", "Adopted.")


def _check_photo(album: Album, photo: Photo, repair: bool, tick: Callable[[], None]) -> Finding | None:
    tick()
    try:
        data = album.path(photo).read_bytes()
    except FileNotFoundError:
        if repair:
            album.drop_row(photo)
        return Finding("S1", photo.file, _NO_FILE, "Row dropped." if repair else "")
    except OSError as error:  # a failing card; it may be read another time
        return Finding("S1", photo.file, f"it cannot be read: {error.strerror}")
    problem = fault_in(photo, data)
    if not problem:
        return None
    done = ""
    if repair:
        aside = _set_aside(album.path(photo), album.files.path(""))
        album.drop_row(photo)
        done = f"Set aside as {aside}, row dropped."
    return Finding("S1", photo.file, problem, done)


def fault_in(photo: Photo, data: bytes) -> str:
    """Return what is wrong with the bytes of a photo's file, empty for nothing."""
    if len(data) == photo.size and photo.sequence <= 0 and not photo.proved:
        return ""  # the owner looked at it, and said that it is fine: see Album.admit
    verdict = jpeg.judge(data)
    # What is let pass for a camera is let pass in its photos.
    if not verdict.is_whole and verdict.reason not in jpeg.MAY_BE_HARMLESS:
        return f"damaged on the disk, {verdict.reason}"
    return "" if len(data) == photo.size else "its size is not what was stored"


def _set_aside(path: Path, root: Path) -> Path:
    folder = root.parent / "set-aside"
    folder.mkdir(exist_ok=True, mode=0o750)
    target = folder / "-".join(path.relative_to(root).parts)
    path.rename(target)
    return target


def _stray(album: Album, name: str, repair: bool) -> Finding:
    if repair and album.adopt(name):
        return Finding("S2", name, "no row knew this photo", "Adopted.")
    return Finding("S2", name, "no row knows this photo", "Left where it is: not whole." if repair else "")
