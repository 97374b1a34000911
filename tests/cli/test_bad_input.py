"""What is set wrongly, taken or not there: named by the command that is typed, with what to do."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

LIMIT_S = 60
Pucci = Callable[..., str]
FIVE = """colour = 1
[server]
prot = 80
port = "x"
[capture]
interval_s = 0
[cameras.A]
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home, in which everything is that is made."""
    return tmp_path


def environment(home: Path, **environ: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PUCCI_DATA_DIR": str(home / "data")} | environ


@pytest.fixture
def pucci(home: Path) -> Pucci:
    def run(*words: str | Path, code: int, **environ: str) -> str:
        command = [sys.executable, "-m", "pucci", *map(str, words)]
        done = subprocess.run(
            command,
            env=environment(home, **environ),
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        said = done.stdout + done.stderr
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    return run


def written(home: Path) -> list[str]:
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "words", [("serve",), ("camera",), ("deploy", "apache", "--apply", "--root", "root")]
)
def test_five_mistakes_are_five_lines_and_nothing_is_made(pucci: Pucci, home: Path, words: tuple[str, ...]):
    toml = home / "pucci.toml"
    toml.write_text(FIVE)
    said = pucci("--config", toml, *words, code=2).splitlines()
    assert [line.partition(": ")[0] for line in said] == [f"{toml}, line {line}" for line in (1, 3, 4, 6, 7)]
    assert said[1].endswith("server.prot is not a setting. Did you mean port?")
    assert written(home) == ["pucci.toml"]


def test_dates_and_hours_that_are_none_end_the_server_before_its_first_photo(pucci: Pucci, home: Path):
    wrong = {"PROFILE_BIRTHDAY": "in May", "CLOCK_TIMEZONE": "Berlin", "CAMERAS_SOFA_QUIET_HOURS": "at night"}
    said = pucci("serve", "--port", "0", code=2, **{f"PUCCI_{name}": text for name, text in wrong.items()})
    assert len(said.splitlines()) == len(wrong)
    assert all(f"PUCCI_{name}: " in said and text in said for name, text in wrong.items())
    assert written(home) == []


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("pucci.example", "server.address must be an address like https://pucci.example"),
        ("https://pucci.example/dog", "server.address must be an address like https://pucci.example"),
        ("https://pu cci.example", "server.address must be an address"),
        ("https://pucci", "no certificate authority knows pucci. Use a name that is yours, or http://"),
        ("https://pucci.local", "no certificate authority knows pucci.local"),
        ("https://192.0.2.7", "no certificate authority knows 192.0.2.7"),
    ],
)
@pytest.mark.parametrize("what", ["apache", "caddy"])
def test_a_wrong_domain_is_named_and_nothing_is_installed(
    pucci: Pucci, home: Path, what: str, address: str, words: str
):
    said = pucci("deploy", what, "--apply", "--root", home / "root", code=2, PUCCI_SERVER_ADDRESS=address)
    assert "server.address" in said
    assert address in said
    assert words in said
    assert written(home) == []


def test_a_name_that_lies_in_another_domain_is_named(pucci: Pucci, home: Path):
    said = pucci(
        "deploy", "ddclient", "--apply", "--root", home / "root", code=2,
        PUCCI_SERVER_ADDRESS="https://cam.other.example",
        PUCCI_DDCLIENT_DOMAIN="pucci.example",
        PUCCI_DDCLIENT_PASSWORD="abc",
    )  # fmt: skip
    assert (
        said == "ddclient.host is cam.other.example, which does not lie in ddclient.domain, pucci.example.\n"
    )
    assert written(home) == []


def test_a_program_that_is_not_there_is_named_with_its_package(pucci: Pucci, home: Path):
    said = pucci("deploy", "apache", "--apply", "--root", home / "root", code=3)
    assert "Run: sudo apt install apache2 libapache2-mod-wsgi-py3" in said
    assert written(home) == []


@pytest.mark.parametrize(("command", "variable"), [("serve", "PORT"), ("camera", "CAMERA_PORT")])
def test_a_port_that_is_taken_is_named(pucci: Pucci, command: str, variable: str):
    with socket.create_server(("127.0.0.1", 0)) as taker:
        port = taker.getsockname()[1]
        environ = {f"PUCCI_SERVER_{variable}": str(port), "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic"}
        said = pucci(command, code=2, **environ)
    assert said == (
        f"Another program listens on 127.0.0.1, port {port}. Stop it, or choose another port with --port.\n"
    )


@pytest.mark.parametrize(
    ("device", "words"),
    [
        ("", "No webcam is plugged in. Plug one in; it goes on"),
        ("/dev/video-none", "is unplugged. Plug it in"),
    ],
)
def test_without_a_camera_the_site_is_there_and_the_log_says_so_at_once(home: Path, device: str, words: str):
    if not device and list(Path("/dev").glob("video*")):
        device, words = "/dev/video-none", "is unplugged. Plug it in"
    environ = environment(home, PUCCI_CAMERAS_SOFA_DRIVER="v4l2", PUCCI_CAMERAS_SOFA_DEVICE=device)
    out = home / "said"
    with out.open("wb") as file:
        command = [sys.executable, "-m", "pucci", "serve", "--port", "0"]
        process = subprocess.Popen(command, env=environ, stdout=file, stderr=file)
    try:
        until = time.monotonic() + LIMIT_S
        while not (words in out.read_text() and re.search("Pucci is at http", out.read_text())):
            assert process.poll() is None, out.read_text()
            assert time.monotonic() < until, out.read_text()
            time.sleep(0.05)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(LIMIT_S)
    assert process.returncode == 0
    assert "Traceback" not in out.read_text()


def test_a_camera_that_is_not_there_is_named_by_snap(pucci: Pucci):
    said = pucci("snap", "--limit", "1", code=4, PUCCI_CAMERAS_SOFA_DRIVER="v4l2",
        PUCCI_CAMERAS_SOFA_DEVICE="/dev/video-none")  # fmt: skip
    assert said == "/dev/video-none is unplugged. Plug it in; it goes on by itself.\n"
