"""Chromium for the servers' tests too, and rooms for them."""

from collections.abc import Iterator

import pytest

from tests.browser.conftest import chromium  # noqa: F401 - a fixture
from tests.servers.room import Room


@pytest.fixture
def room() -> Iterator[Room]:
    """A room with a network of its own."""
    found = Room(net=True)
    yield found
    found.close()
