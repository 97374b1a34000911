"""The database: its engine, and the one place where it is opened.

SQLite in write-ahead mode by default, PostgreSQL by URL. Queries are SQLAlchemy Core; a value that
leaves `album` or `accounts` is a frozen dataclass. How a schema is made or brought up: `schema.py`.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc

from pucci import damage
from pucci.errors import DatabaseDamaged, DatabaseError
from pucci.schema import OURS, SCHEMA, Revisions, bring_up
from pucci.tables import fact

__all__ = ["SCHEMA", "Database", "open_db"]

# Seconds a writer waits for another one. A photo's row is written with its file, so the wait
# includes an fsync on a slow card.
_BUSY_S: Final = 20

# Bytes without which SQLite cannot even begin: its shared memory and a page of its log.
_LEAST_ROOM: Final = 64 * 1024

# The number of PostgreSQL's advisory lock that stands for SQLite's write lock: "pucci" in ASCII.
_WRITE_LOCK: Final = 0x7075636369


class Database:
    """An open database. `read()` and `write()` give a connection inside a transaction."""

    def __init__(self, engine: sa.Engine, *, lets_go: bool = False) -> None:
        """Take an engine. Who `lets_go` holds no file at rest, so that another process can heal it."""
        self._engine = engine
        self._lets_go = lets_go
        self._watch: sqlite3.Connection | None = None
        self.is_damaged = False

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the SQLite of a single machine."""
        return self._engine.dialect.name == "sqlite"

    def read(self) -> AbstractContextManager[sa.Connection]:
        """Return a connection that sees one moment of the database."""
        return self._transaction(write=False)

    def write(self) -> AbstractContextManager[sa.Connection]:
        """Return a connection that holds the database's one write lock from its first moment.

        Taking the lock at once, not at the first change, is what keeps two processes from failing
        half-way with "database is locked". Committed at the end, rolled back by any exception.
        """
        return self._transaction(write=True)

    def migrate(self) -> AbstractContextManager[sa.Connection]:
        """Return a connection like `write`'s, on which SQLite lets tables be made anew.

        A migration copies a table and drops the old one, which with foreign keys on would delete all
        that refers to it. They are looked at before the commit instead; see `schema.py`.
        """
        return self._transaction(write=True, keys=False)

    @property
    def file(self) -> Path | None:
        """Where SQLite's file is; None for PostgreSQL, or in memory."""
        name = self._engine.url.database
        return Path(name) if self.is_sqlite and name and name != ":memory:" else None

    @contextmanager
    def _transaction(self, *, write: bool, keys: bool = True) -> Iterator[sa.Connection]:
        try:
            with self._kept_out(), self._engine.connect() as connection:
                connection = connection.execution_options(pucci_write=write)  # noqa: PLW2901
                with self._keys_off(connection) if not keys else nullcontext(), connection.begin():
                    yield connection
        except exc.DatabaseError as error:
            if type(error) not in (exc.DatabaseError, exc.OperationalError):
                raise  # a broken constraint is the caller's to explain
            if damage.is_damage(error.orig):
                raise self.damaged(str(error.orig)) from error
            raise DatabaseError(f"The database cannot be used: {_why(self.file, error)}") from error

    def _kept_out(self) -> AbstractContextManager[None]:
        """Let nobody make the database anew meanwhile, where others do: what is written would be lost."""
        return damage.unhealed(self.file) if self._lets_go and self.file else nullcontext()

    def damaged(self, why: str) -> DatabaseDamaged:
        """Note, for this process and the next start, that the file is damaged; return the error that says so.

        Its connections are let go of: nobody heals a file that is held.
        """
        if self.file is not None and not (self.is_damaged and damage.marks(self.file)):
            damage.mark(self.file)
        self.is_damaged = True
        self.close()
        return DatabaseDamaged(why)

    @contextmanager
    def _keys_off(self, connection: sa.Connection) -> Iterator[None]:
        """Turn SQLite's foreign keys off for a `with` block; inside a transaction it could not be done."""
        if not self.is_sqlite:
            yield
            return
        driver: Any = connection.connection.driver_connection
        driver.execute("PRAGMA foreign_keys=OFF")
        try:
            yield
        finally:
            driver.execute("PRAGMA foreign_keys=ON")

    def counter(self, name: str) -> int:
        """Return how often `count_up` counted; 0 where it never did."""
        with self.read() as connection:
            return int(read_fact(connection, name) or 0)

    def version(self) -> int | None:
        """Return a number that changes with every commit of any process; None where there is none.

        SQLite's data_version leaves out what its own connection writes; this one writes nothing. It costs
        three microseconds; whose a session is, asked by a query, a hundred.
        """
        name = self._engine.url.database
        if not self.is_sqlite or not name or name == ":memory:" or self._lets_go:
            return None  # a connection that watches would hold the file
        try:
            watch = self._watch
            if watch is None:
                watch = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
                self._watch = watch
            return int(watch.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

    def close(self) -> None:
        """Close all connections; SQLite then folds its write-ahead log into the database."""
        watch, self._watch = self._watch, None
        if watch is not None:
            watch.close()
        self._engine.dispose()


def count_up(connection: sa.Connection, name: str) -> None:
    """Raise a counter by one, so that what was made of older rows is known to be old, in every process."""
    write_fact(connection, name, str(int(read_fact(connection, name) or 0) + 1))


def read_fact(connection: sa.Connection, name: str) -> str | None:
    """Return one of the single values that have no table of their own; None where it was never written."""
    return connection.scalar(sa.select(fact.c.value).where(fact.c.name == name))


def write_fact(connection: sa.Connection, name: str, value: str) -> None:
    """Write such a value, in the place of the one before."""
    connection.execute(sa.delete(fact).where(fact.c.name == name))
    connection.execute(sa.insert(fact).values(name=name, value=value))


def open_db(url: str, *, may_migrate: bool = True, revisions: Revisions = OURS) -> Database:
    """Open the database, making or bringing up its tables where needed, to the newest of the `revisions`.

    Raises:
        DatabaseError: it cannot be opened, is of a newer Pucci, or is of an older one and
            `may_migrate` is False (under mod_wsgi, where several processes start at once).
        DatabaseDamaged: it is being made anew, and `may_migrate` is False.
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            file = Path(parsed.database)
            with nullcontext() if may_migrate else damage.unhealed(file):
                _make_private_file(file)
        engine = _make_engine(parsed, at_rest=may_migrate)
    except (exc.ArgumentError, exc.NoSuchModuleError, OSError, ImportError) as error:
        raise DatabaseError(
            f"The database cannot be opened: {error}. Look at database_url and data_dir."
        ) from error
    database = Database(engine, lets_go=not may_migrate)
    try:
        bring_up(database, revisions, may_migrate=may_migrate)
    except BaseException:
        database.close()
        raise
    return database


def _why(file: Path | None, error: exc.DatabaseError) -> str:
    """Return what is in the way, and what to do: SQLite itself says "unable to open" of most things."""
    if file is None:
        first = str(error.orig).splitlines()[0].rstrip(".")
        return f"{first}. Look whether PostgreSQL runs, and at database_url."
    with suppress(OSError):
        status = os.statvfs(file.parent)
        if status.f_flag & os.ST_RDONLY:
            return (
                f"the disk of {file.parent} can only be read. A failing card is set so: copy that folder to "
                "another disk with `cp -a`, then look at `sudo dmesg`."
            )
        if status.f_bavail * status.f_frsize < _LEAST_ROOM:
            return f"the disk of {file.parent} is full. Make room on it."
        closed = next((path for path in (file.parent, file) if not os.access(path, os.R_OK | os.W_OK)), None)
        if closed is not None:
            return f"{closed} belongs to {_owner(closed)}. Run this as that account, or with sudo."
    return f"{error.orig}. Look at {file} with `ls -l`, and put a backup back if it is damaged."


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return "another account"


def _make_private_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)


def _make_engine(url: sa.URL, *, at_rest: bool) -> sa.Engine:
    """Make the engine; with SQLite, connections are kept open `at_rest` or made for each transaction."""
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, pool_pre_ping=True, pool_size=4)
        event.listen(engine, "begin", _begin_elsewhere)
        return engine
    pool: dict[str, Any] = {"pool_size": 4} if at_rest else {"poolclass": sa.NullPool}
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_S, "check_same_thread": False}, **pool)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    event.listen(engine, "handle_error", _let_go_of_readers)
    return engine


def _let_go_of_readers(context: sa.engine.ExceptionContext) -> None:
    """Close connections that can only read; the next ones are opened anew.

    What SQLite cannot open for writing it opens for reading, and stays so: one full moment of the disk, and a
    connection that is kept would refuse every write for as long as Pucci runs.
    """
    code = getattr(context.original_exception, "sqlite_errorcode", 0)
    if code & 0xFF == sqlite3.SQLITE_READONLY:
        context.is_disconnect = True


def _configure_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves; the driver says it too late
    cursor = connection.cursor()
    # FULL: a committed row survives a power cut, and a slot costs one fsync of the log, no more.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-1000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    write = connection.get_execution_options().get("pucci_write", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _begin_elsewhere(connection: sa.Connection) -> None:
    """Let one writer in at a time on PostgreSQL too: what counts tries or numbers relies on it."""
    if connection.get_execution_options().get("pucci_write", False):
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")
