"""A day by finger, mouse, key, and with script taken away; and what it costs."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from tests.browser import scenes
from tests.browser.test_look import context_for, signed_in
from tests.browser.test_visit import listen_for_faults
from tests.people import BOB
from tests.web.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

DAY = "/album/2026-11-19"  # without an hour off; 288 slots, all but nine of them filled


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, scenes.Services]]:
    with scenes.house(Path(tmp_path_factory.mktemp("house")), scenes.week) as found:
        yield found


def page_at(chromium: Browser, running: Running, path: str = DAY, size: str = "desk") -> Page:
    page = context_for(chromium, running, size, "light").new_page()
    signed_in(page, BOB)
    page.goto(path)
    page.wait_for_load_state("networkidle")
    return page


def shown(page: Page) -> str:
    return page.locator("[data-clock]").inner_text()


def large(page: Page) -> int:
    source = page.locator("[data-large] img").get_attribute("src") or ""
    return int(re.sub(r"\D", "", source))


def photo_at(services: scenes.Services, clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    at = scenes.SUNDAY.replace(day=19, hour=hour, minute=minute)
    return services.album.between("sofa", at, at + scenes.STEP)[0].id


@pytest.mark.parametrize("size", ["phone", "desk"])
def test_a_day_costs_few_requests_and_the_second_time_nearly_none(
    chromium: Browser, house: tuple[Running, scenes.Services], size: str
):
    running, _ = house
    page = page_at(chromium, running, "/me", size)
    counted: list[Response] = []
    page.on("response", lambda answer: counted.append(answer))  # noqa: PLW0108
    page.goto(DAY)
    page.wait_for_load_state("networkidle")
    first = [answer for answer in counted if not answer.from_service_worker]
    sent = sum(len(answer.body()) for answer in first)
    assert len(first) <= 35, [answer.url for answer in first]
    assert sent <= 500_000, sent
    page.goto("about:blank")
    asked: dict[str, str] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    cached: set[str] = set()
    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    session.on(
        "Network.requestWillBeSent", lambda event: asked.update({event["requestId"]: event["request"]["url"]})
    )
    disk: set[str] = set()
    session.on(
        "Network.responseReceived",
        lambda event: disk.add(event["requestId"]) if event["response"].get("fromDiskCache") else None,
    )
    page.goto(DAY)
    page.wait_for_load_state("networkidle")
    over_the_line = [url for request, url in asked.items() if request not in cached | disk]
    assert len(over_the_line) <= 4, over_the_line
    print(f"{size}: {len(first)} requests, {sent / 1000:.0f} KB; again {over_the_line}")
    page.context.close()


def test_nothing_moves_while_the_day_loads(chromium: Browser, house: tuple[Running, scenes.Services]):
    running, _ = house
    for size in ("phone", "desk"):
        page = context_for(chromium, running, size, "light").new_page()
        signed_in(page, BOB)
        page.add_init_script(
            "window.moved = 0; new PerformanceObserver(l => l.getEntries().forEach(e => moved += e.value))"
            ".observe({ type: 'layout-shift', buffered: true })"
        )
        page.goto(DAY)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.moved") < 0.05
        page.context.close()


def test_the_scrubber_goes_by_key_and_the_large_picture_follows(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, services = house
    page = page_at(chromium, running, f"{DAY}?at=10")
    faults = listen_for_faults(page)
    scrub = page.get_by_label("Time of day")
    scrub.focus()
    before = shown(page)
    page.keyboard.press("ArrowRight")
    assert shown(page) > before
    page.keyboard.press("Home")
    expect(page.locator("[data-clock]")).to_have_text("00:00")
    for _ in range(3):
        page.keyboard.press("PageUp")
    expect(page.locator("[data-clock]")).to_have_text("03:00")
    expect(page.locator("[data-from]")).to_have_text("From 03:00")
    page.wait_for_function(
        "id => document.querySelector('[data-large] img').src.endsWith(`/${id}.jpg`)",
        arg=photo_at(services, "03:00"),
    )
    assert "03:00" in (page.evaluate("document.querySelector('.scrub').ariaValueText") or "")
    page.wait_for_url(f"**{DAY}?photo={photo_at(services, '03:00')}")
    assert page.locator(".hour [aria-current]").count() == 1
    assert faults == []
    page.context.close()


def test_the_scrubber_goes_by_mouse_and_a_gap_says_its_reason(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    page = page_at(chromium, house[0])
    box = page.locator(".tl-strip").bounding_box()
    assert box
    for share, clock in ((0.25, "06:00"), (0.5, "12:00"), (0.75, "18:00")):
        page.mouse.click(box["x"] + box["width"] * share, box["y"] + 20)
        hour, minute = map(int, shown(page).split(":"))
        wanted = int(clock[:2]) * 60
        assert abs(hour * 60 + minute - wanted) <= 15
    page.mouse.click(box["x"] + box["width"] * 780 / 1440, box["y"] + 20)
    expect(page.locator("[data-said]")).to_contain_text("unplugged")
    page.context.close()


def test_play_goes_through_the_day_in_place_and_stops(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, _ = house
    page = page_at(chromium, running, f"{DAY}?at=9")
    faults = listen_for_faults(page)
    first = shown(page)
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(
        "first => document.querySelector('[data-clock]').textContent > first", arg=f"{first[:2]}:59"
    )
    page.get_by_role("button", name="Stop").click()
    page.wait_for_timeout(300)
    stopped = shown(page)
    page.wait_for_timeout(500)
    assert shown(page) == stopped
    assert page.get_by_role("button", name="Play").is_visible()
    assert faults == []
    page.context.close()


def test_an_hours_tile_is_chosen_in_place_and_its_star_set(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, services = house
    page = page_at(chromium, running, f"{DAY}?at=15", "phone")
    page.locator(".hour").get_by_role("link", name="15:20").click()
    expect(page.locator("[data-clock]")).to_have_text("15:20")
    wanted = photo_at(services, "15:20")
    button = page.get_by_label("Keep this photo")
    was = button.get_attribute("aria-pressed")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false" if was == "true" else "true")
    found = services.album.photo(wanted)
    assert found
    assert found.kept is (was == "false")
    page.locator(".hour").get_by_role("link", name="15:25").click()
    page.locator(".hour").get_by_role("link", name="15:20").click()
    expect(button).to_have_attribute("aria-pressed", "false" if was == "true" else "true")
    page.context.close()


def test_without_script_a_day_is_seen_hour_by_hour_with_room_for_a_finger(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    running, _ = house
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{running.port}",
        java_script_enabled=False,
        viewport={"width": 390, "height": 844},
    )
    page = context.new_page()
    signed_in(page, BOB)
    page.goto(DAY)
    links = page.locator(".hours a")
    assert links.count() == 24
    for link in links.all():
        box = link.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44
    page.get_by_role("link", name="16:00", exact=True).first.click()
    expect(page.get_by_role("heading", name="From 16:00")).to_be_visible()
    page.get_by_role("link", name="16:10").click()
    page.wait_for_url("**/photo/*")
    expect(page.get_by_role("heading", name="16:10")).to_be_visible()
    context.close()
