"""Every page in every state, on a phone and at a desk, by day and by night; pictures in out/screenshots."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import scenes
from tests.browser.axe import violations
from tests.browser.test_visit import fill_in, listen_for_faults
from tests.fakes import FakeClock
from tests.people import ALICE, BOB, CHARLIE, Person
from tests.web.running import Process, Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OUT: Final = Path(__file__).parents[2] / "out" / "screenshots"
SIZES: Final = {"phone": (390, 844), "desk": (1280, 900)}

# Targets are 44 pixels; a link inside a sentence is not one, and thumbs are 80 × 60.
SMALL_TARGETS: Final = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
  .filter(e => e.type !== "hidden" && !e.closest(".skip, .note, .story, p:has(a):not(:has(> a:only-child))"))
  .map(e => [e.outerHTML.slice(0, 80), (e.closest("label.choice") ?? e).getBoundingClientRect()])
  .filter(([, box]) => box.width && (box.height < 44 || box.width < 44))
  .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""

FORBIDDEN_WIDTH: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
UNSEEN: Final = """async () => {
  const all = [...document.images];
  all.forEach(i => i.loading = "eager");
  await Promise.all(all.map(i => i.complete ? 0 : new Promise(r => { i.onload = i.onerror = r; })));
  return all.filter(i => !i.naturalWidth).map(i => i.src);
}"""


@pytest.fixture(scope="module")
def houses(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Callable[..., tuple[Running, scenes.Services]]]:
    with ExitStack() as stack:
        known: dict[object, tuple[Running, scenes.Services]] = {}

        def get(furnish: Callable[..., None], *cameras: str) -> tuple[Running, scenes.Services]:
            key = (furnish, cameras)
            if key not in known:
                folder = Path(tmp_path_factory.mktemp("house"))
                known[key] = stack.enter_context(scenes.house(folder, furnish, *cameras))
            return known[key]

        yield get


def signed_in(page: Page, person: Person) -> None:
    page.goto("/login")
    fill_in(page, person.email, person.password)


def cam(page: Page) -> None:
    signed_in(page, BOB)
    page.goto("/cam")


def album(page: Page) -> None:
    signed_in(page, ALICE)
    page.goto("/album/2026-11-22")
    page.wait_for_load_state("networkidle")


def album_empty(page: Page) -> None:
    signed_in(page, BOB)
    page.goto("/album/2026-11-24")


def kept(page: Page) -> None:
    signed_in(page, BOB)
    page.goto("/kept")


def kept_select(page: Page) -> None:
    signed_in(page, ALICE)
    page.goto("/kept?select=1")
    for box in page.get_by_role("checkbox").all()[:3]:
        box.check()


def shares_some(page: Page) -> None:
    kept_select(page)
    page.get_by_role("button", name="Share").click()


def photo(page: Page) -> None:
    signed_in(page, ALICE)
    page.goto("/photo/120")


def photo_kept(page: Page) -> None:
    photo(page)
    star = page.get_by_label("Keep this photo")
    if star.get_attribute("aria-pressed") == "false":
        star.click()
    page.get_by_text("Kept by you").wait_for()
    page.locator("summary").click()


def films(page: Page) -> None:
    signed_in(page, ALICE)
    page.goto("/films")


def profile(page: Page) -> None:
    signed_in(page, ALICE)
    page.goto("/profile")


def pictures(page: Page) -> None:
    signed_in(page, ALICE)
    page.goto("/profile/pictures")


def owner_at(address: str) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        signed_in(page, ALICE)
        page.goto(address)

    return go


def link_made(page: Page) -> str:
    page.get_by_role("button", name="Make a link").first.click()
    return page.locator(".link").inner_text()


def people_link(page: Page) -> None:
    owner_at("/people")(page)
    page.get_by_label("Name").fill("Grandma")
    link_made(page)


def invited(page: Page) -> None:
    people_link(page)
    link = page.locator(".link").inner_text()
    page.context.clear_cookies()
    page.goto(link)


def shares_link(page: Page) -> None:
    owner_at("/shares?photo=120")(page)
    link_made(page)


def shared(page: Page) -> None:
    shares_link(page)
    link = page.locator(".link").inner_text()
    page.context.clear_cookies()
    page.goto(link)


def shared_pin(page: Page) -> None:
    owner_at("/shares?kept=1")(page)
    page.get_by_label("PIN, if you like").first.fill("2468")
    link = link_made(page)
    page.context.clear_cookies()
    page.goto(link)


def offline(page: Page) -> None:
    page.goto("/offline")
    page.locator("[data-last]").wait_for(state="detached")  # no photo was seen here yet


def refused(page: Page) -> None:
    signed_in(page, ALICE)
    page.goto("/cam/sofa/refused")


def wrong_password(page: Page) -> None:
    page.goto("/login")
    fill_in(page, BOB.email, "wrong")


def guest(page: Page) -> None:
    signed_in(page, CHARLIE)


def broken_form(page: Page) -> None:
    page.goto("/login")
    page.context.clear_cookies()
    fill_in(page, BOB.email, BOB.password)


def path(address: str) -> Callable[[Page], None]:
    return lambda page: page.goto(address) and None


STATES: Final = {
    "home": (scenes.whole_day, path("/"), ()),
    "contact": (scenes.whole_day, path("/contact"), ()),
    "login": (scenes.whole_day, path("/login"), ()),
    "login-wrong": (scenes.whole_day, wrong_password, ()),
    "dead-link": (scenes.whole_day, path("/setup/abc"), ()),
    "cam": (scenes.whole_day, cam, ()),
    "cam-unplugged": (scenes.unplugged, cam, ()),
    "cam-stuck": (scenes.stuck, cam, ()),
    "cam-not-running": (scenes.not_running, cam, ()),
    "cam-empty": (scenes.nothing_yet, cam, ()),
    "cam-several": (scenes.whole_day, cam, ("sofa", "garden", "kitchen")),
    "cam-other": (scenes.whole_day, owner_at("/cam/sofa"), ()),
    "cam-off": (scenes.off, cam, ()),
    "cam-refused": (scenes.refused, refused, ()),
    "cam-recovered": (scenes.recovered, owner_at("/cam"), ()),
    "people-recovered": (scenes.recovered, owner_at("/people"), ()),
    "album": (scenes.week, album, ()),
    "album-empty": (scenes.week, album_empty, ()),
    "kept": (scenes.week, kept, ()),
    "kept-select": (scenes.week, kept_select, ()),
    "kept-empty": (scenes.nothing_yet, kept, ()),
    "shares-some": (scenes.week, shares_some, ()),
    "photo": (scenes.whole_day, photo, ()),
    "photo-kept": (scenes.whole_day, photo_kept, ()),
    "films": (scenes.filmed, films, ()),
    "films-empty": (scenes.nothing_yet, films, ()),
    "home-public": (scenes.published, path("/"), ()),
    "profile": (scenes.published, profile, ()),
    "pictures": (scenes.published, pictures, ()),
    "pictures-empty": (scenes.nothing_yet, pictures, ()),
    "people": (scenes.whole_day, owner_at("/people"), ()),
    "people-link": (scenes.whole_day, people_link, ()),
    "person": (scenes.whole_day, owner_at("/people/2"), ()),
    "journal": (scenes.whole_day, owner_at("/people/journal"), ()),
    "me": (scenes.whole_day, owner_at("/me"), ()),
    "codes": (scenes.whole_day, owner_at("/me/codes"), ()),
    "state": (scenes.whole_day, owner_at("/state"), ()),
    "state-wrong": (scenes.much_wrong, owner_at("/state"), ()),
    "tokens": (scenes.whole_day, owner_at("/tokens"), ()),
    "invite": (scenes.whole_day, invited, ()),
    "shares": (scenes.whole_day, owner_at("/shares"), ()),
    "shares-link": (scenes.whole_day, shares_link, ()),
    "share": (scenes.whole_day, shared, ()),
    "share-pin": (scenes.week, shared_pin, ()),
    "share-dead": (scenes.whole_day, path("/s/abc"), ()),
    "offline": (scenes.whole_day, offline, ()),
    "not-found": (scenes.whole_day, path("/nowhere"), ()),
    "forbidden": (scenes.whole_day, guest, ()),
    "not-allowed": (scenes.whole_day, path("/logout"), ()),
    "old-form": (scenes.whole_day, broken_form, ()),
}

# Every page there is, and a state that looks at it; tests/web/site/test_pages.py fails on one left out.
PAGES: Final = {
    "/": "home",
    "/album/<day>": "album",
    "/cam": "cam",
    "/cam/<camera>": "cam-other",
    "/cam/<camera>/refused": "cam-refused",
    "/contact": "contact",
    "/films": "films",
    "/invite/<token>": "invite",
    "/kept": "kept",
    "/login": "login",
    "/me": "me",
    "/me/codes": "codes",
    "/offline": "offline",
    "/people": "people",
    "/people/<int:user_id>": "person",
    "/people/journal": "journal",
    "/photo/<int:photo_id>": "photo",
    "/profile": "profile",
    "/profile/pictures": "pictures",
    "/s/<token>": "share",
    "/setup/<token>": "dead-link",
    "/shares": "shares",
    "/state": "state",
    "/tokens": "tokens",
}
_VALUE: Final = re.compile(r"<[^>]+>")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("state", list(STATES))
def test_the_page_is_right_to_the_eye_and_to_the_finger(
    chromium: Browser, houses: Callable[..., tuple[Running, object]], state: str, size: str, scheme: str
):
    furnish, go, cameras = STATES[state]
    running, _ = houses(furnish, *cameras)
    context = context_for(chromium, running, size, scheme)
    page = context.new_page()
    faults = listen_for_faults(page)
    go(page)
    for rule in (rule for rule, shown in PAGES.items() if shown == state):
        assert re.fullmatch(_VALUE.sub("[^/]+", rule), urlsplit(page.url).path)
    look(page, f"{state}-{size}-{scheme}")
    assert faults == []
    context.close()


# Pages that answer a form are not there to be asked for again.
ANSWERS: Final = {"login-wrong", "shares-some", "not-allowed", "old-form", "kept-select"}


@pytest.mark.parametrize("size", list(SIZES))
@pytest.mark.parametrize("state", [state for state in STATES if state not in ANSWERS])
def test_german_has_the_room_it_needs(
    chromium: Browser, houses: Callable[..., tuple[Running, object]], state: str, size: str
):
    furnish, go, cameras = STATES[state]
    running, _ = houses(furnish, *cameras)
    context = context_for(chromium, running, size, "light")
    page = context.new_page()
    go(page)
    page.goto(f"{page.url}{'&' if '?' in page.url else '?'}lang=de")
    assert page.locator("html").get_attribute("lang") == "de"
    look(page, f"{state}-german-{size}")
    context.close()


@pytest.mark.parametrize("size", list(SIZES))
def test_the_picture_the_owner_chose_is_seen_whole(
    chromium: Browser, houses: Callable[..., tuple[Running, object]], size: str
):
    running, _ = houses(scenes.published)
    context = context_for(chromium, running, size, "light")
    page = context.new_page()
    page.goto("/")
    box = page.locator(".hero img").bounding_box()
    assert box
    assert abs(box["width"] / box["height"] - scenes.WIDTH / scenes.HEIGHT) < 0.01
    assert box["height"] <= 0.75 * SIZES[size][1]
    assert box["width"] >= min(SIZES[size][0], scenes.WIDTH)
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_page_that_asks_for_a_fresh_proof_is_right_to_the_eye(
    chromium: Browser, tmp_path: Path, size: str, scheme: str
):
    clock = FakeClock(scenes.SUNDAY)
    with scenes.house(tmp_path, scenes.nothing_yet, clock=clock) as (running, _):
        context = context_for(chromium, running, size, scheme)
        page = context.new_page()
        for code, wrong in (("en", "That is not you."), ("de", "Das bist du nicht.")):
            owner_at(f"/people?lang={code}")(page)
            clock.advance(minutes=16)
            page.locator('form[action="/people/invite"] [name="name"]').fill("Grandma")
            page.locator('form[action="/people/invite"] button').click()
            page.locator("#proof").wait_for()
            look(page, f"proof-{code}-{size}-{scheme}")
            page.locator("#proof_password").fill("wrong")
            page.locator("#proof button.main").click()
            page.get_by_role("alert").get_by_text(wrong).wait_for()
            look(page, f"proof-wrong-{code}-{size}-{scheme}")
            page.context.clear_cookies()
        context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_first_link_is_right_to_the_eye(chromium: Browser, tmp_path: Path, size: str, scheme: str):
    with scenes.house(tmp_path, scenes.empty) as (running, services):
        context = context_for(chromium, running, size, scheme)
        page = context.new_page()
        page.goto(f"/setup/{services.accounts.links.make_owner_link()}")
        look(page, f"setup-{size}-{scheme}")
        page.get_by_label("Your name").fill("Alice")
        page.get_by_label("E-mail").fill("alice@example.org")
        page.get_by_label("Password").fill("short")
        page.get_by_role("button").click()
        look(page, f"setup-problem-{size}-{scheme}")
        context.close()


def test_the_keyboard_goes_through_the_page_in_its_order(
    chromium: Browser, houses: Callable[..., tuple[Running, object]]
):
    running, _ = houses(scenes.whole_day)
    context = context_for(chromium, running, "desk", "light")
    page = context.new_page()
    page.goto("/login")
    names = []
    for _ in range(5):
        page.keyboard.press("Tab")
        names.append(
            page.evaluate("(document.activeElement.labels?.[0] ?? document.activeElement).innerText.trim()")
        )
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
        assert outline == "3px", names
    assert names == ["Skip to the page", "Pucci", "E-mail", "Password", "Sign in"]
    context.close()


def context_for(chromium: Browser, running: Running | Process, size: str, scheme: str) -> BrowserContext:
    width, height = SIZES[size]
    return chromium.new_context(
        base_url=f"http://127.0.0.1:{running.port}",
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size == "phone",
        is_mobile=size == "phone",
    )


def look(page: Page, name: str) -> None:
    """Take the picture, and measure what can be measured."""
    assert page.evaluate(UNSEEN) == []
    OUT.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=OUT / f"{name}.png")
    page.screenshot(path=OUT / f"{name}-whole.png", full_page=True)
    assert page.evaluate(FORBIDDEN_WIDTH) <= 0
    assert page.evaluate(SMALL_TARGETS) == []
    assert violations(page) == []
