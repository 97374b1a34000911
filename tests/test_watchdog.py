"""What the service manager hears."""

import os
import pwd
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pucci import services as parts_list
from pucci.capture.daemon import CameraLoop
from pucci.cli.link import address_of
from pucci.errors import CameraFailed
from pucci.settings import CameraSettings, ServerSettings, Settings
from pucci.watchdog import Watchdog
from tests.fakes import FakeClock
from tests.people import ALICE
from tests.web.house import house_settings, move_in


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[socket.socket]:
    """The service manager's end."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(tmp_path / "notify"))
        sock.setblocking(False)
        yield sock


def heard(manager: socket.socket) -> list[str]:
    words: list[str] = []
    while True:
        try:
            words.append(manager.recv(100).decode())
        except BlockingIOError:
            return words


def environ(manager: socket.socket) -> dict[str, str]:
    return {"NOTIFY_SOCKET": manager.getsockname(), "WATCHDOG_USEC": "120000000"}


def test_it_is_fed_twice_within_its_time(manager: socket.socket):
    watchdog = Watchdog(environ=environ(manager))
    watchdog.ready()
    for second in range(121):
        watchdog.look(1000.0 + second)
    watchdog.stopping()
    assert heard(manager) == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]


def test_a_start_that_takes_long_asks_for_a_minute_more(manager: socket.socket):
    Watchdog(environ=environ(manager)).starting()
    assert heard(manager) == ["EXTEND_TIMEOUT_USEC=60000000"]


def test_it_goes_hungry_while_a_loop_stands_still(manager: socket.socket):
    turning = True
    watchdog = Watchdog(lambda: turning, environ=environ(manager))
    watchdog.look(0.0)
    turning = False
    for second in range(1, 200):
        watchdog.look(float(second))
    assert heard(manager) == ["WATCHDOG=1"]
    turning = True
    watchdog.look(200.0)
    assert heard(manager) == ["WATCHDOG=1"]


def test_without_a_manager_nothing_is_said_and_nothing_breaks(tmp_path: Path):
    for environ in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone"), "WATCHDOG_USEC": "nonsense"}):
        watchdog = Watchdog(environ=environ)
        watchdog.ready()
        watchdog.look(5.0)


def test_a_camera_that_fails_all_slot_long_is_no_loop_that_stands_still(tmp_path: Path):
    clock = FakeClock()
    services = parts_list.build(
        replace(house_settings(tmp_path), cameras={"sofa": CameraSettings()}), clock=clock
    )
    try:
        seen: list[bool] = []

        class Dead:
            name = "sofa"

            def open(self) -> None:
                clock.advance(10.0)
                seen.append(loop.is_turning())
                raise CameraFailed("Nothing comes.")

        import threading

        stop = threading.Event()
        loop = CameraLoop(Dead(), services.album, services.settings, clock=clock, stop=stop)  # type: ignore[arg-type]
        loop.fill(clock.now())
        assert len(seen) > 5
        assert all(seen)
        clock.advance(150.0)
        assert not loop.is_turning()
    finally:
        services.close()


def test_a_thread_that_ended_is_noticed(tmp_path: Path):
    services = parts_list.build(house_settings(tmp_path))
    try:
        with services.capturing() as daemon:
            assert daemon.is_turning()
        assert not daemon.is_turning()
    finally:
        services.close()


@pytest.mark.parametrize(
    ("server", "address"),
    [
        (ServerSettings(address="https://pucci.example/"), "https://pucci.example"),
        (ServerSettings(), "http://127.0.0.1:8090"),
        (ServerSettings(host="::1", port=80), "http://[::1]:80"),
    ],
)
def test_the_link_begins_with_the_address_people_type(server: ServerSettings, address: str):
    assert address_of(server) == address


def pucci(folder: Path, *words: str, code: int = 0, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pucci", "--data-dir", str(folder), *words],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PUCCI_CAMERAS_SOFA_DRIVER": "synthetic",
            **environ,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_the_owners_link_is_there_until_there_is_an_owner(tmp_path: Path):
    first, second = (pucci(tmp_path, "link").split()[-1] for _ in range(2))
    assert first != second
    services = parts_list.build(Settings(data_dir=tmp_path))
    try:
        links = services.accounts.links
        assert not links.is_open(first.rpartition("/")[2])
        assert links.is_open(second.rpartition("/")[2])
        move_in(services, ALICE)
    finally:
        services.close()
    assert "There is an owner already" in pucci(tmp_path, "link", code=7)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_root_becomes_whose_the_data_folder_is(tmp_path: Path):
    nobody = pwd.getpwnam("nobody")
    folder = tmp_path / "house"
    folder.mkdir()
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    for above in (tmp_path, *tmp_path.parents):
        if above.stat().st_mode & 0o777 == 0o700:
            above.chmod(0o755)
    pucci(folder, "snap")
    backup = tmp_path / "backup.tar"  # where nobody may write
    pucci(folder, "backup", str(backup))
    assert backup.stat().st_uid == 0
    made = list(folder.rglob("*"))
    assert len(made) > 4
    assert {path.stat().st_uid for path in made} == {nobody.pw_uid}
