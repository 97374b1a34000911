"""What was seen and told, in the database, so that a restart tells nothing twice."""

from collections.abc import Iterable, Mapping
from datetime import date

import sqlalchemy as sa

from pucci.db import Database, read_fact, write_fact
from pucci.herald.edges import Known
from pucci.notify import Message
from pucci.notify.outbox import put
from pucci.tables import condition

_POSTCARD = "postcard.day"
_COLUMNS = [condition.c[name] for name in Known.__dataclass_fields__]

Letter = tuple[Message, int | None]  # a message, and the photo that goes with it


class Notes:
    """The herald's memory."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def known(self) -> dict[str, Known]:
        """Return the conditions that were seen, by their keys."""
        with self._db.read() as connection:
            return {row.key: Known(*row) for row in connection.execute(sa.select(*_COLUMNS))}

    def postcard_day(self) -> str:
        """Return the local day of the last postcard, as 2026-11-22; "" where there was none."""
        with self._db.read() as connection:
            return read_fact(connection, _POSTCARD) or ""

    def write(self, known: Mapping[str, Known], letters: Iterable[tuple[str, Letter]]) -> None:
        """Remember what is known now, and put letters into the outbox, each by its way, both or neither."""
        with self._db.write() as connection:
            connection.execute(sa.delete(condition))
            rows = [
                {name: getattr(one, name) for name in Known.__dataclass_fields__} for one in known.values()
            ]
            if rows:
                connection.execute(sa.insert(condition), rows)
            for way, (message, photo_id) in letters:
                put(connection, [way], message, photo_id=photo_id)

    def post(self, letter: Letter, ways: Iterable[str], day: date) -> None:
        """Put a day's postcard into the outbox and remember the day, both or neither; no day has two."""
        message, photo_id = letter
        with self._db.write() as connection:
            if read_fact(connection, _POSTCARD) == day.isoformat():
                return
            write_fact(connection, _POSTCARD, day.isoformat())
            put(connection, ways, message, photo_id=photo_id)
