"""Fixtures shared by all: a fake clock, and a real database of the test's own, of both kinds."""

import itertools
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from pucci.db import Database, open_db
from tests.fakes import FakeClock
from tests.postgres import BOTH, Server, postgresql


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    with postgresql() as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try all on SQLite and PostgreSQL; of the pages' tests only modules that say `ON_BOTH = True`."""
    if "new_url" in metafunc.fixturenames:
        pages = getattr(metafunc.module, "__name__", "").startswith("tests.web")
        both = not pages or getattr(metafunc.module, "ON_BOTH", False)
        metafunc.parametrize("new_url", BOTH if both else BOTH[:1], indirect=True)


@pytest.fixture
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes an empty database of either kind: what works on one must work on the other."""
    if request.param == "postgresql":
        return request.getfixturevalue("postgres").database
    names = itertools.chain(["pucci.db"], (f"pucci{number}.db" for number in itertools.count(2)))
    return lambda: f"sqlite:///{tmp_path / next(names)}"


@pytest.fixture
def database_url(new_url: Callable[[], str]) -> str:
    return new_url()


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = open_db(database_url)
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
