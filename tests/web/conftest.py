from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from pucci import services as parts_list
from pucci.services import Services
from pucci.web.site import create_app
from tests.fakes import FakeClock
from tests.people import ALICE, BOB
from tests.web.house import house_settings, move_in


@pytest.fixture
def services(tmp_path: Path, database_url: str, clock: FakeClock) -> Iterator[Services]:
    """A house with Alice and Bob."""
    built = parts_list.build(house_settings(tmp_path, database_url=database_url), clock=clock)
    move_in(built, ALICE)
    move_in(built, BOB)
    yield built
    built.close()


@pytest.fixture
def app(services: Services) -> Flask:
    return create_app(services)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
