"""Fixtures shared by all: a fake clock, and a real database in a folder of its own."""

import os
from collections.abc import Generator, Iterator
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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a test that skips itself fails, unless it says beside it why it may."""
    report = yield
    if report.skipped and os.environ.get("CI") and item.get_closest_marker("may_skip") is None:
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report
