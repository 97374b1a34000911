import asyncio
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import timedelta
from pathlib import Path

import pytest

from pucci import services as parts_list
from pucci.clock import SystemClock
from pucci.services import Services
from pucci.settings import LiveSettings, ServerSettings
from pucci.web.asgi import make
from tests.people import ALICE
from tests.web.house import house_settings, move_in
from tests.web.running import Running, serving
from tests.web.test_live import Reader


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Services]:
    settings = house_settings(tmp_path, server=ServerSettings(port=0), live=LiveSettings(max_watchers=4))
    built = parts_list.build(settings, clock=SystemClock())
    move_in(built, ALICE)
    yield built
    built.close()


@pytest.fixture
def running(house: Services) -> Iterator[Running]:
    def app(stopping: asyncio.Event):
        return make(house, stopping=stopping)

    with serving(app, house.settings.server) as found:
        yield found


def test_a_live_link_taken_back_ends_the_stream_within_five_seconds(running: Running, house: Services):
    token = house.accounts.shares.live("sofa", life=timedelta(days=1), by="Alice")
    stranger = running.browser()
    assert stranger.get(f"/s/{token}").status == 200
    with running.connect() as line:
        line.settimeout(5)
        request = (
            f"GET /media/live/sofa.mjpeg HTTP/1.1\r\nHost: localhost\r\nCookie: {stranger.cookie}\r\n\r\n"
        )
        line.sendall(request.encode())
        seen = b""
        while b"image/jpeg" not in seen:
            seen += line.recv(65_536)
        assert seen.startswith(b"HTTP/1.1 200")
        (share,) = house.accounts.shares.all()
        house.accounts.shares.revoke(share.id)
        begun = time.monotonic()
        try:
            while line.recv(65_536):
                assert time.monotonic() - begun < 5
        except ConnectionError:
            pass
        assert time.monotonic() - begun < 5
    assert stranger.get("/media/live/sofa.jpg").status == 403


def test_guests_leave_half_the_seats_to_the_family(running: Running, house: Services):
    alice = running.browser()
    alice.sign_in(ALICE)
    with ExitStack() as stack:

        def guest() -> Reader:
            """Watch by a link that is another guest's."""
            browser = running.browser()
            link = house.accounts.shares.live("sofa", life=timedelta(days=1), by="Alice")
            assert browser.get(f"/s/{link}").status == 200
            return stack.enter_context(closing(Reader(browser)))

        assert [guest().status for _ in range(2)] == [200, 200]
        refused = guest()
        assert refused.status == 503
        assert b"So many guests" in refused.file.read(int(refused.headers["content-length"]))
        assert all(stack.enter_context(closing(Reader(alice))).status == 200 for _ in range(2))
        assert stack.enter_context(closing(Reader(alice))).status == 503
