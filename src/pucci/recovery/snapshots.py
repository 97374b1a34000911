"""The nightly snapshot, beside the database: people, stars, captions, settings, and few photos' rows.

A photo's file tells its camera, time, number, size and shape. So only rows that say more are in it: of a
kept, shown, shared or undated photo. The card is spared the rest.
"""

import errno
import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Final
from zlib import crc32

from pucci.album.files import sync_folder
from pucci.damage import give_to_owner_of, read_whole, uri_of
from pucci.errors import DatabaseError
from pucci.snapshot import LEFT_OUT

NAME: Final = "pucci.db.snapshot"
# The one of the night before, in case the newest lies on bad ground.
BEFORE: Final = f"{NAME}.before"
# In its table of facts: when it was made, and each camera's newest photo then.
FACT: Final = "snapshot"
# Taking one of 100,000 photos takes seconds.
_PATIENCE_S: Final = 60.0

_PLAIN_NAME: Final = (
    "camera || '/' || substr(taken_at, 1, 10) || '/' || replace(substr(taken_at, 12, 8), ':', '')"
    " || '-' || printf('%06d', sequence) || '.jpg'"
)
# People, their ways in, and those of whoever holds a link or a token; not when each was last used.
_WHO_MAY: Final = (
    "SELECT 'user', id, username, password, role, disabled FROM user"
    " UNION ALL SELECT 'passkey', id, 0, 0, 0, 0 FROM passkey"
    " UNION ALL SELECT 'totp', user_id, secret, 0, 0, 0 FROM totp"
    " UNION ALL SELECT 'token', id, 0, 0, 0, 0 FROM apitoken"
    " UNION ALL SELECT 'share', id, 0, 0, 0, 0 FROM share ORDER BY 1, 2"
)
# Of these tables, only such rows; of all others, all.
RULES: Final = {
    **dict.fromkeys(LEFT_OUT, "0"),
    "photo": (
        f"kept OR NOT certain OR sequence <= 0 OR file <> {_PLAIN_NAME}"  # noqa: S608 - ours, all of it
        " OR id IN (SELECT photo_id FROM live.showing) OR id IN (SELECT id FROM temp.shared)"
    ),
    "slot": "NOT filled OR refused > 0",
}


def take(file: Path, folder: Path, *, now: datetime) -> int:
    """Write the snapshot of a database into a folder, in the place of the last one; return its bytes.

    It is of one moment, keeps no writer waiting, and is on the disk before it has its name. Of two that want
    to take one, one waits, a minute at most.

    Raises:
        DatabaseError: it cannot be written, or the database cannot be read; the last ones are as they were.
    """
    target = folder / NAME
    try:
        with _only_one(folder):
            return _take(file, folder, now)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            f"The nightly snapshot cannot be written to {target}: {error}. Look at the disk with `df`."
        ) from error


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Be the only one that takes a snapshot: the part, and the two names, are nobody else's then."""
    with (folder / f".{NAME}.lock").open("a") as lock:
        give_to_owner_of(folder, lock.fileno())
        until = time.monotonic() + _PATIENCE_S
        while not _has(lock):
            if time.monotonic() > until:
                raise OSError(errno.EBUSY, "another process has been taking one for a minute")
            time.sleep(0.1)
        yield


def _has(lock: IO[str]) -> bool:
    """Take a lock if it is free; return whether it was."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _take(file: Path, folder: Path, now: datetime) -> int:
    target, part = folder / NAME, folder / f".{NAME}.part"
    try:
        part.unlink(missing_ok=True)  # of one who died: nobody alive has it, see above
        part.touch(mode=0o600)
        give_to_owner_of(folder, part)
        _copy(file, part, now)
        os.utime(part, (now.timestamp(), now.timestamp()))
        with part.open("rb") as written:
            os.fsync(written.fileno())
            size = os.fstat(written.fileno()).st_size
        if is_sound(target):
            target.replace(folder / BEFORE)
        part.replace(target)
        sync_folder(folder)
    except (OSError, sqlite3.Error):
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
    return size


def taken_at(folder: Path) -> float | None:
    """Return when the last snapshot was taken, in seconds since 1970; None where there is none."""
    try:
        return (folder / NAME).stat().st_mtime
    except OSError:
        return None


def good(folder: Path) -> Iterator[Path]:
    """Yield the snapshots that can be read whole, the newest first."""
    yield from (path for path in (folder / NAME, folder / BEFORE) if is_sound(path))


def is_sound(path: Path) -> bool:
    """Whether a snapshot is there and can be read whole."""
    try:
        return path.stat().st_size > 0 and read_whole(path) == ""
    except (OSError, sqlite3.Error):
        return False


def who_may(file: Path) -> int | None:
    """Return a number that changes with who may come in; None where a file cannot be read."""
    try:
        with closing(sqlite3.connect(uri_of(file), uri=True)) as connection:
            return crc32(repr(connection.execute(_WHO_MAY).fetchall()).encode())
    except sqlite3.Error:
        return None


def _copy(file: Path, part: Path, now: datetime) -> None:
    with closing(sqlite3.connect(uri_of(part, "rwc"), uri=True, isolation_level=None)) as connection:
        run = connection.execute
        # Whatever goes wrong, the part is thrown away: it needs no journal, and one sync at its end.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "temp_store=MEMORY"):
            run(f"PRAGMA {pragma}")
        run("ATTACH ? AS live", (uri_of(file),))
        run("BEGIN")
        _note_shared(connection)
        plan = "SELECT sql FROM live.sqlite_master WHERE sql NOT NULL AND name NOT LIKE 'sqlite_%'"
        for (sql,) in run(f"{plan} ORDER BY type = 'index'").fetchall():
            run(sql)
        plan = "SELECT name FROM live.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        for (table,) in run(plan).fetchall():
            rule = RULES.get(table, "1")
            run(f'INSERT INTO main."{table}" SELECT * FROM live."{table}" WHERE {rule}')  # noqa: S608
        run("UPDATE main.slot SET photo_id = NULL")
        run("DELETE FROM main.sqlite_sequence")
        run("INSERT INTO main.sqlite_sequence SELECT * FROM live.sqlite_sequence")
        newest = dict(run("SELECT camera, max(sequence) FROM live.photo GROUP BY camera").fetchall())
        told = json.dumps({"at": now.isoformat(), "newest": newest})
        run("INSERT OR REPLACE INTO main.fact (name, value) VALUES (?, ?)", (FACT, told))
        run("COMMIT")


def _note_shared(connection: sqlite3.Connection) -> None:
    """Note the photos that a link shows by name, which need not be kept."""
    connection.execute("CREATE TEMP TABLE shared (id INTEGER PRIMARY KEY)")
    rows = connection.execute("SELECT photo_id, photo_ids FROM live.share").fetchall()
    ids = {int(word) for one, many in rows for word in [str(one or ""), *many.split(",")] if word}
    connection.executemany("INSERT INTO temp.shared VALUES (?)", [(photo_id,) for photo_id in ids])
