"""A day by finger, mouse, key, and with script taken away; and what it costs."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response, expect

from pucci.photo import Frame, State, Verdict
from tests.browser import scenes
from tests.browser.test_look import context_for, look, signed_in
from tests.browser.test_visit import listen_for_faults
from tests.fakes import FakeClock
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


def today(services: scenes.Services, clock: FakeClock) -> None:
    """Fill the slots from eight in the evening on."""
    scenes.fill(services, scenes.SUNDAY.replace(hour=20, minute=0), scenes.SUNDAY + scenes.STEP)


def every_half_minute(services: scenes.Services, clock: FakeClock) -> None:
    for number in range(130):
        at = scenes.MIDNIGHT.replace(hour=4) + number * timedelta(seconds=30)
        whole = Verdict(State.WHOLE, width=scenes.WIDTH, height=scenes.HEIGHT)
        services.album.add("sofa", Frame(scenes.painted(scenes.SUNDAY), at), whole)


def add_next(services: scenes.Services) -> int:
    scenes.fill(services, scenes.SUNDAY + scenes.STEP, scenes.SUNDAY + 2 * scenes.STEP)
    photo = services.album.newest("sofa")
    assert photo
    return photo.id


def today_at(chromium: Browser, running: Running) -> Page:
    page = context_for(chromium, running, "phone", "light").new_page()
    page.clock.install(time=scenes.SUNDAY + timedelta(minutes=2))
    signed_in(page, BOB)
    page.goto("/album/2026-11-22")
    page.wait_for_load_state("networkidle")
    return page


@pytest.mark.parametrize("looks_back", [False, True], ids=["newest", "looks back"])
def test_todays_next_photo_comes_by_itself_and_is_told(chromium: Browser, tmp_path: Path, looks_back: bool):
    with scenes.house(tmp_path, today) as (running, services):
        page = today_at(chromium, running)
        if looks_back:
            page.keyboard.press("ArrowLeft")
        fresh = add_next(services)
        page.clock.run_for(4 * 60 * 1000)
        expect(page.get_by_role("status")).to_have_text("There is a new photo: 21:40")
        expect(page.locator("[data-clock]")).to_have_text("21:30" if looks_back else "21:40")
        expect(page.locator(".dayhead p")).to_contain_text("21 photos")
        expect(page.locator(".hour").get_by_role("link", name="21:40")).to_have_count(1)
        page.get_by_role("link", name="To the newest").click()
        expect(page.locator("[data-clock]")).to_have_text("21:40")
        expect(page.locator("[data-large]")).to_have_attribute("href", f"/photo/{fresh}")
        page.context.close()


def test_to_the_newest_leads_on_where_the_page_is_old(chromium: Browser, tmp_path: Path):
    with scenes.house(tmp_path, today) as (running, services):
        page = today_at(chromium, running)
        add_next(services)
        page.clock.set_fixed_time(scenes.SUNDAY + timedelta(hours=2))
        page.get_by_role("link", name="To the newest").click()
        page.wait_for_url("**/album/2026-11-22")
        expect(page.locator("[data-clock]")).to_have_text("21:40")
        page.context.close()


def test_the_number_of_kept_photos_follows_the_star(chromium: Browser, tmp_path: Path):
    with scenes.house(tmp_path, today) as (running, _):
        page = page_at(chromium, running, "/album/2026-11-22")
        said, star = page.locator("[data-kept]"), page.get_by_label("Keep this photo")
        expect(said).to_be_hidden()
        star.click()
        expect(said).to_have_text(", 1 kept")
        star.click()
        expect(said).to_be_hidden()
        page.context.close()


def test_a_photo_that_is_on_no_sheet_has_its_hour_all_the_same(chromium: Browser, tmp_path: Path):
    with scenes.house(tmp_path, every_half_minute) as (running, _):
        page = page_at(chromium, running, "/album/2026-11-22?at=5")
        expect(page.locator("[data-from]")).to_have_text("From 05:00")
        page.get_by_label("Time of day").focus()
        page.keyboard.press("Home")  # the day's first photo
        expect(page.locator("[data-from]")).to_have_text("From 04:00")
        page.goto("/album/2026-11-22?at=5")
        scrubbed = "document.querySelector('.scrub')"
        page.evaluate(f"{scrubbed}.value = 60; {scrubbed}.dispatchEvent(new Event('input'))")
        expect(page.locator("[data-clock]")).to_have_text("05:00")
        page.keyboard.press("ArrowLeft")
        expect(page.locator("[data-clock]")).to_have_text("04:59")
        expect(page.locator("[data-from]")).to_have_text("From 04:00")
        page.context.close()


@pytest.mark.parametrize("code", ["en", "de"])
def test_a_reason_moves_nothing_under_the_finger(
    chromium: Browser, house: tuple[Running, scenes.Services], code: str
):
    page = page_at(chromium, house[0], f"{DAY}?lang={code}", "phone")
    scrub = page.locator(".scrub")
    heights: set[float] = set()
    for value in (100, 156, 200):
        page.evaluate(
            "value => { const scrub = document.querySelector('.scrub'); scrub.value = value;"
            " scrub.dispatchEvent(new Event('input')); }",
            value,
        )
        box = scrub.bounding_box()
        assert box
        heights.add(box["y"])
        if value == 156:
            expect(page.locator("[data-said]")).to_contain_text(":")
            look(page, f"album-gap-{code}-phone")
    assert len(heights) == 1, heights
    page.context.close()


def test_the_scrubber_says_where_it_is_before_it_is_moved(
    chromium: Browser, house: tuple[Running, scenes.Services]
):
    page = page_at(chromium, house[0])
    assert shown(page) in (page.evaluate("document.querySelector('.scrub').ariaValueText") or "")
    page.context.close()


def test_play_stop_and_play_again_is_one_film(chromium: Browser, house: tuple[Running, scenes.Services]):
    page = page_at(chromium, house[0], f"{DAY}?at=9")
    seen = page.evaluate(
        """async () => {
          const [play, clock] = ["play", "clock"].map((name) => document.querySelector(`[data-${name}]`));
          const seen = [];
          for (let times = 0; times < 3; times += 1) play.click();
          new MutationObserver(() => seen.push(clock.textContent)).observe(clock, { childList: true });
          await new Promise((done) => setTimeout(done, 2500));
          play.click();
          return seen.slice(0, -1);
        }"""
    )
    assert len(seen) > 2
    assert len(seen) == len(set(seen)), seen
    page.context.close()


def test_play_without_a_line_says_so(chromium: Browser, house: tuple[Running, scenes.Services]):
    page = page_at(chromium, house[0], f"{DAY}?at=9")
    page.route("**/media/photo/**", lambda route: route.abort())
    page.get_by_role("button", name="Play").click()
    expect(page.locator("[data-said]")).to_have_text("No photos come. Look at the line, then play again.")
    expect(page.get_by_role("status")).to_have_text("No photos come. Look at the line, then play again.")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
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
