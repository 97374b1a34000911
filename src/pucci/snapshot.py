"""A copy of a SQLite database that others write to meanwhile, as it was at one moment."""

import contextlib
import os
import sqlite3
from pathlib import Path
from typing import Final
from urllib.parse import quote

# Pages copied in one step: 1 MB. Writers are not held up whatever it is, see below.
_STEP: Final = 256

# Tables of what lets somebody in, or is of the moment: from no copy does it come back from the dead.
LEFT_OUT: Final = ("session", "link", "attempt", "spent", "refusal", "message", "condition")


def copy_sqlite(source: Path, target: Path) -> None:
    """Write a copy of the database `source` to `target`, on the disk before this returns.

    The copy is of the moment at which it began: the transaction that is held open sees no later change.
    In write-ahead mode it keeps no writer waiting, and no writer makes it begin anew.

    Raises:
        OSError, sqlite3.Error: it cannot be read or written; nothing but a part of `target` is left.
    """
    target.unlink(missing_ok=True)
    target.touch(mode=0o600)
    address = f"file:{quote(str(source))}?mode=ro"
    with (
        contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as here,
        contextlib.closing(sqlite3.connect(target, isolation_level=None)) as there,
    ):
        here.execute("BEGIN")
        here.execute("SELECT count(*) FROM sqlite_master").fetchone()
        here.backup(there, pages=_STEP)
    descriptor = os.open(target, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
