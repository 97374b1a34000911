"""`pucci doctor`, as a person types it."""

import json
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

LIMIT_S = 60
NOBODY = 65534
Doctor = Callable[..., str]

# A Pi in good health, as the kernel tells it.
PI = {
    "proc/meminfo": "MemTotal: 449000 kB\nMemAvailable: 300000 kB\n",
    "proc/locks": "",
    "sys/class/thermal/thermal_zone0/type": "cpu-thermal\n",
    "sys/class/thermal/thermal_zone0/temp": "51000\n",
    "sys/devices/platform/soc/soc:firmware/get_throttled": "0\n",
    "sys/block/mmcblk0/device/life_time": "0x01 0x01\n",
}


@pytest.fixture
def pi(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name, text in PI.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
        "PUCCI_CLOCK_TRUST": "always",
        "PUCCI_SERVER_PORT": "1",
    }


@pytest.fixture
def doctor(environment: dict[str, str], pi: Path) -> Doctor:
    def run(*words: str | Path, command: str = "doctor", code: int = 0, **environ: str) -> str:
        options = ["--sys-root", str(pi)] if command == "doctor" else []
        done = subprocess.run(
            [sys.executable, "-m", "pucci", command, *options, *map(str, words)],
            env=environment | environ,
            capture_output=True,
            timeout=LIMIT_S,
            check=False,
        )
        said = (done.stdout + done.stderr).decode()
        assert done.returncode == code, said
        assert "Traceback" not in said
        return said

    return run


def levels(said: str) -> dict[str, str]:
    return {line["name"]: line["level"] for line in json.loads(said)}


def test_on_a_pi_in_good_health_there_is_nothing_to_do(doctor: Doctor):
    doctor(command="snap")
    said = doctor()
    assert said.endswith("\nNothing to do.\n")
    lines = {line[2:18].strip(): line[18:] for line in said.splitlines() if line.startswith(("✓", "·"))}
    assert lines["temperature"] == "51 °C"
    assert lines["photos"] == "1 in the album; 1 looked at, all whole"
    assert "\x1b" not in said
    assert all(len(line) <= 100 for line in said.splitlines())


def test_each_thing_that_is_wrong_has_a_line_and_what_to_do(doctor: Doctor, pi: Path, tmp_path: Path):
    Path(doctor(command="snap").strip()).unlink()
    (pi / "sys/devices/platform/soc/soc:firmware/get_throttled").write_text("50005\n")
    (pi / "sys/block/mmcblk0/device/life_time").write_text("0x0b 0x01\n")
    found = json.loads(
        doctor("--json", code=1, PUCCI_CLOCK_TRUST="kernel", PUCCI_SERVER_ADDRESS="https://pucci.invalid")
    )
    todo = {one["name"]: one for one in found if one["level"] == "to do"}
    assert {"supply", "card mmcblk0", "photos", "name", "certificate"} <= set(todo)
    assert all(one["todo"] for one in todo.values())
    said = doctor(code=1)
    assert "! supply          the voltage is too low now\n                  → Use the Pi's own supply" in said
    assert said.splitlines()[-1].endswith(" to do.")


def test_what_was_backed_up_is_told(doctor: Doctor, tmp_path: Path):
    doctor(command="snap")
    doctor(tmp_path / "pucci.tar", command="backup")
    assert "last backup     just now, 0." in doctor()


def test_where_pucci_cannot_even_start_the_rest_is_told_all_the_same(doctor: Doctor, tmp_path: Path):
    data = tmp_path / "data"
    data.mkdir()
    (data / "pucci.db").write_bytes(b"a photo of the dog, perhaps" * 100)
    said = doctor("--data-dir", data, code=1)
    assert said.startswith("! database        Pucci cannot start: The database is damaged: file is not a")
    assert "Start Pucci again" in said
    assert "✓ temperature" in said
    (tmp_path / "file").touch()
    said = doctor("--data-dir", tmp_path / "file" / "data", code=1)
    assert said.startswith("! data folder     Pucci cannot start: The data folder")


@pytest.mark.may_skip("who is not root cannot become somebody else, and nobody may not enter root's home")
def test_root_leaves_nothing_of_roots_and_sees_what_root_alone_may(pi: Path):
    """As `sudo pucci doctor`: the data folder is another account's, even where it is still empty."""
    with tempfile.TemporaryDirectory(prefix="pucci-") as name:
        home = Path(name)
        home.chmod(0o755)
        be_nobody = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups")
        try_out = [*be_nobody, sys.executable, "-c", "import pucci"]
        if subprocess.run(try_out, check=False, capture_output=True, cwd="/").returncode:
            pytest.skip("nobody cannot run Pucci here")
        data = home / "data"
        data.mkdir(mode=0o750)
        os.chown(data, NOBODY, NOBODY)
        cache = pi / "var/cache/pucci-ddclient/cache"
        cache.parent.mkdir(parents=True, mode=0o700)
        cache.write_text("ip=9.9.9.9 @")
        environ = {"PATH": os.environ["PATH"], "HOME": "/", "PUCCI_SERVER_ADDRESS": "http://localhost:1"}
        words = [
            sys.executable,
            "-m",
            "pucci",
            "--data-dir",
            str(data),
            "doctor",
            "--json",
            "--sys-root",
            str(pi),
        ]
        done = subprocess.run(
            words, env=environ, capture_output=True, text=True, timeout=LIMIT_S, check=False, cwd="/"
        )
        found = {one["name"]: one for one in json.loads(done.stdout)}
        assert found["database"]["level"] == "ok"
        assert (data / "pucci.db").exists()
        assert {path.stat().st_uid for path in data.rglob("*")} == {NOBODY}
        assert "9.9.9.9 is what ddclient last sent" in found["name"]["text"]


def test_colour_is_for_terminals_that_want_it(environment: dict[str, str], pi: Path):
    def on_a_terminal(**environ: str) -> bytes:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-m", "pucci", "doctor", "--sys-root", str(pi)]
        values = environment | {"TERM": "xterm", "LANG": "C.UTF-8"} | environ
        process = subprocess.Popen(command, env=values, stdout=theirs, stderr=theirs, stdin=theirs)
        os.close(theirs)
        said = b""
        try:
            while data := os.read(ours, 4096):
                said += data
        except OSError:  # the other side is closed
            pass
        os.close(ours)
        process.wait(LIMIT_S)
        return said

    assert b"\x1b[32m" in on_a_terminal()
    assert b"\x1b" not in on_a_terminal(NO_COLOR="1")


def test_where_only_letters_can_be_shown_there_are_only_letters(doctor: Doctor):
    said = doctor(PYTHONIOENCODING="ascii:replace")
    assert said.startswith("- camera sofa")
    assert "?" not in said
