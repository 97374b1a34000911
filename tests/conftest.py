"""Fixtures shared by all: a fake clock, and a real database in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pucci.db import Database, open_db
from tests.fakes import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = open_db(f"sqlite:///{tmp_path / 'pucci.db'}")
    yield database
    database.close()
