"""Real tools of attackers and testers, against the real server on loopback."""

import asyncio
import shutil
import statistics
import subprocess
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from pucci import services as parts_list
from pucci.accounts.apitokens import Scope
from pucci.services import Services
from pucci.settings import ServerSettings
from pucci.web.asgi import make
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


@pytest.fixture
def running(services: Services) -> Iterator[Running]:
    def app(stopping: asyncio.Event):
        return make(services, stopping=stopping)

    with serving(app, services.settings.server) as found:
        yield found


def known_device(services: Services) -> str:
    """Return the cookie of a device Alice signed in from before."""
    from pucci.accounts.throttle import account_key
    from pucci.web import cookie

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
    running: Running, services: Services, tmp_path: Path
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
    seconds.sort()
    p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    print(
        f"hydra: {len(seconds)} sign-ins meanwhile, "
        f"median {statistics.median(seconds):.2f} s, p99 {p99:.2f} s"
    )
    assert p99 < 3, seconds[-5:]
    assert services.accounts.throttle.slowed() is not None


@pytest.mark.parametrize("kind", ["-H", "-B", "-X"], ids=["slow heads", "slow bodies", "slow reading"])
def test_200_slow_connections_stop_no_page(running: Running, tmp_path: Path, kind: str):
    command = [tool("slowhttptest"), kind, "-c", "200", "-r", "100", "-l", "15", "-i", "3", "-p", "3"]
    with subprocess.Popen(
        [*command, "-u", f"http://127.0.0.1:{running.port}/login"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tmp_path,
    ) as child:
        try:
            time.sleep(3)
            seconds = []
            for _ in range(20):
                begun = time.monotonic()
                assert running.browser().get("/login").status == 200
                seconds.append(time.monotonic() - begun)
                time.sleep(0.3)
        finally:
            child.kill()
    print(f"slowhttptest {kind}: slowest page {max(seconds):.2f} s")
    assert max(seconds) < 1


def test_sqlmap_finds_nothing_in_the_forms(running: Running, services: Services, tmp_path: Path):
    browser = running.browser()
    token = csrf_of(browser.get("/login").text)
    command = [
        *(tool("sqlmap"), "-u", f"http://127.0.0.1:{running.port}/login", "--batch", "--disable-coloring"),
        *("--data", f"csrf_token={token}&email=a%40b.org&password=x&next=", "-p", "email,next"),
        *("--cookie", browser.cookie, "--level", "1", "--risk", "1", "--threads", "2", "--flush-session"),
        *("--ignore-code", "400,401,429", "--output-dir", str(tmp_path / "sqlmap"), "--timeout", "10"),
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path, check=False)
    assert "all tested parameters do not appear to be injectable" in done.stdout, done.stdout[-3000:]
    assert services.accounts.users.count() == 2


@pytest.fixture(scope="session")
def schemathesis(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """schemathesis in an environment of its own: it brings much that Pucci does not have."""
    folder = tmp_path_factory.mktemp("schemathesis")
    venv.create(folder, with_pip=True)
    command = [
        str(folder / "bin" / "pip"),
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "schemathesis",
    ]
    subprocess.run(command, check=True, timeout=300, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder / "bin" / "schemathesis"


def test_schemathesis_finds_no_answer_that_the_description_does_not_name(
    running: Running, services: Services, schemathesis: Path, tmp_path: Path
):
    token = services.accounts.tokens.make("schemathesis", frozenset(Scope))
    address = f"http://127.0.0.1:{running.port}"
    command = [
        *(str(schemathesis), "run", f"{address}/api/openapi.json", "--url", f"{address}/api"),
        *("-H", f"Authorization: Bearer {token}", "--max-examples", "25", "--no-color"),
        "--checks=not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
