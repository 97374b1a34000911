"""The kept photos without an end, or page by page, chosen by finger, and taken home as a ZIP."""

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from pucci import demo
from pucci.album.bulk import Bulk
from tests.browser import scenes
from tests.browser.test_look import context_for, signed_in
from tests.browser.test_visit import listen_for_faults
from tests.fakes import FakeClock
from tests.people import BOB
from tests.web.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def years(services: scenes.Services, clock: FakeClock) -> None:
    """Keep 400 photos of two years."""
    plan = demo.Plan(
        "sofa", scenes.SUNDAY, scenes.STEP * 1051, 400 * 5, scenes.UTC, width=320, height=240, kept=5
    )
    bulk = Bulk(services.db, services.album.files, "sofa", slots_since=scenes.SUNDAY, keeper=1)
    bulk.fill(demo.drawn(plan))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, scenes.Services]]:
    with scenes.house(Path(tmp_path_factory.mktemp("house")), years) as found:
        yield found


def test_scrolling_brings_all_of_them_each_once_month_by_month(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, services = house
    total = len(services.album.kept.page(None, 9999))
    page = context_for(chromium, running, "phone", "light").new_page()
    faults = listen_for_faults(page)
    signed_in(page, BOB)
    page.goto("/kept")
    for _ in range(100):
        if page.get_by_role("link", name="Older").count() == 0:
            break
        page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
        page.wait_for_timeout(100)
    links = page.eval_on_selector_all("[data-months] a", "all => all.map(one => one.href)")
    assert len(links) == len(set(links)) == total
    months = page.eval_on_selector_all("[data-month]", "all => all.map(one => one.dataset.month)")
    assert len(months) == len(set(months)) >= 20
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ more photos\.$"))
    assert faults == []
    page.context.close()


def test_the_chosen_ones_are_downloaded(chromium: Browser, house: tuple[Running, scenes.Services]):
    page = context_for(chromium, house[0], "desk", "light").new_page()
    signed_in(page, BOB)
    page.goto("/kept")
    page.get_by_role("link", name="Select").click()
    boxes = page.get_by_role("checkbox")
    expect(boxes).to_have_count(60)
    count = page.locator("[data-count]")
    page.get_by_role("button", name="Download").click()
    expect(count).to_have_text("Choose some photos first.")
    for number in (0, 3, 5):
        boxes.nth(number).check()
    expect(count).to_have_text("3 chosen")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    with zipfile.ZipFile(download.value.path()) as packed:
        assert len(packed.namelist()) == 3
        assert packed.testzip() is None
    page.context.close()


def test_without_script_a_photo_is_starred_from_its_day_and_found_page_by_page(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, services = house
    context = chromium.new_context(base_url=f"http://127.0.0.1:{running.port}", java_script_enabled=False)
    page = context.new_page()
    signed_in(page, BOB)
    page.get_by_role("link", name="Kept").click()
    seen: list[str] = []
    pages = 0
    while True:
        links = page.locator("[data-months] a")
        seen += [link.get_attribute("href") or "" for link in links.all()]
        pages += 1
        older = page.get_by_role("link", name="Older")
        if older.count() == 0:
            break
        older.click()
    kept = [f"/photo/{photo.id}" for photo in services.album.kept.page(None, 9999)]
    assert seen == kept
    assert pages == -(-len(kept) // 60) > 1

    links.last.click()
    star = page.get_by_label("Keep this photo")
    expect(star).to_have_attribute("aria-pressed", "false")  # it is Alice's
    page.locator('nav a[href^="/album/"]').click()
    page.get_by_label("Keep this photo").click()
    expect(page.get_by_label("Keep this photo")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("Open this photo").click()
    expect(page.get_by_text("Kept by")).to_contain_text("you")
    page.get_by_label("Keep this photo").click()
    expect(page.get_by_label("Keep this photo")).to_have_attribute("aria-pressed", "false")
    context.close()
