"""Live, by the front door: the real `pucci serve`, real sockets."""

import itertools
import json
import socket
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pucci import jpeg
from pucci import services as parts_list
from tests.people import ALICE, BOB
from tests.web.house import house_settings, move_in
from tests.web.running import LIMIT_S, Browser, Process, pucci_serve

SMALL = {
    "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
    "PUCCI_CAMERAS_SOFA_WIDTH": "320",
    "PUCCI_CAMERAS_SOFA_HEIGHT": "240",
    "PUCCI_CAMERAS_DOOR_DRIVER": "synthetic",
    "PUCCI_CAPTURE_INTERVAL_S": "86400",
    "PUCCI_LIVE_MAX_WATCHERS": "6",
    "PUCCI_LIVE_STALL_S": "3",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Process, Path]]:
    folder = tmp_path_factory.mktemp("house")
    built = parts_list.build(house_settings(folder))
    move_in(built, ALICE)
    move_in(built, BOB)
    built.close()
    with pucci_serve(folder, **SMALL) as process:
        yield process, folder


@pytest.fixture
def bob(house: tuple[Process, Path]) -> Browser:
    browser = house[0].browser()
    browser.sign_in(BOB)
    return browser


class Reader:
    """Reads a stream, part by part."""

    def __init__(self, browser: Browser, path: str = "/media/live/sofa.mjpeg", *, buffer: int = 0) -> None:
        self.sock = socket.socket()
        if buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.sock.settimeout(LIMIT_S)
        self.sock.connect(("127.0.0.1", browser.port))
        cookie = f"Cookie: {browser.cookie}\r\n" if browser.cookie else ""
        self.sock.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{cookie}\r\n".encode())
        self.file = self.sock.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = self._headers()

    def _headers(self) -> dict[str, str]:
        found = {}
        while (line := self.file.readline().strip()) != b"":
            name, _, value = line.decode().partition(":")
            found[name.lower()] = value.strip()
        return found

    def part(self) -> tuple[float, bytes]:
        """Return the next part: when it was taken, and its picture."""
        while (line := self.file.readline()).strip() != b"--frame":
            assert line, "the stream ended"
        head = self._headers()
        return float(head["x-timestamp"]), self.file.read(int(head["content-length"]))

    def is_cut(self) -> bool:
        """Whether the server ends the stream within the test's limit."""
        end = time.monotonic() + LIMIT_S
        try:
            while self.sock.recv(65536):
                if time.monotonic() > end:
                    return False
        except ConnectionError:
            return True
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self.file.close()
        self.sock.close()


def state(browser: Browser) -> dict[str, object]:
    return json.loads(browser.get("/media/live/sofa.json").body)


def wait_for(what: Callable[[], object], limit_s: float = LIMIT_S) -> None:
    end = time.monotonic() + limit_s
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.05)


def test_a_stream_shows_one_whole_frame_after_another(bob: Browser):
    with closing(Reader(bob)) as reader:
        assert reader.status == 200
        assert reader.headers["content-type"] == "multipart/x-mixed-replace; boundary=frame"
        assert "no-store" in reader.headers["cache-control"]
        parts = [reader.part() for _ in range(5)]
    times = [taken for taken, _ in parts]
    assert times == sorted(set(times))
    assert all(jpeg.judge(picture).is_whole for _, picture in parts)
    assert len({picture for _, picture in parts}) == 5


def test_without_login_there_is_no_byte_of_it(house: tuple[Process, Path]):
    stranger = house[0].browser()
    for kind in ("mjpeg", "jpg", "json"):
        answer = stranger.get(f"/media/live/sofa.{kind}")
        assert answer.status == 403
        assert b"\xff\xd8" not in answer.body
    assert stranger.get("/media/live/../../etc/passwd.jpg").status == 404


def test_the_camera_is_open_while_somebody_watches_and_closes_after(bob: Browser):
    wait_for(lambda: state(bob)["state"] == "closed")
    reader = Reader(bob)
    reader.part()
    told = state(bob)
    assert (told["state"], told["watchers"], told["reason"]) == ("live", 1, "")
    assert 5 < float(str(told["fps"])) <= 15 or reader.part()
    reader.close()
    wait_for(lambda: state(bob)["watchers"] == 0, limit_s=3)
    wait_for(lambda: state(bob)["state"] == "closed")


def test_a_watcher_is_told_how_its_own_stream_does_and_no_others(house: tuple[Process, Path], bob: Browser):
    def told(browser: Browser, seat: str) -> dict[str, object]:
        return json.loads(browser.get(f"/media/live/sofa.json?seat={seat}").body)

    alice = house[0].browser()
    alice.sign_in(ALICE)
    with closing(Reader(bob, "/media/live/sofa.mjpeg?seat=1-2")) as mine, closing(Reader(bob)) as other:
        mine.part()
        other.part()
        assert told(bob, "1-2")["watchers"] == 2
        assert float(str(told(bob, "1-2")["sent_s"])) < 1
        assert [told(bob, seat)["sent_s"] for seat in ("", "1-3", "%00")] == [None, None, None]
        assert told(alice, "1-2")["sent_s"] is None
    wait_for(lambda: told(bob, "1-2")["sent_s"] is None)


def test_a_single_picture_is_new_and_whole(bob: Browser):
    answer = bob.get("/media/live/sofa.jpg")
    assert answer.status == 200
    assert jpeg.judge(answer.body).is_whole
    assert time.time() - float(answer.headers["x-timestamp"]) < 2
    assert bob.get("/media/live/kennel.jpg").status == 404


def test_fewer_and_smaller_frames_for_a_thin_line(bob: Browser):
    with closing(Reader(bob, "/media/live/sofa.mjpeg?fps=2&width=170")) as reader:
        times, pictures = zip(*[reader.part() for _ in range(4)], strict=True)
    assert all(jpeg.size_of(picture) == (160, 120) for picture in pictures)
    assert times[-1] - times[0] > 1.2
    with closing(Reader(bob, "/media/live/sofa.mjpeg?fps=no&width=-3%00")) as reader:
        assert jpeg.size_of(reader.part()[1]) == (320, 240)


def test_one_more_than_may_watch_is_told_so_and_nobody_takes_all_the_seats(
    house: tuple[Process, Path], bob: Browser
):
    others = [house[0].browser(), house[0].browser()]
    for other in others:
        other.sign_in(BOB)
    readers = [Reader(bob) for _ in range(4)]
    for number, path in enumerate(("/media/live/sofa.mjpeg", "/media/live/sofa.mjpeg?token=another")):
        answer = bob.get(path)
        assert answer.status == 503, number
        assert "you watch in 4 places" in answer.text.lower()
        assert answer.headers["retry-after"] == "10"
    assert state(bob)["full"] is True
    assert state(others[0])["full"] is False
    readers += [Reader(others[0]) for _ in range(2)]
    for reader in readers:
        reader.part()
    answer = others[1].get("/media/live/sofa.mjpeg")
    assert answer.status == 503
    assert "so many watch" in answer.text.lower()
    for reader in readers:
        reader.close()
    wait_for(lambda: state(bob)["watchers"] == 0)


@contextmanager
def nobody_can_be_asked(folder: Path) -> Iterator[None]:
    """Let every question after a session fail."""
    with closing(sqlite3.connect(folder / "pucci.db")) as connection:
        connection.execute("ALTER TABLE session RENAME TO elsewhere")
        try:
            yield
        finally:
            connection.execute("ALTER TABLE elsewhere RENAME TO session")


def test_a_database_in_trouble_for_a_moment_does_not_end_the_patrol(
    house: tuple[Process, Path], bob: Browser
):
    with closing(Reader(bob)) as reader:
        reader.part()
        with nobody_can_be_asked(house[1]):
            wait_for(lambda: any("cannot be asked" in line for line in house[0].lines))
        wait_for(lambda: reader.part()[0] > time.time() - 1)
        with closing(sqlite3.connect(house[1] / "pucci.db")) as connection, connection:
            connection.execute("DELETE FROM session WHERE id = (SELECT max(id) FROM session)")
        begun = time.monotonic()
        assert reader.is_cut()
        assert time.monotonic() - begun < 5


def test_who_cannot_be_asked_about_is_cut(house: tuple[Process, Path], bob: Browser):
    with closing(Reader(bob)) as reader:
        reader.part()
        with nobody_can_be_asked(house[1]):
            begun = time.monotonic()
            assert reader.is_cut()
            assert 2 < time.monotonic() - begun < 8
    with closing(Reader(bob)) as reader:
        reader.part()


def test_a_signed_out_watcher_is_cut_within_five_seconds_and_another_is_not(
    house: tuple[Process, Path], bob: Browser
):
    other = house[0].browser()
    other.sign_in(BOB)
    reader, stays = Reader(bob), Reader(other)
    reader.part()
    with sqlite3.connect(house[1] / "pucci.db") as connection:
        newest = connection.execute("SELECT max(id) - 1 FROM session").fetchone()[0]
        connection.execute("DELETE FROM session WHERE id = ?", (newest,))
    begun = time.monotonic()
    assert reader.is_cut()
    assert time.monotonic() - begun < 5
    stays.part()
    reader.close()
    stays.close()


def test_who_does_not_read_is_dropped_and_the_others_lose_nothing(bob: Browser):
    stalled, good = Reader(bob, buffer=4096), Reader(bob)
    begun = time.monotonic()
    times = []
    while time.monotonic() - begun < 3 + 4:
        times.append(good.part()[0])
    longest = max(after - before for before, after in itertools.pairwise(times))
    assert longest < 1
    wait_for(lambda: state(bob)["watchers"] == 1, limit_s=4)
    good.close()
    stalled.close()


def test_a_thin_line_sees_the_present(bob: Browser):
    """The camera sends some 400 KB/s, the line takes 100: frames are lost, time is not."""
    late: list[float] = []
    sizes = 0
    with closing(Reader(bob, "/media/live/door.mjpeg", buffer=16_384)) as reader:  # no more hides there
        begun = time.monotonic()
        while time.monotonic() < begun + 8:
            taken, picture = reader.part()
            sizes += len(picture)
            time.sleep(max(0.0, begun + sizes / 100_000 - time.monotonic()))
            late.append(time.time() - taken)
    assert len(late) > 8
    assert max(late) < 1.5


def test_off_is_off_for_those_who_watch_too(house: tuple[Process, Path], bob: Browser):
    built = parts_list.build(house_settings(house[1]))
    reader = Reader(bob)
    reader.part()
    built.privacy["sofa"].turn_off(by="Alice", until=None)
    wait_for(lambda: state(bob)["state"] == "off", limit_s=3)
    assert state(bob)["reason"] == "off, by Alice"
    wait_for(lambda: state(bob)["age_s"] is None, limit_s=3)
    answer = bob.get("/media/live/sofa.jpg")
    assert answer.status == 503
    assert "off, by Alice" in answer.text
    built.privacy["sofa"].turn_on()
    built.close()
    taken = reader.part()[0]
    assert time.time() - taken < 8
    reader.close()


def test_a_stop_ends_the_streams(bob: Browser, house: tuple[Process, Path]):
    reader = Reader(bob)
    assert reader.status == 200, reader.file.read()
    reader.part()
    begun = time.monotonic()
    assert house[0].stop() == 0
    assert time.monotonic() - begun < 5
    assert reader.is_cut()
    reader.close()
