"""The app in a real browser: without a line, after sign-out, and when the next photo comes."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pucci.photo import Frame, State, Verdict
from tests.browser import scenes
from tests.browser.test_look import context_for, look, signed_in
from tests.fakes import SUNDAY
from tests.people import BOB
from tests.web.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEPT = "async () => (await (await caches.open('last-photo')).keys()).length"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Running, scenes.Services]]:
    with scenes.house(tmp_path, scenes.whole_day) as (running, services):
        yield running, services


@pytest.fixture
def context(chromium: Browser, house: tuple[Running, scenes.Services]) -> Iterator[BrowserContext]:
    # localhost by its number is a secure context, as HTTPS would be
    context = context_for(chromium, house[0], "phone", "light")
    yield context
    context.close()


def seen_the_cam(page: Page) -> None:
    signed_in(page, BOB)
    page.goto("/cam")
    for _ in range(100):
        if page.evaluate(KEPT):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the last photo was not kept")


SENTENCES = {
    "en": ("No line to Pucci", "This is the last photo seen here: Sunday 22 November, 21:35."),
    "de": (
        "Keine Verbindung zu Pucci",
        "Dies ist das letzte Foto, das hier zu sehen war: Sonntag, 22. November, 21:35.",
    ),
}


@pytest.mark.parametrize("code", list(SENTENCES))
def test_without_a_line_the_last_photo_seen_is_shown_with_its_day_and_dimmed(
    context: BrowserContext, house: tuple[Running, scenes.Services], code: str
):
    page = context.new_page()
    seen_the_cam(page)
    page.goto(f"/cam?lang={code}")
    page.wait_for_function(
        "async code => (await caches.match('/offline'))?.headers.get('Content-Language') === code", arg=code
    )
    house[0].server.should_exit = True
    page.wait_for_timeout(1500)
    page.goto("/album/2026-11-22")
    heading, sentence = SENTENCES[code]
    expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.get_by_text(sentence)).to_be_visible()
    size, opacity = page.locator("[data-last]").evaluate(
        "image => [image.naturalWidth, getComputedStyle(image).opacity]"
    )
    assert size == scenes.WIDTH
    assert opacity == "0.5"
    look(page, f"offline-{code}-phone-light")


def test_signing_out_leaves_no_photo_in_the_browser(context: BrowserContext):
    page = context.new_page()
    seen_the_cam(page)
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("/")
    assert page.evaluate(KEPT) == 0


def test_a_session_that_was_ended_takes_the_photo_along(
    context: BrowserContext, house: tuple[Running, scenes.Services]
):
    page = context.new_page()
    seen_the_cam(page)
    bob = house[1].accounts.users.by_email(BOB.email)
    assert bob is not None
    house[1].accounts.sessions.end_all(bob)
    page.goto("/cam")
    page.wait_for_url(re.compile("/login"))
    assert page.evaluate(KEPT) == 0


def test_the_next_photo_comes_by_itself_and_is_told(
    context: BrowserContext, house: tuple[Running, scenes.Services]
):
    page = context.new_page()
    page.clock.install(time=SUNDAY + timedelta(minutes=2))
    seen_the_cam(page)
    at = SUNDAY + timedelta(minutes=5)
    shown = Frame(scenes.painted(SUNDAY.replace(hour=9)), at)
    photo = house[1].album.add(
        "sofa", shown, Verdict(State.WHOLE, width=scenes.WIDTH, height=scenes.HEIGHT), due_at=at
    )
    page.clock.run_for(4 * 60 * 1000)
    expect(page.locator('[data-live="picture"]')).to_have_attribute("src", f"/media/photo/{photo.id}.jpg")
    expect(page.get_by_role("status").filter(has_text="There is a new photo: 21:40")).to_have_count(1)
    expect(page.locator("h1")).to_have_text("21:40")
