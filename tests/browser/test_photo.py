"""A photo by key, by finger, and with script taken away."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import scenes
from tests.browser.test_look import context_for, signed_in
from tests.browser.test_visit import listen_for_faults
from tests.people import BOB
from tests.web.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, scenes.Services]]:
    with scenes.house(Path(tmp_path_factory.mktemp("house")), scenes.whole_day) as found:
        yield found


def page_at(chromium: Browser, running: Running, path: str, size: str = "desk") -> Page:
    page = context_for(chromium, running, size, "light").new_page()
    signed_in(page, BOB)
    page.goto(path)
    return page


def test_keys_lead_from_photo_to_photo_and_set_the_star(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, services = house
    page = page_at(chromium, running, "/photo/50")
    faults = listen_for_faults(page)
    for key, to in (("ArrowRight", 51), ("ArrowRight", 52), ("ArrowLeft", 51)):
        page.keyboard.press(key)
        page.wait_for_url(f"**/photo/{to}")
    page.wait_for_load_state()
    page.keyboard.press("k")
    page.get_by_text("Kept by you").wait_for()
    assert [photo.id for photo in services.album.kept.page(None, 9)] == [51]
    page.keyboard.press("k")
    page.get_by_text("Not kept.").wait_for()
    assert services.album.kept.page(None, 9) == []
    assert faults == []
    page.context.close()


def test_a_swipe_leads_on_and_a_tap_does_not(chromium: Browser, house: tuple[Running, scenes.Services]):
    page = page_at(chromium, house[0], "/photo/50", "phone")
    swipe(page, 100, 100)
    assert page.url.endswith("/photo/50")
    swipe(page, 300, 80)
    page.wait_for_url("**/photo/51")
    page.wait_for_load_state()
    swipe(page, 80, 300)
    page.wait_for_url("**/photo/50")
    page.context.close()


def swipe(page: Page, start: int, end: int) -> None:
    page.evaluate(
        """([start, end]) => {
          const frame = document.querySelector("[data-photo]");
          const at = (type, x) => frame.dispatchEvent(
            new PointerEvent(type, { pointerType: "touch", clientX: x, clientY: 300, bubbles: true }));
          at("pointerdown", start);
          at("pointerup", end);
        }""",
        [start, end],
    )


def test_the_neighbours_are_there_before_they_are_asked_for(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, _ = house
    context = context_for(chromium, running, "desk", "light")
    page, asked = context.new_page(), list[str]()
    signed_in(page, BOB)
    page.on("response", lambda answer: asked.append(answer.url.rpartition("/media/")[2]))
    with page.expect_response("**/media/photo/79.jpg"):
        page.goto("/photo/80")
    page.wait_for_load_state("networkidle")
    assert {"photo/79.jpg", "photo/80.jpg", "photo/81.jpg"} <= set(asked)
    context.close()


def test_without_script_a_photo_is_seen_starred_and_left_by_links(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, _ = house
    context = chromium.new_context(base_url=f"http://127.0.0.1:{running.port}", java_script_enabled=False)
    page = context.new_page()
    signed_in(page, BOB)
    page.goto("/photo/90")
    page.get_by_label("Keep this photo").click()
    assert page.get_by_text("Kept by you").is_visible()
    page.get_by_label("Keep this photo").click()
    page.get_by_label("After:").click()
    page.wait_for_url("**/photo/91")
    context.close()
