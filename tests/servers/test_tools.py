"""Real tools of attackers and testers, against the real server on loopback."""

import asyncio
import re
import shutil
import statistics
import subprocess
import time
import venv
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from pucci import services as parts_list
from pucci import tables
from pucci.accounts import Role
from pucci.accounts.apitokens import Scope as APIScope
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web import cookie
from pucci.web.asgi import make
from pucci.web.wire import App, Message, Receive, Scope, Send
from tests.fakes import SUNDAY
from tests.people import ALICE, BOB
from tests.web.house import add_photo, csrf_of, house_settings, move_in
from tests.web.running import Running, serving

pytestmark = [pytest.mark.servers, pytest.mark.slow]


def tool(name: str) -> str:
    found = shutil.which(name)
    assert found, f"{name} is not installed: script/setup installs it"
    return found


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    built = parts_list.build(house_settings(tmp_path / "house", server=ServerSettings(port=0)))
    move_in(built, ALICE)
    move_in(built, BOB)
    for number in range(5):
        add_photo(built, SUNDAY, number, due=False)
    yield built
    built.close()


class Counted:
    """A server's `send`, which counts the answers."""

    def __init__(self, send: Send, method: str, answers: Counter[tuple[str, int]]) -> None:
        self._send = send
        self._method = method
        self._answers = answers
        self.__self__ = send.__self__  # type: ignore[attr-defined] - web/line.py asks it for the line

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._answers[self._method, message["status"]] += 1
        await self._send(message)


class Watched(Running):
    """A server that counts its answers, by method and status."""

    def __init__(self, running: Running, answers: Counter[tuple[str, int]]) -> None:
        super().__init__(running.server, running.port)
        self.answers = answers


@contextmanager
def watched(services: Services, *, forgets: bool = False) -> Iterator[Watched]:
    """Serve the whole app; one that `forgets` does not know, when a request comes, of any try before."""
    answers: Counter[tuple[str, int]] = Counter()

    def forget() -> None:
        with services.db.write() as connection:
            connection.execute(tables.attempt.delete())

    def made(stopping: asyncio.Event) -> App:
        whole = make(services, stopping=stopping)

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if forgets:
                await asyncio.to_thread(forget)
            await whole(scope, receive, Counted(send, scope["method"], answers))

        return app

    with serving(made, services.settings.server) as found:
        yield Watched(found, answers)


@pytest.fixture
def running(services: Services) -> Iterator[Watched]:
    with watched(services) as found:
        yield found


def known_device(services: Services) -> str:
    """Return the cookie of a device Alice signed in from before."""
    from pucci.accounts.throttle import account_key

    content = {"id": "alices-phone", "for": [account_key(ALICE.email)]}
    value = cookie.box(services.secret_key, salt="pucci.known").dumps(content)
    return f"pucci_known={value if isinstance(value, str) else value.decode()}"


def sign_in_seconds(running: Running, known: str) -> float:
    begun = time.monotonic()
    browser = running.browser()
    token = csrf_of(browser.get("/login").text)
    browser.cookie = f"{browser.cookie}; {known}"
    answer = browser.post("/login", csrf_token=token, email=ALICE.email, password=ALICE.password)
    assert answer.status == 303, answer.text
    return time.monotonic() - begun


def test_hydra_guesses_10000_times_and_gets_nowhere_while_alice_signs_in(
    running: Watched, services: Services, tmp_path: Path
):
    """Hydra takes a page's form with its cookie; the right password is among its last guesses."""
    words = tmp_path / "words"
    guesses = [f"guess {number}" for number in range(10_000)]
    words.write_text("\n".join([*guesses, ALICE.password]) + "\n")
    browser = running.browser()
    token = csrf_of(browser.get("/login").text)
    fields = f"csrf_token={token}&email=^USER^&password=^PASS^"
    form = f"/login:{fields}:H=Cookie\\: {browser.cookie}:S=Location\\: /cam"
    command = [tool("hydra"), "-l", ALICE.email, "-P", str(words), "-t", "16", "-I", "-s", str(running.port)]
    output = (tmp_path / "hydra.txt").open("w+")
    child = subprocess.Popen(
        [*command, "127.0.0.1", "http-post-form", form], stdout=output, stderr=subprocess.STDOUT, cwd=tmp_path
    )
    known, seconds = known_device(services), []
    try:
        while child.poll() is None and len(seconds) < 400:
            seconds.append(sign_in_seconds(running, known))
            time.sleep(0.5)
        child.wait(900)
    finally:
        child.kill()
        child.wait(10)
    output.seek(0)
    said = output.read()
    output.close()
    assert "0 valid password" in said, said[-2000:]
    assert f"password: {ALICE.password}" not in said
    told = {status: count for (method, status), count in running.answers.items() if method == "POST"}
    tries = sum(told.values()) - told[303]  # which are Alice's
    assert tries >= 10_000, told
    assert told[401] + told[429] > 0.9 * tries, told  # the rest: too much at once
    seconds.sort()
    p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    print(
        f"hydra: {tries} tries, {len(seconds)} sign-ins meanwhile, "
        f"median {statistics.median(seconds):.2f} s, p99 {p99:.2f} s"
    )
    assert p99 < 3, seconds[-5:]
    assert services.accounts.throttle.slowed() is not None


@pytest.mark.parametrize("kind", ["-H", "-B", "-X"], ids=["slow heads", "slow bodies", "slow reading"])
def test_200_slow_connections_stop_no_page(running: Watched, tmp_path: Path, kind: str):
    command = [tool("slowhttptest"), kind, "-c", "200", "-r", "100", "-l", "15", "-i", "3", "-p", "3"]
    with (
        (tmp_path / "said").open("wb") as output,
        subprocess.Popen(
            [*command, "-u", f"http://127.0.0.1:{running.port}/login"],
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=tmp_path,
        ) as child,
    ):
        try:
            time.sleep(3)
            seconds = []
            for _ in range(20):
                begun = time.monotonic()
                assert running.browser().get("/login").status == 200
                seconds.append(time.monotonic() - begun)
                time.sleep(0.3)
            child.wait(30)  # it says what it did when it ends
        finally:
            child.kill()
    said = re.sub(r"\x1b\[[0-9;]*m", "", (tmp_path / "said").read_text(errors="replace"))
    connected = max(int(count) for count in re.findall(r"connected: *(\d+)", said))
    print(f"slowhttptest {kind}: {connected} connected, slowest page {max(seconds):.2f} s")
    assert connected > 150, said[-2000:]
    assert max(seconds) < 1


@pytest.fixture
def forgetful(services: Services) -> Iterator[Watched]:
    with watched(services, forgets=True) as found:
        yield found


# Each with its form, the parameter that is tried (* marks a part of the path that is), and what it is told.
INJECTED = {
    "sign-in": ("/login", "email=a%40b.org&password=x", "email", 401),
    "a link's PIN": ("/s/{share}", "pin=0000", "pin", 403),
    "a share link": ("/s/{share}*", "", "", 410),
    "an invite": ("/invite/{invite}*", "", "", 410),
    "the journal": ("/people/journal?before=9", "", "before", 200),
    "the photos' list": (
        "/api/cameras/sofa/photos?since=2026-11-01T00:00:00Z&limit=9",
        "",
        "since,limit",
        400,
    ),
}


@pytest.mark.parametrize("name", INJECTED)
def test_sqlmap_finds_nothing(forgetful: Watched, services: Services, tmp_path: Path, name: str):
    accounts, life, browser = services.accounts, timedelta(days=1), forgetful.browser()
    token = csrf_of(browser.get("/login").text)
    alice = accounts.sessions.start(accounts.users.find(ALICE.email), address="", device="")
    value = cookie.box(services.secret_key).dumps({cookie.TOKEN: alice})
    signed_in = f"pucci={value if isinstance(value, str) else value.decode()}"
    links = {
        "share": accounts.shares.photo(1, "sofa", life=life, pin="4711"),
        "invite": accounts.links.invite("Mia", Role.FAMILY, life),
    }
    path, form, parameters, usual = INJECTED[name]
    command = [
        *(tool("sqlmap"), "-u", f"http://127.0.0.1:{forgetful.port}{path.format(**links)}", "--batch"),
        *("--disable-coloring", "--level", "2", "--risk", "1", "--threads", "2", "--flush-session"),
        *("--dbms", "SQLite", "--ignore-code", "400,401,403,404,410,429", "--timeout", "10"),
        *("--cookie", signed_in if "people" in path else browser.cookie),
        *("--headers", f"Authorization: Bearer {accounts.tokens.make('x', frozenset(APIScope))}"),
        *("--output-dir", str(tmp_path / "sqlmap")),
        *(["--data", f"csrf_token={token}&{form}"] if form else []),
        *(["-p", parameters] if parameters else []),
    ]
    forgetful.answers.clear()
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path, check=False)
    assert "all tested parameters do not appear to be injectable" in done.stdout, done.stdout[-3000:]
    told: Counter[int] = Counter()
    for (_, status), count in forgetful.answers.items():
        told[status] += count
    print(f"sqlmap, {name}: {dict(told)}")
    assert told.total() > 20
    # Neither throttled, nor taken for a forged form, nor broken: each came to the query, or to what reads it.
    assert told.total() - told[usual] - told[200] < told.total() / 20, told
    assert accounts.users.count() == 2


@pytest.fixture(scope="session")
def schemathesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """schemathesis in an environment of its own: it brings much that Pucci does not have."""
    folder = tmp_path_factory.mktemp("schemathesis")
    venv.create(folder, with_pip=True)
    locked = Path(__file__).parents[2] / "requirements" / "schemathesis.txt"
    pip = (str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check")
    command = [*pip, "--require-hashes", "--only-binary", ":all:", "-r", str(locked)]
    subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "bin" / "schemathesis"


def test_schemathesis_finds_no_answer_that_the_description_does_not_name(
    running: Running, services: Services, schemathesis: Path, tmp_path: Path
):
    token = services.accounts.tokens.make("schemathesis", frozenset(APIScope))
    address = f"http://127.0.0.1:{running.port}"
    command = [
        *(str(schemathesis), "run", f"{address}/api/openapi.json", "--url", f"{address}/api"),
        *("-H", f"Authorization: Bearer {token}", "--max-examples", "25", "--no-color"),
        # Not not_a_server_error: 503 is described, and a 500, which is not, is caught by its status.
        "--checks=status_code_conformance,content_type_conformance,response_schema_conformance",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
