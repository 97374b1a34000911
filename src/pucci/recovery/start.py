"""The look at the database before it is opened, after which a damaged one is made anew."""

import fcntl
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from pucci import damage
from pucci.album.files import Files
from pucci.album.names import parse
from pucci.clock import Clock
from pucci.errors import DatabaseDamaged, DatabaseError

if TYPE_CHECKING:
    from pucci.recovery.notice import Recovered

log = logging.getLogger(__name__)

# SQLite's lock bytes (https://sqlite.org/fileformat2.html#the_lock_byte_page): in write-ahead mode every
# process that has the database open holds one of them.
_LOCK_BYTES: Final = 0x40000000
_LOCK_COUNT: Final = 512


def heal_if_damaged(url: str, folder: Path, *, clock: Clock, interval_s: float) -> "Recovered | None":
    """Look at SQLite's database, and make it anew if it is damaged.

    Returns what became of it, None where nothing is wrong. `folder` is the data folder, `interval_s` the
    seconds between two slots.

    Raises:
        DatabaseDamaged: it is, and another process has it open; nothing was done.
        DatabaseError: no new one can be made; nothing was changed.
    """
    file = _file_of(url)
    why = fault(file, folder) if file is not None else ""
    if file is None or not why:
        return None
    try:
        with _only_one(file):
            damage.look_at_the_card(file)
            why = fault(file, folder)  # another one may have healed it meanwhile
            return _heal(file, folder, why, clock=clock, interval_s=interval_s) if why else None
    except (OSError, sqlite3.Error, SQLAlchemyError) as error:
        raise DatabaseError(
            f"The database is damaged ({why}), and no new one can be made: {error}. Look at the disk with "
            "`df` and `sudo dmesg`. Nothing was changed."
        ) from error


def _heal(file: Path, folder: Path, why: str, *, clock: Clock, interval_s: float) -> "Recovered":
    from pucci.recovery import snapshots
    from pucci.recovery.heal import Healing

    if _is_held(file):
        damage.mark(file)  # so that the other one looks, too
        raise DatabaseDamaged(f"{why}, and another Pucci has it open, which must be stopped first")
    log.error("The database is damaged: %s. It is made anew; this may take some minutes.", why)
    told = Healing(file, folder, clock=clock, interval_s=interval_s).run(why)
    log.warning("%s", told)
    with suppress(DatabaseError):  # the nightly one will come
        snapshots.take(file, folder, now=clock.now())
    return told


def _file_of(url: str) -> Path | None:
    parsed = sa.make_url(url)
    name = parsed.database if parsed.get_backend_name() == "sqlite" else None
    return Path(name) if name and name != ":memory:" else None


def fault(file: Path, folder: Path) -> str:
    """Return what is wrong with a database; "" for nothing, and for a new one that is still to be made."""
    try:
        size = file.stat().st_size
    except FileNotFoundError:
        size = -1
    except OSError:
        return ""  # whoever opens it will say why it cannot be
    if size > 0:
        return damage.found(file)
    if not any(parse(name) for name in Files(folder / "photos").names()):
        return ""
    return "it is empty" if size == 0 else "it is gone"


def _is_held(file: Path) -> bool:
    """Whether another process has the database open."""
    if not file.exists():
        return False
    with file.open("r+b") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, _LOCK_COUNT, _LOCK_BYTES)
        except (BlockingIOError, PermissionError):
            return True
    return False


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    """Be the only one that heals; another waits, then finds it done. A site is kept out."""
    with damage.lock_of(file).open("a") as lock:
        damage.give_to_owner_of(file.parent, lock.fileno())
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
