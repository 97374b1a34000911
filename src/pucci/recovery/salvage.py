"""What a damaged database still says: who is newer than the snapshot, as far as it can be read.

Only what is safe to believe too much of: that a photo is kept, that a camera is off, how far numbers went.
Not who may come in.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pucci.damage import uri_of

_STARS: Final = (
    "SELECT p.file, u.username FROM photo p LEFT JOIN star s ON s.photo_id = p.id"
    " LEFT JOIN user u ON u.id = s.user_id WHERE p.kept ORDER BY p.id"
)
# A number beyond this is not one of ours, but a damaged page's.
_MOST: Final = 2_000_000_000


@dataclass(slots=True)
class Salvaged:
    """`kept` are files of kept photos, and whose star is on each; `numbers` the highest id of each table.

    `pauses_whole` is whether the cameras that are off could be read to their end.
    """

    kept: set[tuple[str, str | None]] = field(default_factory=set)
    pauses: list[tuple[Any, ...]] = field(default_factory=list)
    pauses_whole: bool = False
    numbers: dict[str, int] = field(default_factory=dict)
    version: int = 0


def salvage(file: Path) -> Salvaged:
    """Read what can be read. It changes nothing, and fails on nothing."""
    found = Salvaged()
    for name, number in _rows(file, "SELECT name, seq FROM sqlite_sequence"):
        if isinstance(name, str) and isinstance(number, int) and 0 < number < _MOST:
            found.numbers[name] = number
    for (value,) in _rows(file, "SELECT value FROM fact WHERE name = 'public.version'"):
        if isinstance(value, str) and value.isdecimal() and len(value) <= 12:
            found.version = int(value)
    for name, who in _rows(file, _STARS):
        if isinstance(name, str) and isinstance(who, str | None):
            found.kept.add((name, who))
    for row in _rows(file, 'SELECT camera, since, until, "by" FROM pause UNION ALL SELECT 0, 0, 0, 0'):
        if row[0] == 0:
            found.pauses_whole = True  # the row that is none: all before it were read
        elif isinstance(row[0], str):
            found.pauses.append(row)
    return found


def _rows(file: Path, query: str) -> Iterator[tuple[Any, ...]]:
    """Yield rows up to the first that cannot be read."""
    try:
        if not file.exists():
            return
        with closing(sqlite3.connect(uri_of(file), uri=True)) as connection:
            connection.execute("PRAGMA trusted_schema=OFF")
            connection.execute("PRAGMA cell_size_check=ON")
            yield from connection.execute(query)
    except (sqlite3.Error, UnicodeDecodeError):  # the latter where not even the error's words are text
        return
