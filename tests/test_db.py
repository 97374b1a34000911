"""The database: made new, brought up, refused."""

import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import StatementError

from pucci.db import SCHEMA, Database, open_db, read_fact, write_fact
from pucci.errors import DatabaseError
from pucci.migrations import upgrade


def shape(database: Database) -> dict[str, object]:
    with database.read() as connection:
        inspector = sa.inspect(connection)
        return {
            table: (
                [
                    (c["name"], str(c["type"]), c["nullable"], c["default"])
                    for c in inspector.get_columns(table)
                ],
                sorted(
                    (
                        str(i["name"]),
                        str(i["column_names"]),
                        str(i.get("dialect_options", {}).get("sqlite_where")),
                    )
                    for i in inspector.get_indexes(table)
                ),
                sorted(str(u["column_names"]) for u in inspector.get_unique_constraints(table)),
                [
                    (f["constrained_columns"], f["referred_table"], f.get("options"))
                    for f in inspector.get_foreign_keys(table)
                ],
                inspector.get_pk_constraint(table)["constrained_columns"],
            )
            for table in inspector.get_table_names()
        }


def test_the_migrations_end_where_a_new_database_begins(new_url: Callable[[], str], db: Database):
    url = new_url()
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        upgrade(connection)
    migrated = open_db(url)
    assert shape(migrated) == shape(db)
    migrated.close()
    engine.dispose()


def test_the_newest_migration_is_the_schema_the_code_expects():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    import pucci.migrations

    config = Config()
    config.set_main_option("script_location", str(Path(pucci.migrations.__file__).parent))
    assert ScriptDirectory.from_config(config).get_current_head() == SCHEMA


def test_a_database_of_a_newer_pucci_is_refused_untouched(tmp_path: Path):
    path = tmp_path / "pucci.db"
    open_db(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(DatabaseError, match="newer Pucci"):
        open_db(f"sqlite:///{path}")
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("9999",)]


def test_somebody_elses_database_is_refused_untouched(tmp_path: Path):
    path = tmp_path / "else.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE recipes (name)")
    with pytest.raises(DatabaseError, match="not made by this version"):
        open_db(f"sqlite:///{path}")


def test_under_mod_wsgi_an_older_schema_is_refused_in_a_sentence(tmp_path: Path):
    path = tmp_path / "pucci.db"
    open_db(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(DatabaseError, match="pucci migrate"):
        open_db(f"sqlite:///{path}", may_migrate=False)


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path):
    path = tmp_path / "pucci.db"
    path.write_bytes(b"a photo of the dog, perhaps" * 100)
    with pytest.raises(DatabaseError):
        open_db(f"sqlite:///{path}")


@pytest.mark.parametrize("url", ["nonsense", "sqlite:////proc/no/such.db", "oracle://x"])
def test_a_url_that_leads_nowhere_is_a_sentence(url: str):
    with pytest.raises(DatabaseError):
        open_db(url)


def test_the_database_is_readable_by_its_owner_alone(tmp_path: Path):
    open_db(f"sqlite:///{tmp_path / 'a' / 'pucci.db'}").close()
    assert (tmp_path / "a" / "pucci.db").stat().st_mode & 0o777 == 0o600


def test_times_come_back_in_utc_and_naive_ones_are_refused(db: Database):
    from pucci import tables

    moment = datetime(2026, 11, 22, 21, 35, 4, 250_000, tzinfo=UTC)
    values = {"camera": "sofa", "due_at": moment, "filled": False, "reason": "", "tries": 1}
    with db.write() as connection:
        connection.execute(sa.insert(tables.slot).values(values))
    with db.read() as connection:
        assert connection.scalar(sa.select(tables.slot.c.due_at)) == moment
    with pytest.raises(StatementError, match="no time zone"), db.write() as connection:
        connection.execute(sa.insert(tables.slot).values(values | {"due_at": moment.replace(tzinfo=None)}))


def test_an_exception_takes_back_all_that_was_written(db: Database):
    from pucci import tables

    def write_and_fail() -> None:
        with db.write() as connection:
            connection.execute(sa.insert(tables.fact).values(name="a", value="b"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    with db.read() as connection:
        assert connection.scalar(sa.select(tables.fact.c.value)) is None


def test_a_connection_that_can_only_read_is_not_kept(tmp_path: Path):
    """As SQLite opens one where the disk is full at that moment."""
    database = open_db(f"sqlite:///{tmp_path / 'pucci.db'}")
    with database.read() as connection:  # goes back to the pool like this
        connection.exec_driver_sql("PRAGMA query_only=ON")
    with pytest.raises(DatabaseError, match="readonly"), database.write() as connection:
        write_fact(connection, "a", "1")
    with database.write() as connection:
        write_fact(connection, "a", "2")
    with database.read() as connection:
        assert read_fact(connection, "a") == "2"
    database.close()
