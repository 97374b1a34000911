"""What tables are made of: times in UTC, and indexes of some rows only."""

from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

_WHERE: Final = "postgresql_where"


class UtcTime(sa.TypeDecorator[datetime]):
    """A time stored in UTC and returned aware."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Turn an aware time into UTC; a naive one is a mistake of ours."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002
        """Return the time in UTC. SQLite gives it back naive."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def only(sqlite: str, postgresql: str) -> dict[str, Any]:
    """Return the options of an index of only these rows; SQLite must read the very words of the queries.

    PostgreSQL's words wait in `info` for `for_postgresql`: to name them here would load 2 MB of its parts
    where they are never used.
    """
    return {"sqlite_where": sa.text(sqlite), "info": {_WHERE: postgresql}}


def for_postgresql(metadata: sa.MetaData) -> None:
    """Give the indexes of a schema their words for PostgreSQL."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if _WHERE in index.info:
                index.dialect_options["postgresql"]["where"] = sa.text(index.info[_WHERE])
