import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path

import bcrypt
import pytest

from pucci.accounts import Accounts, Role, User
from pucci.accounts.importing import import_first_version
from pucci.errors import AccountError

HASH = bcrypt.hashpw(b"the old password", bcrypt.gensalt(4)).decode()


def write_first_version(path: Path, *rows: tuple[object, object, object]) -> Path:
    """Make the database as the first version's two lines of Flask-SQLAlchemy made it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "CREATE TABLE user (id INTEGER NOT NULL, username VARCHAR(80), email VARCHAR(120), "
            "password VARCHAR(120), PRIMARY KEY (id), UNIQUE (username), UNIQUE (email))"
        )
        connection.executemany("INSERT INTO user (username, email, password) VALUES (?, ?, ?)", rows)
    return path


@pytest.fixture
def test_db(tmp_path: Path) -> Path:
    rows = ("Gwen", "Gwen@Example.org", HASH), ("Luke", "luke@example.org", HASH.encode())
    return write_first_version(tmp_path / "test.db", *rows)


def test_everybody_comes_in_with_the_password_they_had_and_the_first_is_the_owner(
    accounts: Accounts, test_db: Path
):
    report = import_first_version(test_db, accounts.users)
    assert [str(line) for line in report.lines] == [
        "Gwen (Gwen@Example.org): the owner now, as there was none.",
        "Luke (luke@example.org): family now.",
    ]
    assert (report.added, report.skipped) == (2, 0)
    gwen = accounts.sign_in("gwen@example.org", "the old password")
    luke = accounts.sign_in("luke@example.org", "the old password")
    assert gwen is not None
    assert luke is not None
    assert (gwen.role, luke.role) == (Role.OWNER, Role.FAMILY)


def test_the_old_file_is_only_read(accounts: Accounts, test_db: Path, tmp_path: Path):
    before = hashlib.sha256(test_db.read_bytes()).hexdigest()
    test_db.chmod(0o400)
    import_first_version(test_db, accounts.users)
    assert hashlib.sha256(test_db.read_bytes()).hexdigest() == before
    assert [path.name for path in tmp_path.glob("test.db*")] == ["test.db"]


def test_where_there_is_an_owner_all_are_family(accounts: Accounts, alice: User, test_db: Path):
    import_first_version(test_db, accounts.users)
    assert [one.role for one in accounts.users.all()] == [Role.OWNER, Role.FAMILY, Role.FAMILY]


def test_a_second_time_changes_nothing(accounts: Accounts, test_db: Path):
    import_first_version(test_db, accounts.users)
    before = accounts.users.all()
    report = import_first_version(test_db, accounts.users)
    assert {line.text for line in report.lines} == {"here already."}
    assert (report.added, report.skipped) == (0, 0)
    assert accounts.users.all() == before


@pytest.mark.parametrize(
    "stored",
    [
        HASH,
        HASH.encode(),
        f"b'{HASH}'",
        f'b"{HASH}"',
        f"b'{HASH}'".encode(),
        f" {HASH}\n",
        "$2a$" + HASH[4:],
        "$2y$" + HASH[4:],
    ],
)
def test_a_hash_is_taken_in_whatever_form_it_was_stored(accounts: Accounts, tmp_path: Path, stored: object):
    import_first_version(
        write_first_version(tmp_path / "test.db", ("Gwen", "g@example.org", stored)), accounts.users
    )
    assert accounts.sign_in("g@example.org", "the old password") is not None
    assert accounts.sign_in("g@example.org", stored if isinstance(stored, str) else "x") is None


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("Gwen", "g@example.org", "plain text"), "Gwen (g@example.org): skipped. The password is not"),
        (("Gwen", "g@example.org", None), "Gwen (g@example.org): skipped. The password is not"),
        (
            ("Gwen", "g@example.org", "$2b$31$" + HASH[7:]),
            "Gwen (g@example.org): skipped. The password is not",
        ),
        (("Gwen", "g@example.org", HASH[:-1]), "Gwen (g@example.org): skipped. The password is not"),
        ((None, "g@example.org", HASH), "Row 1 (g@example.org): skipped. The name is empty."),
        (("Gwen", "nowhere", HASH), "Gwen (nowhere): skipped. That is not an e-mail"),
        (("Gw\0en", "g@example.org", HASH), "skipped. The name has characters"),
        (("Luke", "g@example.org", HASH), "Luke (g@example.org): family now."),
    ],
)
def test_a_bad_row_is_named_and_skipped_with_its_reason_and_the_next_one_taken(
    accounts: Accounts, tmp_path: Path, alice: User, row: tuple[object, object, object], said: str
):
    path = write_first_version(tmp_path / "test.db", row, ("Dora", "dora@example.org", HASH))
    report = import_first_version(path, accounts.users)
    assert said in str(report.lines[0])
    assert str(report.lines[1]) == "Dora (dora@example.org): family now."


def test_a_name_that_somebody_else_has_is_skipped(accounts: Accounts, alice: User, tmp_path: Path):
    path = write_first_version(tmp_path / "test.db", ("alice", "another@example.org", HASH))
    report = import_first_version(path, accounts.users)
    assert "skipped. Somebody is called Alice already." in str(report.lines[0])
    assert report.skipped == 1


def test_text_that_is_not_utf8_spoils_its_own_row_only(accounts: Accounts, tmp_path: Path):
    path = write_first_version(tmp_path / "test.db", ("Gwen", "g@example.org", HASH), ("L", "l@x", HASH))
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE user SET password = CAST(x'fffe' AS TEXT) WHERE id = 1")
    report = import_first_version(path, accounts.users)
    assert [line.added for line in report.lines] == [False, True]


def wrong_files(folder: Path) -> dict[str, Path]:
    (folder / "photo.jpg").write_bytes(b"\xff\xd8" + bytes(4000))
    (folder / "empty.db").touch()
    with closing(sqlite3.connect(folder / "other.db")) as connection, connection:
        connection.execute("CREATE TABLE user (id INTEGER, name TEXT)")
    return {
        "no such file": folder / "missing.db",
        "a folder": folder,
        "no database": folder / "photo.jpg",
        "an empty file": folder / "empty.db",
        "another table": folder / "other.db",
    }


@pytest.mark.parametrize(
    "kind", ["no such file", "a folder", "no database", "an empty file", "another table"]
)
def test_a_wrong_file_is_a_sentence(accounts: Accounts, tmp_path: Path, kind: str):
    path = wrong_files(tmp_path)[kind]
    with pytest.raises(AccountError, match=r"\.$") as caught:
        import_first_version(path, accounts.users)
    assert str(path) in str(caught.value)
    assert accounts.users.count() == 0
