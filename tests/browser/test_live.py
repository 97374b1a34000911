"""Live in a real browser, against the real `pucci serve`; and the programs people record it with."""

import contextlib
import json
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from pucci import services as parts_list
from tests.browser.test_look import SIZES, context_for, look
from tests.browser.test_visit import fill_in, listen_for_faults
from tests.people import ALICE, BOB, Person
from tests.web.house import house_settings, move_in
from tests.web.running import Process, pucci_serve

pytestmark = pytest.mark.browser

DRAWN = {
    "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
    "PUCCI_CAMERAS_DOOR_DRIVER": "synthetic",
    "PUCCI_CAMERAS_DOOR_DEVICE": "unplugged",
    "PUCCI_CAPTURE_INTERVAL_S": "86400",
}
LIMIT_S = 15.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Path]]:
    folder = Path(tmp_path_factory.mktemp("house"))
    built = parts_list.build(house_settings(folder))
    move_in(built, ALICE)
    move_in(built, BOB)
    built.close()
    with pucci_serve(folder, **DRAWN) as process:
        yield process, folder


@pytest.fixture
def context(chromium: Browser, house: tuple[Process, Path]) -> Iterator[BrowserContext]:
    found = chromium.new_context(base_url=f"http://127.0.0.1:{house[0].port}")
    yield found
    found.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return visit(context, BOB)


def visit(context: BrowserContext, person: Person, address: str = "/cam/sofa") -> Page:
    page = context.new_page()
    page.goto(address)
    fill_in(page, person.email, person.password)
    return page


def state(page: Page) -> dict[str, object]:
    return json.loads(page.context.request.get("/media/live/sofa.json").body())


def wait_for(what: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.1)


def picture_of(page: Page) -> bytes:
    return page.locator("figure.pic img").screenshot()


def is_moving(page: Page) -> bool:
    """Whether the picture on the page changes within a second or two."""
    before = picture_of(page)
    time.sleep(1.2)
    return picture_of(page) != before


def live(page: Page) -> None:
    page.get_by_role("link", name="See live").click()
    expect(page.locator(".lamp.lit")).to_contain_text("Only you watch")


def hide(page: Page, hidden: bool) -> None:
    """Say that the tab is hidden, or seen again: a browser without a window never hides one."""
    page.evaluate(
        """hidden => {
          Object.defineProperty(document, "hidden", {configurable: true, get: () => hidden});
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )


class Cutter:
    """A line between browser and server that can be cut while a stream runs through it."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self.streams = 0
        self._running: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> "Cutter":
        return self

    def __exit__(self, *_error: object) -> None:
        self.cut()
        self._listening.close()

    def cut(self) -> None:
        """Cut every stream, as a middle box does that has forgotten it."""
        running, self._running = self._running, []
        for sock in running:
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near = self._listening.accept()[0]
                far = socket.create_connection(("127.0.0.1", self._to))
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pass, args=(source, target), daemon=True).start()

    def _pass(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                if b".mjpeg" in data[:100]:
                    self.streams += 1
                    self._running.append(target)
                target.sendall(data)
        for sock in (source, target):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()


def test_one_tap_shows_the_dog_move_and_nothing_jumps(page: Page):
    faults = listen_for_faults(page)
    boxes = """() => [...document.querySelectorAll(".pic, .pic img, h1")]
      .map(e => JSON.stringify(e.getBoundingClientRect()))"""
    expect(page.get_by_text("The camera is closed.")).to_be_visible()
    before = page.evaluate(boxes)
    begun = time.monotonic()
    live(page)
    assert time.monotonic() - begun < 4
    assert page.get_by_role("heading", level=1).inner_text() == "Now"
    after = page.evaluate(boxes)
    assert after[:2] == before[:2]
    assert is_moving(page)
    assert page.get_by_role("status").inner_text() == "Live."
    page.get_by_role("link", name="Stop").click()
    expect(page.get_by_role("link", name="See live")).to_be_visible()
    wait_for(lambda: state(page)["watchers"] == 0)
    assert faults == []


def test_a_hidden_tab_lets_the_camera_go_and_comes_back_by_itself(page: Page):
    live(page)
    hide(page, True)
    wait_for(lambda: state(page)["watchers"] == 0)
    wait_for(lambda: state(page)["state"] == "closed")
    hide(page, False)
    wait_for(lambda: state(page)["watchers"] == 1)
    expect(page.locator(".lamp.lit")).to_contain_text("Only you watch")
    assert is_moving(page)


def test_a_lost_line_is_said_and_the_picture_comes_back(page: Page):
    live(page)
    page.context.set_offline(True)
    expect(page.locator("[data-live=note]")).to_contain_text("Holding the picture of")
    expect(page.locator("figure.dim")).to_be_visible()
    page.context.set_offline(False)
    expect(page.locator(".lamp.lit")).to_contain_text("Only you watch", timeout=10_000)
    assert is_moving(page)


def test_a_stream_cut_on_its_way_is_asked_for_again(
    chromium: Browser, house: tuple[Process, Path], page: Page
):
    """The page itself is well, and another watches: the camera tells of nothing wrong."""
    live(page)
    with Cutter(house[0].port) as cutter:
        context = chromium.new_context(base_url=f"http://127.0.0.1:{cutter.port}")
        other = visit(context, BOB)
        other.get_by_role("link", name="See live").click()
        expect(other.locator(".lamp.lit")).to_contain_text("2 watch")
        before = cutter.streams
        cutter.cut()
        wait_for(lambda: cutter.streams > before, limit_s=8)
        wait_for(lambda: is_moving(other))
        context.close()


def test_an_unplugged_camera_is_said_and_tried_again(page: Page):
    page.goto("/cam/door?live=1")
    expect(page.locator("[data-live=note]")).to_contain_text("The camera is unplugged since", timeout=8000)
    expect(page.locator("figure.dim")).to_be_visible()
    assert page.locator(".lamp.lit").count() == 0 or page.locator(".lamp.lit").is_hidden()
    with page.expect_request("**/door.mjpeg*", timeout=10_000):
        pass


def test_saving_data_shows_one_picture_a_second_and_is_remembered(page: Page):
    live(page)
    page.get_by_role("link", name="Save data").click()
    expect(page.locator(".lamp.lit")).to_contain_text("1 a second")
    page.reload()
    expect(page.get_by_role("link", name="Every picture again")).to_be_visible()
    assert "fps=1" in str(page.locator("figure.pic img").get_attribute("src"))
    page.get_by_role("link", name="Every picture again").click()
    expect(page.get_by_role("link", name="Save data")).to_be_visible()


def test_the_picture_fills_the_screen(page: Page):
    live(page)
    page.get_by_role("button", name="Full screen").click()
    wait_for(lambda: page.evaluate("document.fullscreenElement?.className"))
    page.locator("figure.pic").click()
    wait_for(lambda: not page.evaluate("document.fullscreenElement"))


def test_without_script_the_picture_moves_too(chromium: Browser, house: tuple[Process, Path]):
    context = chromium.new_context(
        base_url=f"http://127.0.0.1:{house[0].port}", java_script_enabled=False, service_workers="block"
    )
    page = visit(context, BOB)
    page.get_by_role("link", name="See live").click(no_wait_after=True)
    expect(page.get_by_role("link", name="Stop")).to_be_visible()
    wait_for(lambda: is_moving(page))
    context.close()


def test_a_photo_is_taken_and_shown(page: Page):
    page.get_by_role("button", name="Take a photo").click()
    expect(page.get_by_text("There it is.")).to_be_visible()
    expect(page.get_by_alt_text("Newest photo")).to_be_visible()


def test_the_owner_turns_it_off_and_on_and_everybody_sees_it(page: Page, chromium: Browser):
    live(page)
    house = str(page.evaluate("location.origin"))
    context = chromium.new_context(base_url=house)
    owner = visit(context, ALICE)
    owner.get_by_text("Turn the camera off").click()
    owner.get_by_label("Off for everybody").select_option("until I turn it on again")
    owner.get_by_role("button", name="Turn off").click()
    expect(owner.get_by_role("heading", name="The camera is off")).to_be_visible()
    expect(page.get_by_role("heading", name="The camera is off")).to_be_visible(timeout=8000)
    expect(page.get_by_text("Alice turned it off.")).to_be_visible()
    assert page.get_by_role("button", name="Turn it on now").count() == 0
    owner.get_by_role("button", name="Turn it on now").click()
    expect(owner.get_by_role("link", name="See live")).to_be_visible()
    expect(page.locator(".lamp.lit")).to_contain_text("Only you watch", timeout=15_000)
    context.close()


def cookie_of(page: Page) -> str:
    return "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())  # type: ignore[typeddict-item]


def test_ffmpeg_records_it_and_curl_saves_it_with_the_login_alone(
    page: Page, house: tuple[Process, Path], tmp_path: Path
):
    address = f"http://127.0.0.1:{house[0].port}/media/live/sofa"
    film = tmp_path / "film.avi"
    ffmpeg = ["ffmpeg", "-v", "error", "-f", "mpjpeg"]
    recorded = subprocess.run(
        [
            *(*ffmpeg, "-headers", f"Cookie: {cookie_of(page)}\r\n", "-i", f"{address}.mjpeg"),
            *("-frames:v", "8", "-c", "copy", str(film)),
        ],
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert recorded.returncode == 0, recorded.stderr
    counted = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(film), "-f", "framemd5", "-"],
        capture_output=True,
        timeout=30,
        check=True,
    )
    frames = [line for line in counted.stdout.decode().splitlines() if not line.startswith("#")]
    assert len({line.split(",")[-1] for line in frames}) == 8

    curl = ["curl", "-sS", "--max-time", "3", "-o", str(tmp_path / "stream")]
    subprocess.run([*curl, "-b", cookie_of(page), f"{address}.mjpeg"], timeout=10, check=False)
    assert (tmp_path / "stream").read_bytes().count(b"content-type: image/jpeg") > 5

    for program in (
        [*curl, "-f", f"{address}.mjpeg"],
        [*ffmpeg, "-i", f"{address}.mjpeg", "-f", "null", "-"],
    ):
        assert subprocess.run(program, capture_output=True, timeout=30, check=False).returncode != 0


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", list(SIZES))
def test_the_states_are_right_to_the_eye(
    chromium: Browser, house: tuple[Process, Path], size: str, scheme: str
):
    context = context_for(chromium, house[0], size, scheme)
    page = visit(context, ALICE)

    def shoot(name: str) -> None:
        look(page, f"{name}-{size}-{scheme}")

    live(page)
    shoot("live")
    context.set_offline(True)
    expect(page.locator("figure.dim")).to_be_visible()
    page.screenshot(path=Path("out/screenshots") / f"live-holding-{size}-{scheme}.png")
    context.set_offline(False)
    page.get_by_role("link", name="Stop").click()
    page.get_by_role("button", name="Take a photo").click()
    shoot("taken")
    page.get_by_text("Turn the camera off").click()
    shoot("turning-off")
    page.get_by_role("button", name="Turn off").click()
    shoot("off")
    page.get_by_role("button", name="Turn it on now").click()
    expect(page.get_by_role("link", name="See live")).to_be_visible()
    context.close()
