"""From an empty house to Grandma's phone: links, a QR code, a passkey in a virtual authenticator."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pucci import services as parts_list
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web import asgi
from tests.browser.test_visit import fill_in
from tests.fakes import SUNDAY
from tests.people import ALICE
from tests.web.house import add_photo, house_settings, move_in
from tests.web.running import Running, serving

pytestmark = pytest.mark.browser

AUTHENTICATOR = {
    "protocol": "ctap2",
    "ctap2Version": "ctap2_1",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    built = parts_list.build(house_settings(tmp_path, server=ServerSettings(port=0)))
    yield built
    built.close()


@pytest.fixture
def running(services: Services) -> Iterator[Running]:
    def make(stopping: object):
        return asgi.make(services, stopping=stopping)  # type: ignore[arg-type]

    with serving(make, services.settings.server) as found:
        yield found


def phone(chromium: Browser, running: Running) -> tuple[BrowserContext, Page]:
    """Return a clean browser with a passkey's device of its own."""
    context = chromium.new_context(base_url=f"http://localhost:{running.port}")
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    return context, page


def test_setup_owner_invite_passkey_cam(chromium: Browser, running: Running, services: Services):
    context, alice = phone(chromium, running)
    faults: list[str] = []
    alice.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    alice.goto(f"/setup/{services.accounts.links.make_owner_link()}")
    alice.get_by_label("Your name").fill(ALICE.username)
    alice.get_by_label("E-mail").fill(ALICE.email)
    alice.get_by_label("Password").fill(ALICE.password)
    alice.get_by_role("button", name="Become the owner").click()
    alice.get_by_role("link", name="People").click()
    alice.get_by_label("Name").fill("Grandma")
    alice.get_by_role("button", name="Make a link").click()
    expect(alice.get_by_role("status")).to_contain_text("A link for Grandma is ready.")
    expect(alice.get_by_role("img", name="QR code of the link")).to_be_visible()
    link = alice.locator(".link").inner_text()
    assert re.fullmatch(r"http://localhost:\d+/invite/[\w-]{43}", link)
    assert faults == []

    other, grandma = phone(chromium, running)
    grandma.goto(link)
    grandma.get_by_role("button", name="Come in with a passkey").click()  # the e-mail is asked for first
    expect(grandma.get_by_label("E-mail")).to_be_focused()
    grandma.get_by_label("E-mail").fill("grandma@example.org")
    grandma.get_by_role("button", name="Come in with a passkey").click()
    expect(grandma.get_by_role("link", name="Grandma")).to_be_visible()
    grandma.get_by_role("button", name="Sign out").click()
    grandma.goto("/login")
    grandma.get_by_role("button", name="Sign in with a passkey").click()
    expect(grandma.get_by_role("link", name="Grandma")).to_be_visible()
    grandma.get_by_role("link", name="Grandma").click()
    expect(grandma.get_by_text("The first one")).to_be_visible()

    alice.goto("/people")
    expect(alice.get_by_text("Grandma", exact=True)).to_be_visible()
    alice.get_by_role("link", name="Change Grandma").click()
    alice.get_by_role("button", name="Keep out").click()
    grandma.goto("/cam")
    expect(grandma).to_have_url(re.compile("/login"))
    context.close()
    other.close()


def test_a_passkey_that_is_not_used_leaves_the_password(
    chromium: Browser, running: Running, services: Services
):
    context, page = phone(chromium, running)
    page.goto("/login")
    page.evaluate(
        "void (navigator.credentials.get = async () => { throw new DOMException('no', 'NotAllowedError') })"
    )
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("alert")).to_contain_text("use your password")
    expect(page.get_by_label("Password")).to_be_visible()
    context.close()


def test_the_pages_of_people_fit_a_phone(chromium: Browser, running: Running, services: Services):
    context = chromium.new_context(
        base_url=f"http://localhost:{running.port}", viewport={"width": 360, "height": 740}
    )
    page = context.new_page()
    page.goto(f"/setup/{services.accounts.links.make_owner_link()}")
    page.get_by_label("Your name").fill("Alice")
    page.get_by_label("E-mail").fill(ALICE.email)
    page.get_by_label("Password").fill(ALICE.password)
    page.get_by_role("button", name="Become the owner").click()
    for path in ("/people", "/people/1", "/me", "/me/codes", "/people/journal"):
        page.goto(path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 360, path
    context.close()


def owner_of(services: Services, chromium: Browser, running: Running) -> tuple[BrowserContext, Page]:
    """Return a browser in which Alice, the owner, has just signed in."""
    move_in(services, ALICE)
    context, page = phone(chromium, running)
    page.goto("/login")
    fill_in(page, ALICE.email, ALICE.password)
    return context, page


def shared_link(alice: Page, section: str) -> str:
    """Press "Make a link" in a section of the page of shared links; return the link."""
    card = alice.locator("section", has=alice.get_by_role("heading", name=section))
    card.get_by_role("button", name="Make a link").click()
    return alice.locator(".link").inner_text()


def test_a_shared_photo_opens_in_a_clean_browser_and_is_gone_when_taken_back(
    chromium: Browser, running: Running, services: Services
):
    photo = add_photo(services, SUNDAY)
    context, alice = owner_of(services, chromium, running)
    alice.goto(f"/shares?photo={photo.id}")
    link = shared_link(alice, "Share this photo")
    other, stranger = phone(chromium, running)
    stranger.goto(link)
    picture = stranger.locator("figure img")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == photo.width
    assert other.request.get("/cam", max_redirects=0).status == 302
    alice.get_by_role("button", name="End this link").click()
    expect(alice.get_by_text("Nothing is shared now.")).to_be_visible()
    stranger.reload()
    expect(stranger.get_by_role("heading", name="This link works no more")).to_be_visible()
    assert other.request.get(f"/media/photo/{photo.id}.jpg").status == 403
    context.close()
    other.close()


def test_a_shared_live_picture_taken_back_leaves_the_strangers_screen(
    chromium: Browser, running: Running, services: Services
):
    context, alice = owner_of(services, chromium, running)
    alice.goto("/shares")
    link = shared_link(alice, "Share live")
    other, stranger = phone(chromium, running)
    stranger.goto(link)
    picture = stranger.locator("figure img")
    expect(picture).to_have_js_property("naturalWidth", 640, timeout=20_000)
    before = picture.screenshot()
    wait_until(stranger, lambda: picture.screenshot() != before)
    alice.get_by_role("button", name="End this link").click()
    expect(alice.get_by_text("Nothing is shared now.")).to_be_visible()
    # The stream is cut within 5 seconds (tests/web/test_share_live.py); the page notices within two more.
    expect(stranger.get_by_role("heading", name="This link works no more")).to_be_visible(timeout=7_000)
    assert other.request.get("/media/live/sofa.jpg").status == 403
    context.close()
    other.close()


def wait_until(page: Page, what: Callable[[], bool], limit_s: float = 20) -> None:
    """Wait for something to become true, or fail."""
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end
        page.wait_for_timeout(200)
