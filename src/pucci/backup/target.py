"""The file a backup is written to: there when it is whole, and never in the place of another one."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from pucci.album.files import PART, sync_folder
from pucci.errors import BackupError


@contextmanager
def writing(path: Path, *, force: bool = False) -> Iterator[IO[bytes]]:
    """Give a file to write to; it takes its name when the `with` block ends well, and is then on the disk.

    The part that a kill leaves is written over by the next try.

    Raises:
        BackupError: the name is taken and `force` is not given, or it cannot be written.
    """
    if not force:
        _must_be_free(path)
    part = path.with_name(f".{path.name}{PART}")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - opened with its mode from the first moment
            _be_alone(descriptor, path)
            os.ftruncate(descriptor, 0)
            try:
                yield file
                file.flush()
                os.fsync(descriptor)
                _name(part, path, force=force)
            except BaseException:
                part.unlink(missing_ok=True)
                raise
        sync_folder(path.parent)
    except OSError as error:
        raise BackupError(
            f"{path} cannot be written: {error.strerror}. Look at the disk, or name another place."
        ) from error


def _be_alone(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise BackupError(f"Another backup is being written to {path}. Wait until it is done.") from error


def _name(part: Path, path: Path, *, force: bool) -> None:
    if force:
        part.replace(path)
        return
    try:
        os.link(part, path)  # unlike a rename, never over another file
    except FileExistsError:
        _must_be_free(path)
    except OSError:  # FAT knows no links
        _must_be_free(path)
        part.rename(path)
    with contextlib.suppress(OSError):
        part.unlink(missing_ok=True)


def _must_be_free(path: Path) -> None:
    if os.path.lexists(path):
        raise BackupError(f"{path} is there already. Name another file, or add --force to write over it.")
