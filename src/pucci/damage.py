"""Is SQLite's file damaged? What says so, how it is looked at, and the mark by which the next start knows.

Two looks: `seen` at every start, which reads a few pages, so that 100,000 photos cost a start no second; and
`read_whole`, by night, and at a start after a process met damage.
"""

import fcntl
import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.parse import quote

from pucci.errors import DatabaseDamaged

log = logging.getLogger(__name__)

# https://sqlite.org/rescode.html: the pages do not fit together, or this is no database at all.
_CODES: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# Bytes that are read whole at every start: 0.05 s on a desk's machine, some 0.7 s on a Pi Zero.
_SMALL: Final = 2**20
# So often met since all was last found sound: then it is damaged, whatever is read.
_TOO_OFTEN: Final = 3
_BUSY_S: Final = 20


def is_damage(error: BaseException | None) -> bool:
    """Whether an error of SQLite's says that the file is damaged, and not busy, full or out of reach."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and code & 0xFF in _CODES


def read_whole(file: Path) -> str:
    """Read all of a database by PRAGMA integrity_check; return what is wrong, "" where nothing is.

    Unlike quick_check it holds each index against its table: bytes that changed within a page are often found
    by nothing else.

    Raises:
        sqlite3.Error: it cannot be looked at: it is busy, or out of reach.
    """
    try:
        with closing(_connect(file, "ro")) as connection:
            return _read_all(connection)
    except sqlite3.DatabaseError as error:
        return _words(error)
    except UnicodeDecodeError as error:
        return str(error)


def seen(file: Path) -> str:
    """Look at a database's header, size, and both ends of each table; return what is wrong, "" for nothing.

    A small one is read whole. What can only be busy or out of reach is no damage.
    """
    try:
        if file.stat().st_size == 0:
            return ""  # a new one is made in it
        with closing(_connect(file, "rw")) as connection:
            return _glance(connection, file)
    except sqlite3.DatabaseError as error:
        return _words(error) if is_damage(error) else ""
    except UnicodeDecodeError as error:  # not even what SQLite says of it is text
        return str(error)
    except OSError:
        return ""


def _glance(connection: sqlite3.Connection, file: Path) -> str:
    connection.execute("SELECT * FROM sqlite_master").fetchall()
    pages, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    there = sum(path.stat().st_size for path in (file, log_of(file)) if path.exists())
    if pages * size > there:
        return f"it ends after {there} of {pages * size} bytes"
    if pages * size <= _SMALL:
        return _read_all(connection)
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    for (table,) in connection.execute(query).fetchall():
        for order in ("", "DESC"):
            connection.execute(f'SELECT * FROM "{table}" ORDER BY rowid {order} LIMIT 1').fetchall()  # noqa: S608
    return ""


def _read_all(connection: sqlite3.Connection) -> str:
    said = str(connection.execute("PRAGMA integrity_check(1)").fetchone()[0])
    return "" if said == "ok" else said.splitlines()[-1]


def uri_of(file: Path, mode: str = "ro") -> str:
    """Return a database's address for SQLite (https://sqlite.org/uri.html), by itself for reading alone."""
    return f"file:{quote(str(file))}?mode={mode}"


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(uri_of(file, mode), uri=True, timeout=_BUSY_S, isolation_level=None)


def _words(error: sqlite3.Error) -> str:
    """Return what a damaged file made SQLite say.

    Raises:
        sqlite3.Error: it was no damage.
    """
    if not is_damage(error):
        raise error
    return str(error)


def log_of(file: Path) -> Path:
    """Return where SQLite's write-ahead log is."""
    return file.with_name(f"{file.name}-wal")


# -- the lock ----------------------------------------------------------------------------------------


def lock_of(file: Path) -> Path:
    """Return the file whose lock whoever makes a database anew holds alone."""
    return file.with_name("recovery.lock")


@contextmanager
def unhealed(file: Path) -> Iterator[None]:
    """Let nobody make a database anew in a `with` block.

    Raises:
        DatabaseDamaged: somebody is at it.
    """
    with ExitStack() as stack:
        try:
            descriptor = os.open(lock_of(file), os.O_RDONLY | os.O_CLOEXEC)
            stack.callback(os.close, descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise DatabaseDamaged("it is being made anew just now", todo="Wait some minutes.") from error
        except OSError:
            pass  # nobody ever was
        yield


# -- the mark ----------------------------------------------------------------------------------------


def mark_of(file: Path) -> Path:
    """Return where it is noted that a process met damage: a byte for each time."""
    return file.with_name(f"{file.name}.doubted")


def mark(file: Path) -> None:
    """Note that a query met damage, so that the next start reads all. A disk that refuses it is no error."""
    with suppress(OSError):
        descriptor = os.open(mark_of(file), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            give_to_owner_of(file.parent, descriptor)
            os.write(descriptor, b"!")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def give_to_owner_of(folder: Path, what: Path | int) -> None:
    """Let what root made belong to whose the data folder is."""
    if os.geteuid() == 0:
        status = folder.stat()
        os.chown(what, status.st_uid, status.st_gid)


def unmark(file: Path) -> None:
    """Forget what was noted: all was read and found sound, or it was made anew."""
    with suppress(OSError):
        mark_of(file).unlink(missing_ok=True)


def marks(file: Path) -> int:
    """Return how often damage was met since all was found sound."""
    try:
        return mark_of(file).stat().st_size
    except OSError:
        return 0


def look_at_the_card(file: Path) -> None:
    """Let the next look at a database read the disk, not what the kernel remembers of it.

    Only where this process has no connection to it: closing a file lets go of all the process's locks on it.
    """
    for path in (file, log_of(file)):
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(descriptor)


def found(file: Path) -> str:
    """Look at a database as a start does; return what is wrong, "" for nothing.

    Only where this process has no connection to it (see `look_at_the_card`).
    """
    doubts = marks(file)
    if not doubts:
        return seen(file)
    if doubts >= _TOO_OFTEN:
        return "it was met damaged again and again"
    look_at_the_card(file)
    try:
        return read_whole(file)
    except sqlite3.Error:
        return ""
