"""A visit, as a person makes it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.scenes import house, whole_day
from tests.people import BOB
from tests.web.running import Running

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with house(Path(tmp_path_factory.mktemp("house")), whole_day) as (found, _):
        yield found


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_bob_sees_the_dog_and_nobody_sees_her_once_he_has_gone(
    chromium: Browser, running: Running, script: bool
):
    visit(chromium, f"http://127.0.0.1:{running.port}", script=script)


def visit(chromium: Browser, address: str, *, script: bool, at: str = "21:35", requests: bool = True) -> None:
    """Walk as Bob does, whatever serves the house.

    Without `requests` the photo's bytes are not asked for beside the page: that is not the browser's doing,
    and does not know the roots it trusts.
    """
    context = chromium.new_context(base_url=address, java_script_enabled=script)
    page = context.new_page()
    faults = listen_for_faults(page)

    page.goto("/")
    expect(page.get_by_role("heading", name="Pucci", exact=True)).to_be_visible()
    page.get_by_role("link", name="Sign in", exact=True).click()

    fill_in(page, BOB.email, "wrong")
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    expect(page.get_by_label("E-mail")).to_have_value(BOB.email)
    expect(page.get_by_label("Password")).to_have_value("")

    fill_in(page, BOB.email, BOB.password)
    expect(page).to_have_title(re.compile(f"^{at}: Pucci$"))
    photo = page.get_by_alt_text(re.compile(f"^Newest photo, {at}, camera sofa$"))
    expect(photo).to_be_visible()
    source = photo.get_attribute("src")
    assert source
    if requests:
        seen = context.request.get(source)
        assert seen.ok
        assert seen.body().startswith(b"\xff\xd8")
    if script:
        assert photo.evaluate("picture => picture.naturalWidth") == 640

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Pucci", exact=True)).to_be_visible()
    if requests:
        gone = context.request.get(source)
        assert gone.status == 403
        assert b"\xff\xd8" not in gone.body()
    assert faults == []
    context.close()


def test_a_photo_once_seen_is_not_asked_for_again(chromium: Browser, running: Running):
    context = chromium.new_context(base_url=f"http://127.0.0.1:{running.port}")
    page = context.new_page()
    page.goto("/cam")
    fill_in(page, BOB.email, BOB.password)
    page.wait_for_load_state("networkidle")
    page.goto("/cam")
    page.wait_for_load_state("networkidle")
    sent = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.includes('/media/'))"
        ".map(e => e.transferSize)"
    )
    assert sent
    assert set(sent) == {0}
    context.close()


def fill_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def listen_for_faults(page: Page) -> list[str]:
    """Return a list that fills with what the browser complains of, but for answers that are meant (401)."""
    faults: list[str] = []

    def note(text: str) -> None:
        if "the server responded with a status of" not in text:
            faults.append(text)

    page.on("console", lambda message: note(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    return faults
