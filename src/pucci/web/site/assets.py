"""Style, icons and drawings: read once, small enough to stay in memory, packed where that helps."""

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).with_name("static")
_TEXT: Final = {".css", ".svg", ".js"}


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes that are the same for everyone; `packed` is their gzip, None where that gains nothing."""

    body: bytes
    kind: str
    version: str
    packed: bytes | None = None


class Assets:
    """The files of one folder, by their names below it."""

    def __init__(self, folder: Path = FOLDER) -> None:
        paths = (path for path in folder.rglob("*") if path.is_file())
        self._files = {path.relative_to(folder).as_posix(): _read(path) for path in paths}

    def get(self, name: str) -> Content | None:
        """Return a file, None where there is none of this name."""
        return self._files.get(name)

    def address(self, name: str) -> str:
        """Return a file's address, which changes when its bytes do."""
        return f"/static/{name}?v={self._files[name].version}"


def content(body: bytes, kind: str, *, packed: bool) -> Content:
    """Return bytes with their version, packed if asked for."""
    version = hashlib.sha256(body).hexdigest()[:12]
    # No time inside, so that the same bytes always pack to the same.
    return Content(body, kind, version, gzip.compress(body, 9, mtime=0) if packed else None)


def _read(path: Path) -> Content:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return content(path.read_bytes(), kind, packed=path.suffix in _TEXT)
