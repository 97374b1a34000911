"""Take in the people of the first version's database, with the passwords they have."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pucci.accounts.passwords import cost_of
from pucci.accounts.roles import Role
from pucci.accounts.users import Users
from pucci.errors import AccountError

_COLUMNS: Final = ("username", "email", "password")
# Under Python 3 some copies hold the hash as Python printed it: b'$2b$12$…'.
_PRINTED_BYTES: Final = re.compile(r"""b(['"])(.*)\1""")


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one row: `person` says whose it is, `text` what was done, or why nothing was."""

    person: str
    text: str
    added: bool = False
    skipped: bool = False

    def __str__(self) -> str:
        return f"{self.person}: {self.text}"


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, row by row."""

    lines: tuple[Line, ...]

    @property
    def added(self) -> int:
        """How many people are new."""
        return sum(line.added for line in self.lines)

    @property
    def skipped(self) -> int:
        """How many rows could not be used."""
        return sum(line.skipped for line in self.lines)


def import_first_version(path: Path, users: Users) -> Report:
    """Add everybody in the first version's SQLite file, which is only read, and say what was done.

    The first one becomes the owner where there is none, all others are family. Who is here already
    stays as they are, so it can be run again.

    Raises:
        AccountError: the file is not the first version's database.
    """
    lines: list[Line] = []
    for number, row in enumerate(_read(path), 1):
        username, email, stored = (_text(value).strip() for value in row)
        person = f"{username} ({email})" if username and email else f"Row {number} ({username or email})"
        lines.append(_take(users, person, username, email, _bare(stored)))
    return Report(tuple(lines))


def _take(users: Users, person: str, username: str, email: str, stored: str) -> Line:
    if users.by_email(email) is not None:
        return Line(person, "here already.")
    if cost_of(stored) is None:
        return Line(person, "skipped. The password is not a bcrypt hash that can be checked.", skipped=True)
    role = Role.FAMILY if users.has_owner() else Role.OWNER
    try:
        users.add(username, email, role, stored)
    except AccountError as error:
        return Line(person, f"skipped. {error}", skipped=True)
    text = "family now." if role is Role.FAMILY else "the owner now, as there was none."
    return Line(person, text, added=True)


def _read(path: Path) -> Sequence[Sequence[Any]]:
    """Return name, e-mail and hash of every row, the oldest first."""
    if not path.is_file():
        raise AccountError(f"There is no file {path}. Name the first version's database, often test.db.")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            connection.text_factory = bytes  # text that is not UTF-8 spoils its own row only
            columns = [_text(row[1]) for row in connection.execute("PRAGMA table_info(user)")]
            if not set(_COLUMNS) <= set(columns):
                raise AccountError(
                    f"{path} is not the first version's database: it has no table `user` with "
                    f"{', '.join(_COLUMNS)}. Name the right file."
                )
            return connection.execute("SELECT username, email, password FROM user ORDER BY rowid").fetchall()
    except sqlite3.Error as error:
        raise AccountError(
            f"{path} cannot be read as a SQLite database: {error}. Name the right file."
        ) from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _bare(stored: str) -> str:
    printed = _PRINTED_BYTES.fullmatch(stored)
    return printed[2] if printed else stored
