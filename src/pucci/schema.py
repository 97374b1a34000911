"""How a database gets its tables, or those of a newer Pucci, or stays just as it was.

A new database is made from `tables`; an older one is brought up by Alembic, which is imported only then, and
a test holds the two equal. SQLite's file is first copied to `pucci.db.before-0002`, so that the way back is
a rename; then all happens in one transaction.
"""

import logging
import sqlite3
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

import sqlalchemy as sa

from pucci.columns import for_postgresql
from pucci.errors import DatabaseError
from pucci.snapshot import copy_sqlite
from pucci.tables import metadata

SCHEMA: Final = "0001"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Revisions:
    """The migrations in a folder, and the newest of them, to which a database is brought."""

    folder: Path = Path(__file__).parent / "migrations"
    newest: str = SCHEMA


OURS: Final = Revisions()


class Opened(Protocol):
    """What is needed here of `pucci.db.Database`."""

    @property
    def file(self) -> Path | None:
        """Where SQLite's file is."""
        ...

    def read(self) -> AbstractContextManager[sa.Connection]:
        """Return a connection that sees one moment."""
        ...

    def migrate(self) -> AbstractContextManager[sa.Connection]:
        """Return a connection that holds the write lock, without foreign keys."""
        ...


def bring_up(database: Opened, revisions: Revisions, *, may_migrate: bool) -> None:
    """Make the tables, or bring them up, unless they are the newest already.

    Raises:
        DatabaseError: it is of a newer Pucci or of somebody else, it may not be migrated, or migrating it
            failed; in each case it is as it was.
    """
    with database.read() as connection:
        found = _version(connection)
    if found == revisions.newest:
        return
    if not may_migrate:
        raise DatabaseError("The database is of another version of Pucci. Run `pucci migrate` first.")
    with database.migrate() as connection:  # the write lock: of two that start at once, one migrates
        found = _version(connection)
        if found is None and not sa.inspect(connection).get_table_names():
            _make(connection)
            found = SCHEMA
        if found != revisions.newest:
            _migrate(connection, database.file, found, revisions)


def _version(connection: sa.Connection) -> str | None:
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()


def _make(connection: sa.Connection) -> None:
    if connection.dialect.name == "postgresql":
        for_postgresql(metadata)
    metadata.create_all(connection)
    connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    connection.execute(sa.text("INSERT INTO alembic_version VALUES (:schema)"), {"schema": SCHEMA})


def _migrate(connection: sa.Connection, file: Path | None, found: str | None, revisions: Revisions) -> None:
    from pucci.migrations import upgrade

    if found is None or found > revisions.newest:
        raise DatabaseError(
            "This database was not made by this version of Pucci. Install the newer Pucci again, or name "
            "another data folder. Nothing was changed."
        )
    aside = _copy_aside(file, revisions.newest)
    try:
        upgrade(connection, folder=revisions.folder)
        _look_at_keys(connection)
    except Exception as error:
        log.debug("migrating from %s", found, exc_info=True)
        raise DatabaseError(
            f"The database cannot be brought up to this version of Pucci: {_first_line(error)}. "
            "It is as it was; install the older Pucci again, and tell Pucci's makers."
        ) from error
    if aside is not None:
        log.warning("The database was brought up. The one of before is %s.", aside)


def _copy_aside(file: Path | None, newest: str) -> Path | None:
    """Copy SQLite's file as it is before the migration; PostgreSQL's is its keeper's to back up."""
    if file is None:
        return None
    aside = file.with_name(f"{file.name}.before-{newest}")
    part = aside.with_name(f".{aside.name}.part")
    try:
        copy_sqlite(file, part)
        part.replace(aside)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink()
        raise DatabaseError(
            f"The database cannot be copied to {aside} before it is brought up: {error}. Make room on the "
            "disk, then start again. Nothing was changed."
        ) from error
    return aside


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")


def _look_at_keys(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchone()
        if broken is not None:
            raise ValueError(f"a row of {broken[0]} refers to one of {broken[2]} that is not there")
