"""A film in the browser: it plays in its place, and is found again from its day."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser import scenes
from tests.browser.test_visit import fill_in, listen_for_faults
from tests.people import ALICE
from tests.web.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PLAYS = """async (video) => {
  video.muted = true;
  await video.play();
  await new Promise((done, fail) => {
    video.addEventListener("timeupdate", () => video.currentTime > 0.5 && done());
    setTimeout(() => fail(new Error(`it stands at ${video.currentTime}`)), 20_000);
  });
  video.pause();
  return [video.videoWidth, video.videoHeight, video.duration];
}"""
SEEKS = """(video) => new Promise((done, fail) => {
  video.addEventListener("seeked", () => done(video.currentTime), { once: true });
  setTimeout(() => fail(new Error("it does not seek")), 20_000);
  video.currentTime = video.duration * 0.8;
})"""
# The mean level of a frame as the browser shows it: neither black nor one colour.
SEEN = """(video) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  const pen = canvas.getContext("2d");
  pen.drawImage(video, 0, 0, 64, 48);
  const levels = [...pen.getImageData(0, 0, 64, 48).data].filter((_, at) => at % 4 === 1);
  const mean = levels.reduce((a, b) => a + b) / levels.length;
  return [mean, Math.max(...levels) - Math.min(...levels)];
}"""


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with scenes.house(Path(tmp_path_factory.mktemp("films")), scenes.filmed) as (running, _):
        yield running


@pytest.fixture
def page(chromium: Browser, house: Running) -> Iterator[Page]:
    context = chromium.new_context(base_url=f"http://127.0.0.1:{house.port}")
    page = context.new_page()
    page.goto("/login")
    fill_in(page, ALICE.email, ALICE.password)
    yield page
    context.close()


def test_a_film_is_found_from_its_day_plays_and_seeks(page: Page):
    parts: list[tuple[int, str]] = []
    page.on(
        "response",
        lambda answer: parts.append((answer.status, answer.url)) if ".mp4" in answer.url else None,
    )
    faults = listen_for_faults(page)
    page.goto("/album/2026-11-22")
    page.get_by_role("link", name="The film of this day").click()
    page.wait_for_url("**/films#film-*")
    film = page.locator("li:target video")
    assert parts == []  # nothing is fetched before somebody wants to see it
    width, height, seconds = film.evaluate(PLAYS)
    assert (width, height) == (640, 480)
    assert 2 < seconds < 31
    assert film.evaluate(SEEKS) > seconds * 0.7
    mean, contrast = film.evaluate(SEEN)
    assert mean > 10
    assert contrast > 40
    assert {status for status, _ in parts} == {206}
    assert faults == []


def test_one_film_plays_at_a_time(page: Page):
    page.goto("/films")
    films = page.locator("video")
    first, second = films.nth(0), films.nth(1)
    for film in (first, second):
        film.evaluate("async (video) => { video.muted = true; await video.play(); }")
    assert first.evaluate("(video) => video.paused")


def test_a_film_being_made_says_how_far_it_is_and_is_cancelled(page: Page):
    page.goto("/films")
    bar = page.get_by_label("How far the film is")
    assert bar.get_attribute("value") == "400"
    page.get_by_role("button", name="Cancel").click()
    bar.wait_for(state="detached")
