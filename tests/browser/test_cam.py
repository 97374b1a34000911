"""What a visit of the cam costs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import scenes
from tests.browser.test_app import KEPT
from tests.browser.test_look import context_for
from tests.browser.test_visit import fill_in
from tests.people import BOB
from tests.web.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, scenes.Services]]:
    with scenes.house(Path(tmp_path_factory.mktemp("house")), scenes.whole_day) as found:
        yield found


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_first_visit_costs_few_requests_and_the_second_nearly_none(
    chromium: Browser, house: tuple[Running, scenes.Services], size: str
):
    """As the server counts them: from the sign-in's button on, with the service worker's own."""
    state = house[0].server.server_state
    page = context_for(chromium, house[0], size, "light").new_page()
    page.goto("/login")
    page.wait_for_load_state("networkidle")
    before = state.total_requests
    fill_in(page, BOB.email, BOB.password)
    page.wait_for_function(KEPT)  # the last the worker does
    page.locator(".part summary").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    first = state.total_requests - before
    page.goto("about:blank")
    before = state.total_requests
    page.goto("/cam")
    page.wait_for_load_state("networkidle")
    again = state.total_requests - before
    print(f"{size}: {first} requests, then {again}")
    assert first <= 20
    assert again <= 4
    page.context.close()


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_the_hours_before_are_asked_for_when_they_are_opened_and_the_newest_is_in_view(
    chromium: Browser, house: tuple[Running, scenes.Services], size: str
):
    page = context_for(chromium, house[0], size, "light").new_page()
    page.goto("/login")
    fill_in(page, BOB.email, BOB.password)
    page.get_by_text("The hours before").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    fetched = "performance.getEntriesByType('resource').filter(e => e.name.includes('/media/sheet/')).length"
    assert page.evaluate(fetched) == 6
    for time in ("17:55", "16:55"):
        expect(page.get_by_role("link", name=time, exact=True)).to_be_in_viewport(ratio=1)
    page.get_by_text("The hours before").click()
    page.get_by_role("link", name="00:55").scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert page.evaluate(fetched) > 6
    page.get_by_role("link", name="00:55").click()
    page.wait_for_url("**/photo/*")
    expect(page.get_by_role("heading", name="00:55")).to_be_visible()
    page.context.close()
