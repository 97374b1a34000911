"""The store: photos as files, in folders by camera and UTC day."""

import contextlib
import errno
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from pucci.errors import AlbumError

log = logging.getLogger(__name__)

# A file still being written, on file systems that cannot hide it (FAT, some network disks).
PART = ".part"


class Files:
    """Files under one folder. Names are relative, as in `Photo.file`, and made by us alone."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, name: str) -> Path:
        """Return where a file is."""
        return self._root / name

    def write(self, name: str, data: bytes) -> None:
        """Write a file so that, once this returns, neither a kill nor a power cut can undo it.

        The file appears under its name only when all its bytes are on the disk, and never in place of
        another one.

        Raises:
            AlbumError: the disk is full, read-only or failing; nothing is left behind.
        """
        path = self.path(name)
        try:
            self._make_folders(path.parent)
            self._write_whole(path, data)
            self._list(path)
        except OSError as error:
            raise AlbumError(f"The photo cannot be stored: {error.strerror}. Look at the disk.") from error

    def _write_whole(self, path: Path, data: bytes) -> None:
        try:
            # A file without a name: if we are killed now, the kernel takes it away.
            descriptor = os.open(path.parent, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o640)
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL, errno.ENOENT):
                raise
            self._write_part(path, data)
            return
        with open(descriptor, "wb") as file:  # noqa: PTH123 - it has no path yet
            file.write(data)
            file.flush()
            os.fsync(descriptor)
            # Only with a folder's descriptor does Python call linkat(2), which can follow the link.
            os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor, follow_symlinks=True)

    def _list(self, path: Path) -> None:
        """Put a new file's name on the disk; one that cannot be is no photo, and goes."""
        try:
            sync_folder(path.parent)
        except OSError:
            with contextlib.suppress(OSError):
                path.unlink()
            raise

    def _write_part(self, path: Path, data: bytes) -> None:
        part = path.with_name(f".{path.name}.{os.getpid()}{PART}")
        try:
            with part.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                raise FileExistsError(errno.EEXIST, "it is there already", str(path))
            part.rename(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _make_folders(self, folder: Path) -> None:
        missing: list[Path] = []
        while not folder.is_dir():
            missing.append(folder)
            folder = folder.parent
        for new in reversed(missing):
            new.mkdir(mode=0o750, exist_ok=True)
            sync_folder(new.parent)

    def remove(self, name: str) -> None:
        """Remove one file, and its day's folder once that is empty. A missing file is no error."""
        path = self.path(name)
        path.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            path.parent.rmdir()

    def size(self, name: str) -> int | None:
        """Return a file's size in bytes, None where there is none.

        Raises:
            OSError: the disk does not say.
        """
        try:
            return self.path(name).stat().st_size
        except (FileNotFoundError, NotADirectoryError):
            return None

    def is_gone(self, name: str) -> bool:
        """Whether a file is certainly not there. A disk that does not tell is for the log."""
        try:
            return self.size(name) is None
        except OSError as error:
            log.warning("%s cannot be looked at: %s.", name, error.strerror)
            return False

    def names(self, folder: str = "") -> Iterator[str]:
        """Yield the names of all files below a folder, in no order; links are not followed."""
        top = self._root / folder
        for where, _, files in os.walk(top):
            for file in files:
                yield os.path.relpath(os.path.join(where, file), self._root)  # noqa: PTH118


def sync_folder(folder: Path) -> None:
    """Put a folder's list of names on the disk."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
