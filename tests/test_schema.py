"""Bringing a database up: wholly, or it is as it was; and the one of before lies beside it."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

import pucci.migrations
from pucci import tables
from pucci.db import Database, open_db
from pucci.errors import DatabaseError
from pucci.schema import Revisions
from tests.fakes import SUNDAY

# What a next release may do: a column by making the table anew, and a new table.
NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

def upgrade():
    anew = "always" if op.get_bind().dialect.name == "sqlite" else "never"
    with op.batch_alter_table("user", recreate=anew) as batch:
        batch.add_column(sa.Column("nickname", sa.String(80), nullable=False, server_default="Bello"))
    op.create_table("toy", sa.Column("name", sa.String(80), primary_key=True))
    op.execute("DELETE FROM journal")
    {then}
"""


@pytest.fixture
def revisions(tmp_path: Path) -> Callable[[str], Revisions]:
    """Our migrations and one more, which ends with a line of the test's own."""

    def make(then: str) -> Revisions:
        folder = tmp_path / "migrations"
        ours = Path(pucci.migrations.__file__).parent
        shutil.copytree(ours, folder, ignore=shutil.ignore_patterns("__pycache__"), dirs_exist_ok=True)
        (folder / "versions" / "v0002_next.py").write_text(NEXT.format(then=then))
        return Revisions(folder, "0002")

    return make


def live_in(url: str) -> None:
    """Alice signs in, and it is written down."""
    with closing(open_db(url)) as database, database.write() as connection:
        person = {"username": "Alice", "email": "a@example.org", "role": "owner", "created_at": SUNDAY}
        connection.execute(sa.insert(tables.user).values(person))
        times = dict.fromkeys(("created_at", "seen_at", "proved_at"), SUNDAY)
        visit = {"token_hash": "t", "user_id": 1, "address": "", "device": ""}
        connection.execute(sa.insert(tables.session).values(visit | times))
        entry = {"at": SUNDAY, "what": "in", "who": "Alice", "whom": "", "address": ""}
        connection.execute(sa.insert(tables.journal).values(entry))


def count(database: Database, table: str) -> int:
    with database.read() as connection:
        return connection.scalar(sa.text(f'SELECT count(*) FROM "{table}"')) or 0


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_database_of_before_is_brought_up_and_loses_nothing(
    new_url: Callable[[], str], revisions: Callable[[str], Revisions]
):
    url = new_url()
    live_in(url)
    with closing(open_db(url, revisions=revisions("pass"))) as database:
        with database.read() as connection:
            assert connection.scalar(sa.text('SELECT nickname FROM "user"')) == "Bello"
        # The table of people was dropped and made anew: who refers to it is still there.
        assert (count(database, "session"), count(database, "toy"), count(database, "journal")) == (1, 0, 0)


@pytest.mark.parametrize(
    ("then", "words"),
    [
        ('raise ZeroDivisionError("of a mistake")', "of a mistake"),
        ('op.execute("INSERT INTO nowhere VALUES (1)")', "nowhere"),
        ('op.drop_table("user")', "refers to one of user|depend"),
    ],
)
def test_a_migration_that_fails_leaves_the_database_as_it_was(
    then: str, words: str, new_url: Callable[[], str], revisions: Callable[[str], Revisions]
):
    url = new_url()
    live_in(url)
    for _ in range(2):  # who tries again gets the same
        with pytest.raises(DatabaseError, match=words) as told:
            open_db(url, revisions=revisions(then))
        assert "It is as it was" in str(told.value)
        with closing(open_db(url)) as database:
            assert (count(database, "session"), count(database, "journal")) == (1, 1)
            with database.read() as connection:
                inspector = sa.inspect(connection)
                assert not inspector.has_table("toy")
                assert "nickname" not in {column["name"] for column in inspector.get_columns("user")}


def test_the_file_of_before_lies_beside_it_whole_and_private(
    tmp_path: Path, revisions: Callable[[str], Revisions]
):
    path = tmp_path / "pucci.db"
    live_in(f"sqlite:///{path}")
    before = dump(path)
    with pytest.raises(DatabaseError):
        open_db(f"sqlite:///{path}", revisions=revisions("raise ZeroDivisionError"))
    assert dump(path) == before
    open_db(f"sqlite:///{path}", revisions=revisions("pass")).close()
    aside = tmp_path / "pucci.db.before-0002"
    assert dump(aside) == before != dump(path)
    assert aside.stat().st_mode & 0o777 == 0o600
    assert not list(tmp_path.glob(".*.part"))
    aside.replace(path)  # the way back
    with closing(open_db(f"sqlite:///{path}")) as database:
        assert count(database, "journal") == 1


def test_without_room_for_the_copy_nothing_is_begun(tmp_path: Path, revisions: Callable[[str], Revisions]):
    path = tmp_path / "pucci.db"
    live_in(f"sqlite:///{path}")
    before = dump(path)
    (tmp_path / ".pucci.db.before-0002.part").mkdir()
    with pytest.raises(DatabaseError, match="Nothing was changed"):
        open_db(f"sqlite:///{path}", revisions=revisions("pass"))
    assert dump(path) == before


def test_a_new_database_gets_all_of_it_at_once(tmp_path: Path, revisions: Callable[[str], Revisions]):
    with closing(open_db(f"sqlite:///{tmp_path / 'new.db'}", revisions=revisions("pass"))) as database:
        assert count(database, "toy") == 0
        with database.write() as connection:  # and foreign keys count again
            assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
