"""The database: its engine, and the one place where a schema is made or brought up.

SQLite in write-ahead mode by default, PostgreSQL by URL. Queries are SQLAlchemy Core; a value that
leaves `album` or `accounts` is a frozen dataclass. Alembic is imported only when an older schema
must be brought up; a new database is made from `tables`, and a test holds the two equal.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import event, exc

from pucci.errors import DatabaseError
from pucci.tables import fact, metadata

SCHEMA: Final = "0001"

# Seconds a writer waits for another one. A photo's row is written with its file, so the wait
# includes an fsync on a slow card.
_BUSY_S: Final = 20

# The number of PostgreSQL's advisory lock that stands for SQLite's write lock: "pucci" in ASCII.
_WRITE_LOCK: Final = 0x7075636369


class Database:
    """An open database. `read()` and `write()` give a connection inside a transaction."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._watch: sqlite3.Connection | None = None

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

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[sa.Connection]:
        try:
            with self._engine.connect() as connection:
                connection = connection.execution_options(pucci_write=write)  # noqa: PLW2901
                with connection.begin():
                    yield connection
        except exc.DatabaseError as error:
            if type(error) not in (exc.DatabaseError, exc.OperationalError):
                raise  # a broken constraint is the caller's to explain
            raise DatabaseError(
                f"The database cannot be used: {error.orig}. Look at the disk with `df` and `ls -l`."
            ) from error

    def counter(self, name: str) -> int:
        """Return how often `count_up` counted; 0 where it never did."""
        with self.read() as connection:
            return int(connection.scalar(sa.select(fact.c.value).where(fact.c.name == name)) or 0)

    def version(self) -> int | None:
        """Return a number that changes with every commit of any process; None where there is none.

        SQLite's data_version leaves out what its own connection writes; this one writes nothing. It costs
        four microseconds, and a query through the engine three hundred.
        """
        name = self._engine.url.database
        if not self.is_sqlite or not name or name == ":memory:":
            return None
        try:
            if self._watch is None:
                self._watch = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return None

    def close(self) -> None:
        """Close all connections; SQLite then folds its write-ahead log into the database."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self._engine.dispose()


def count_up(connection: sa.Connection, name: str) -> None:
    """Raise a counter by one, so that what was made of older rows is known to be old, in every process."""
    mine = fact.c.name == name
    found = connection.scalar(sa.select(fact.c.value).where(mine))
    if found is None:
        connection.execute(sa.insert(fact).values(name=name, value="1"))
    else:
        connection.execute(sa.update(fact).where(mine).values(value=str(int(found) + 1)))


def open_db(url: str, *, may_migrate: bool = True) -> Database:
    """Open the database, making or bringing up its tables where needed.

    Raises:
        DatabaseError: it cannot be opened, is of a newer Pucci, or is of an older one and
            `may_migrate` is False (under mod_wsgi, where several processes start at once).
    """
    try:
        parsed = sa.make_url(url)
        if parsed.get_backend_name() == "sqlite" and parsed.database:
            _make_private_file(Path(parsed.database))
        engine = _make_engine(parsed)
    except (exc.ArgumentError, exc.NoSuchModuleError, OSError, ImportError) as error:
        raise DatabaseError(
            f"The database cannot be opened: {error}. Look at database_url and data_dir."
        ) from error
    database = Database(engine)
    _bring_up(database, may_migrate=may_migrate)
    return database


def _make_private_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)


def _make_engine(url: sa.URL) -> sa.Engine:
    if url.get_backend_name() != "sqlite":
        engine = sa.create_engine(url, pool_pre_ping=True, pool_size=4)
        event.listen(engine, "begin", _begin_elsewhere)
        return engine
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY_S, "check_same_thread": False}, pool_size=4)
    event.listen(engine, "connect", _configure_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


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


# -- schema --------------------------------------------------------------------------------------


def _bring_up(database: Database, *, may_migrate: bool) -> None:
    with database.read() as connection:
        found = _version(connection)
    if found == SCHEMA:
        return
    if not may_migrate:
        raise DatabaseError("The database is of another version of Pucci. Run `pucci migrate` first.")
    with database.write() as connection:  # the write lock: of two that start at once, one migrates
        found = _version(connection)
        if found is None and not sa.inspect(connection).get_table_names():
            metadata.create_all(connection)
            connection.execute(
                sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)")
            )
            connection.execute(sa.text("INSERT INTO alembic_version VALUES (:schema)"), {"schema": SCHEMA})
        elif found != SCHEMA:
            _migrate(connection, found)


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(connection: sa.Connection, found: str | None) -> None:
    from pucci.migrations import upgrade

    if found is None or found > SCHEMA:
        raise DatabaseError(
            "This database was not made by this version of Pucci. Install the newer Pucci again, or name "
            "another data folder. Nothing was changed."
        )
    upgrade(connection)
