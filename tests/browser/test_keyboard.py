"""With a keyboard, a screen reader, and by those whom motion makes ill."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import scenes
from tests.browser.test_look import SIZES, context_for, signed_in
from tests.people import ALICE
from tests.web.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PAGES = [
    "/",
    "/contact",
    "/cam",
    "/album/2026-11-22",
    "/photo/120",
    "/kept",
    "/kept?select=1",
    "/people",
    "/me",
]

# What can be reached, in the order it stands in: of a group of choices the chosen one.
STOPS = """() => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex]")]
  .filter(e => e.checkVisibility({ visibilityProperty: true }) && !e.disabled && e.type !== "hidden")
  .filter(e => e.type !== "radio" || e.checked)
  .map(e => e.outerHTML.slice(0, 120))"""

# Where the focus is, how it is marked, and what lies over its middle.
HERE = """() => {
  const e = document.activeElement;
  const box = e.getBoundingClientRect();
  const seen = document.elementFromPoint(
    Math.min(Math.max(box.x + box.width / 2, 1), innerWidth - 2), box.y + box.height / 2);
  const style = getComputedStyle(e);
  return {
    html: e.outerHTML.slice(0, 120),
    marked: parseFloat(style.outlineWidth) >= 3 && style.outlineStyle !== "none" || e.type === "range"
      || getComputedStyle(e, "::before").outlineStyle !== "none",
    covered: !!seen && !e.contains(seen) && !seen.contains(e) && !e.labels?.[0]?.contains(seen),
    by: seen?.outerHTML.slice(0, 80),
  };
}"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, scenes.Services]]:
    with scenes.house(Path(tmp_path_factory.mktemp("house")), scenes.starred) as found:
        yield found


@pytest.mark.parametrize("size", list(SIZES))
def test_tab_goes_through_each_page_in_its_order_and_what_has_the_focus_is_seen(
    chromium: Browser, house: tuple[Running, scenes.Services], size: str
):
    context = context_for(chromium, house[0], size, "light")
    page = context.new_page()
    signed_in(page, ALICE)
    for path in PAGES:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        wanted = page.evaluate(STOPS)
        assert len(wanted) > 4
        for stop in wanted:
            page.keyboard.press("Tab")
            here = page.evaluate(HERE)
            assert here["html"] == stop, path
            assert here["marked"], (path, stop)
            assert not here["covered"], (path, stop, here["by"])
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_the_first_tab_offers_to_skip_the_frame(
    chromium: Browser, house: tuple[Running, scenes.Services], path: str
):
    context = context_for(chromium, house[0], "desk", "light")
    page = context.new_page()
    signed_in(page, ALICE)
    page.goto(path)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the page")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")
    context.close()


def played(page: Page) -> int:
    """Play from nine o'clock for three seconds, and return how many minutes of the day went by."""
    page.goto("/album/2026-11-22?at=9")
    page.wait_for_load_state("networkidle")
    clock = page.locator("[data-clock]")
    hour, minute = map(int, clock.inner_text().split(":"))
    page.get_by_role("button", name="Play").click()
    page.wait_for_timeout(3000)
    page.get_by_role("button", name="Stop").click()
    later = list(map(int, clock.inner_text().split(":")))
    return 60 * (later[0] - hour) + later[1] - minute


def test_who_wants_little_motion_gets_a_step_a_second(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    calm = chromium.new_context(base_url=f"http://127.0.0.1:{house[0].port}", reduced_motion="reduce")
    page = calm.new_page()
    signed_in(page, ALICE)
    minutes = played(page)
    assert 5 <= minutes <= 20  # a photo every five minutes: at most four of them
    moving = """() => [...document.querySelectorAll("*")].filter(e => {
      const { transitionDuration, animationDuration } = getComputedStyle(e);
      return parseFloat(transitionDuration) > 0 || parseFloat(animationDuration) > 0;
    }).length"""
    for path in PAGES:
        page.goto(path)
        assert page.evaluate(moving) == 0
    page.emulate_media(reduced_motion="no-preference")
    assert page.evaluate(moving) > 0
    assert played(page) > minutes
    calm.close()


def test_what_changes_in_its_place_is_told(chromium: Browser, house: tuple[Running, scenes.Services]):
    context = context_for(chromium, house[0], "desk", "light")
    page = context.new_page()
    signed_in(page, ALICE)
    page.goto("/album/2026-11-22")
    page.wait_for_load_state("networkidle")
    told = page.get_by_role("status")
    star = page.get_by_label("Keep this photo")
    star.click()
    expect(told).to_have_text("Kept by you. It stays when older photos go.")
    star.click()
    expect(told).to_have_text("Not kept.")
    page.get_by_role("button", name="Play").click()
    expect(told).to_have_text("The day plays.")
    context.close()
