"""The probes, on trees of files as the kernel writes them, on real sockets and a real database."""

import fcntl
import os
import socket
import sqlite3
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest

from pucci import damage, jpeg
from pucci.album import Album
from pucci.album.film import Kind
from pucci.cameras.survey import Attached
from pucci.clock import WaryClock
from pucci.db import Database, open_db
from pucci.doctor import camera, disk, machine, network, records, running
from pucci.doctor.examine import run
from pucci.doctor.finding import Finding, Level, fine
from pucci.errors import CameraBusy
from pucci.settings import CameraSettings, ServerSettings, Settings
from tests.cameras.attached import Machine
from tests.fakes import FakeClock
from tests.frames import frame

LIMIT_S = 10


def tree(root: Path, **files: str) -> Path:
    """Write files as /proc and /sys have them; `__` stands for a slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def test_memory_is_read_from_proc(tmp_path: Path):
    root = tree(tmp_path, proc__meminfo="MemTotal:  449000 kB\nMemFree: 9000 kB\nMemAvailable:  200000 kB\n")
    assert machine.memory(root).text == "205 MB of 460 MB free"


def test_the_processors_temperature_is_taken_and_not_the_batterys(tmp_path: Path):
    tree(
        tmp_path,
        sys__class__thermal__thermal_zone0__type="battery\n",
        sys__class__thermal__thermal_zone0__temp="90000\n",
    )
    tree(tmp_path, sys__class__thermal__thermal_zone1__temp="48312\n")
    (tmp_path / "sys/class/thermal/thermal_zone1/type").write_text("cpu-thermal\n")
    found = machine.temperature(tmp_path)
    assert found
    assert found.text == "48 °C"
    assert machine.temperature(tmp_path / "nowhere") is None


def test_a_pis_supply_is_read_from_the_firmware_or_its_sensor(tmp_path: Path):
    assert machine.supply(tmp_path) is None
    tree(
        tmp_path,
        sys__class__hwmon__hwmon1__name="rpi_volt\n",
        sys__class__hwmon__hwmon1__in0_lcrit_alarm="1\n",
    )
    assert machine.supply(tmp_path) == machine.judge_supply(0x10000)
    told = tmp_path / "sys/devices/platform/soc/soc:firmware/get_throttled"
    told.parent.mkdir(parents=True)
    told.write_text("50005\n")
    assert machine.supply(tmp_path) == machine.judge_supply(0x50005)


def test_wear_is_the_worse_of_a_cards_two_kinds_of_memory(tmp_path: Path):
    root = tree(
        tmp_path,
        sys__block__mmcblk0__device__life_time="0x02 0x0a\n",
        sys__block__mmcblk0__device__pre_eol_info="0x01\n",
    )
    (found,) = machine.wear(root)
    assert (found.name, found.text) == ("card mmcblk0", "up to 100 % of its life is used")


def test_a_disk_is_measured_and_nothing_is_left_on_it(tmp_path: Path):
    assert disk.speed(tmp_path).level in (Level.OK, Level.TODO)
    assert list(tmp_path.iterdir()) == []
    assert disk.space(tmp_path).text.endswith("GB free")


def test_a_disk_that_can_only_be_read_is_named():
    # /proc/sys of a container, /sys of a machine: file systems that refuse writing, without being root's.
    assert disk.speed(Path("/proc")).level is Level.NOTE


# -- cameras ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "had", "level", "words"),
    [
        (CameraSettings(), False, Level.TODO, "the drawn dog stands in"),
        (CameraSettings(), True, Level.TODO, "no webcam is attached"),
        (CameraSettings(driver="v4l2", device="/dev/video9"), False, Level.TODO, "there is no /dev/video9"),
        (CameraSettings(driver="synthetic"), False, Level.NOTE, "the drawn dog"),
        (CameraSettings(driver="http", device="http://x/"), False, Level.NOTE, "driver http"),
    ],
)
def test_a_camera_that_is_not_there_is_told_with_what_to_do(
    settings: CameraSettings, had: bool, level: Level, words: str
):
    found = camera.device("sofa", settings, [], had_webcam=had)
    assert found.level is level
    assert words in found.text


def test_a_camera_that_could_not_be_reset_is_said_to_be_so(tmp_path: Path):
    lab = Machine(tmp_path / "lab")
    webcam = CameraSettings(driver="v4l2", device=str(lab.plug_in(0)))
    assert camera.rescue("sofa", webcam, lab.root) is None
    node = lab.usb_port(0, 1, 3)
    assert camera.rescue("sofa", webcam, lab.root) is None
    node.unlink()
    for settings in (webcam, CameraSettings(driver="auto")):
        found = camera.rescue("sofa", settings, lab.root)
        assert found
        assert (found.name, found.level) == ("reset sofa", Level.NOTE)
        assert str(node) in found.text
    assert camera.rescue("sofa", CameraSettings(driver="fswebcam"), lab.root) is None


def test_a_camera_that_is_there_is_named_and_who_holds_it(tmp_path: Path):
    node = tmp_path / "video0"
    lab = Attached("Lab camera", "v4l2", str(node))
    found = camera.device("sofa", CameraSettings(), [lab], had_webcam=False)
    assert (found.level, found.text) == (Level.OK, f"Lab camera, at {node}")
    found = camera.device(
        "sofa", CameraSettings(), [lab], had_webcam=False, holders=lambda _: ["pucci", "cheese"]
    )
    assert (found.level, found.text) == (Level.TODO, "Lab camera is held by cheese")
    denied = Attached("Lab camera", "v4l2", str(node), problem=str(CameraBusy("Not permitted. Join video.")))
    found = camera.device("sofa", CameraSettings(), [denied], had_webcam=False)
    assert (found.level, found.todo) == (Level.TODO, "Not permitted. Join video.")


# -- what runs -------------------------------------------------------------------------------------


def test_units_are_read_as_systemctl_prints_them():
    said = (
        "pucci.service        loaded    active   running Pucci\n"
        "pucci-purge.timer    loaded    active   waiting Photos go\n"
        "pucci-purge.service  loaded    inactive dead    Photos go\n"
        "pucci-old.service    not-found inactive dead    pucci-old.service\n"
    )
    units = running.parse_units(said)
    assert units == {
        "pucci.service": "active",
        "pucci-purge.timer": "active",
        "pucci-purge.service": "inactive",
    }


def test_who_holds_the_lock_is_seen_without_touching_it(tmp_path: Path):
    lock = tmp_path / "lock"
    assert running.holder(lock, Path("/")) is None
    with lock.open("a") as file:
        assert running.holder(lock, Path("/")) is None
        fcntl.flock(file, fcntl.LOCK_EX)
        assert running.holder(lock, Path("/")) == os.getpid()


def test_a_stranger_on_the_sites_port_is_not_taken_for_it():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def greet() -> None:
            with server.accept()[0] as guest:
                guest.sendall(b"SSH-2.0-x\r\n\r\n")
                guest.recv(1000)

        thread = threading.Thread(target=greet)
        thread.start()
        found = running.site(running.Door(server.getsockname()[1]))
        thread.join(LIMIT_S)
    assert found.level is Level.NOTE


def test_where_apache_makes_the_pages_they_are_asked_of_it(tmp_path: Path):
    settings = Settings(server=ServerSettings(address="https://pucci.example"))
    assert running.door(settings, tmp_path) == running.Door(8090)
    site = tmp_path / "etc/apache2/sites-enabled/pucci.conf"
    site.parent.mkdir(parents=True)
    site.symlink_to("../sites-available/pucci.conf")
    assert running.door(settings, tmp_path) == running.Door(443, "pucci.example", secure=True, apache=True)
    assert running.door(Settings(), tmp_path) == running.Door(80, apache=True)
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    found = running.site(running.Door(free, apache=True))
    assert (found.level, "journalctl -u apache2" in found.todo) == (Level.TODO, True)


def test_the_pages_are_asked_by_their_name_whoever_signed_their_certificate(tmp_path: Path):
    asked: list[bytes] = []
    with https_server(tmp_path) as server:

        def answer() -> None:
            with server.accept()[0] as guest:
                asked.append(guest.recv(1000))
                guest.sendall(b'HTTP/1.0 503 x\r\n\r\n{"status": "late"}')

        thread = threading.Thread(target=answer)
        thread.start()
        found = running.site(running.Door(server.getsockname()[1], "pucci.example", secure=True, apache=True))
        thread.join(LIMIT_S)
    assert b"Host: pucci.example\r\n" in asked[0]
    assert (found.level, found.text.endswith(": late")) == (Level.TODO, True)


# -- the way in ------------------------------------------------------------------------------------


@contextmanager
def https_server(tmp_path: Path) -> Iterator[socket.socket]:
    """A server on loopback with a certificate of its own making, of 40 days."""
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    words += ["-days", "40", "-subj", "/CN=pucci.example", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(words, check=True, capture_output=True, timeout=60)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with (
        socket.create_server(("127.0.0.1", 0)) as plain,
        context.wrap_socket(plain, server_side=True) as server,
    ):
        yield server


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[int]:
    """A port of a server with a certificate of 40 days."""
    with https_server(tmp_path) as server:

        def serve() -> None:
            try:
                while True:
                    with server.accept()[0] as guest:
                        guest.recv(1)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)
        thread.join(LIMIT_S)


def test_a_certificates_days_are_asked_of_the_server_whoever_signed_it(certified: int):
    site = network.Site("localhost", certified, is_https=True)
    found = network.certificate(site, datetime.now(UTC) + timedelta(minutes=1))
    assert found.text.startswith("good for 39 days")
    assert network.answers(site)
    found = network.certificate(site, datetime.now(UTC) + timedelta(days=30))
    assert found.level is Level.TODO


def test_without_https_the_certificate_is_to_do():
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    found = network.certificate(network.Site("localhost", free, is_https=True), datetime.now(UTC))
    assert (found.level, found.text) == (Level.TODO, "localhost answers no HTTPS")


@pytest.mark.parametrize(
    ("answer", "address"),
    [
        (bytes([0, 128, 0, 0, 0, 0, 0, 9, 100, 64, 3, 4]), "100.64.3.4"),
        (bytes([0, 128, 0, 3, 0, 0, 0, 9, 0, 0, 0, 0]), None),
        (b"nonsense", None),
    ],
)
def test_the_router_is_asked_for_its_outer_address(answer: bytes, address: str | None, tmp_path: Path):
    route = "Iface\tDestination\tGateway\tFlags\neth0\t00000000\t0100007F\t0003\n"
    root = tree(tmp_path, proc__net__route=route)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
        router.bind(("127.0.0.1", 0))

        def reply() -> None:
            asked, who = router.recvfrom(10)
            assert asked == b"\0\0"
            router.sendto(answer, who)

        threading.Thread(target=reply, daemon=True).start()
        found = network.wan_address(root, router.getsockname()[1])
    assert (str(found) if found else None) == address


def test_a_router_that_says_nothing_takes_less_than_a_second(tmp_path: Path):
    root = tree(tmp_path, proc__net__route="Iface\tD\tG\tF\neth0\t00000000\t0100007F\t0003\n")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as router:
        router.bind(("127.0.0.1", 0))
        assert network.wan_address(root, router.getsockname()[1]) is None
    assert network.wan_address(tmp_path / "nowhere") is None


def test_what_ddclient_last_sent_of_pucci_comes_before_debians(tmp_path: Path):
    root = tree(
        tmp_path,
        **{
            "var__cache__ddclient__ddclient.cache": "ip=9.9.9.9",
            "var__cache__pucci-ddclient__cache": "ip=8.8.4.4",
        },
    )
    assert network.told_by_ddclient(root) == ip_address("8.8.4.4")


@pytest.mark.parametrize(
    ("cache", "address"),
    [
        ("## ddclient-3.10.0\natime=0,ip=9.9.9.9,mtime=1 @\n", "9.9.9.9"),
        ("atime=0,backupmx=0,ipv4=8.8.4.4,ipv6= pucci\n", "8.8.4.4"),
        ("nothing", None),
    ],
)
def test_what_ddclient_last_sent_is_in_its_cache(cache: str, address: str | None, tmp_path: Path):
    root = tree(tmp_path, **{"var__cache__ddclient__ddclient.cache": cache})
    assert network.told_by_ddclient(root) == (ip_address(address) if address else None)


def test_an_address_is_taken_apart_and_a_name_that_leads_nowhere_is_empty():
    assert network.Site.of("https://pucci.example") == network.Site("pucci.example", 443, is_https=True)
    assert network.Site.of("http://pucci.local:8090/") == network.Site("pucci.local", 8090, is_https=False)
    assert network.Site.of("") is None
    assert network.resolve("pucci.invalid") == ()
    assert ip_address("127.0.0.1") in network.resolve("localhost")


# -- records ---------------------------------------------------------------------------------------


def test_a_damaged_database_is_found(tmp_path: Path):
    path = tmp_path / "pucci.db"
    database = open_db(f"sqlite:///{path}")
    assert records.database(database).level is Level.OK
    database.close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO fact VALUES ('a', 'b'), ('c', 'd')")
        connection.execute("PRAGMA writable_schema=ON")
        connection.execute("UPDATE sqlite_master SET rootpage = 2 WHERE name = 'photo'")
    connection.close()
    database = open_db(f"sqlite:///{path}")
    assert records.database(database).level is Level.TODO
    database.close()
    assert damage.marks(path) == 1  # so that the Pucci that runs looks, too


def test_a_database_that_cannot_be_looked_at_is_not_called_damaged(tmp_path: Path):
    path = tmp_path / "pucci.db"
    database = open_db(f"sqlite:///{path}")
    database.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        found = records.database(database)
    assert (found.level, found.text) == (Level.UNKNOWN, "could not be looked at: database is locked")
    path.rename(tmp_path / "elsewhere")
    path.mkdir()
    assert "could not be looked at" in records.database(database).text
    assert damage.marks(path) == 0


def test_an_empty_album_is_fine(db: Database, tmp_path: Path, clock: FakeClock):
    album = Album(db, tmp_path, clock=clock)
    assert records.photos(album).level is Level.OK
    assert records.film(album, clock.now(), nightly=True).level is Level.NOTE
    assert not records.has_something_to_lose(album, 0)


def test_since_when_a_process_runs_is_asked_of_the_kernel():
    before = time.monotonic()
    with subprocess.Popen(["sleep", "60"]) as child:
        time.sleep(1.2)
        found = running.since_start(child.pid, Path("/"))
        lasted = time.monotonic() - before
        child.kill()
    assert found is not None
    assert 1.1 <= found <= lasted + 0.1
    assert running.since_start(child.pid, Path("/")) is None


def test_a_film_that_somebody_wanted_and_could_not_have_is_no_work_for_the_doctor(
    db: Database, tmp_path: Path, clock: FakeClock
):
    album = Album(db, tmp_path, clock=clock)
    end = clock.now()
    album.films.fail(
        album.films.want("sofa", Kind.SPAN, end - timedelta(hours=1), end), "There are no photos."
    )
    assert records.film(album, clock.now(), nightly=True).level is Level.NOTE
    clock.advance(seconds=1)
    night = album.films.want("sofa", Kind.DAY, end - timedelta(days=1), end)
    album.films.fail(night, "ffmpeg took nothing for 60 seconds")
    found = records.film(album, clock.now(), nightly=True)
    assert (found.level, found.text) == (Level.TODO, "it failed: ffmpeg took nothing for 60 seconds")


def test_a_clock_that_leapt_is_doubted_as_long_as_the_pucci_that_runs_doubts_it(
    db: Database, tmp_path: Path, clock: FakeClock
):
    def found() -> Finding:
        fresh = WaryClock(clock, seen=album.index.last_certain())
        return records.clock(fresh, album, told=False, interval_s=300)

    def take(number: int) -> None:
        taken = frame(clock.now(), number)
        album.add("sofa", taken, jpeg.judge(taken.data))

    album = Album(db, tmp_path, clock=WaryClock(clock))
    take(1)
    assert found().level is Level.OK
    clock.jump(clock.now() + timedelta(days=2))
    # The doctor has just begun, and two days are no leap for who was off: only the photo tells.
    assert found().level is Level.OK
    take(2)
    assert (found().level, "it leapt" in found().text) == (Level.TODO, True)
    clock.jump(clock.now() - timedelta(days=2))
    take(3)
    assert found().level is Level.OK
    clock.jump(clock.now() + timedelta(days=3650))
    assert "it leapt" in found().text
    clock.trusted = False
    assert "not synchronised" in found().text


# -- the round -------------------------------------------------------------------------------------


def test_a_probe_that_fails_or_hangs_says_so_and_holds_up_nothing():
    def fail() -> Finding:
        raise ZeroDivisionError("of a mistake")

    begun = time.monotonic()
    release = threading.Event()
    probes = {
        "hangs": lambda: release.wait(LIMIT_S) and None,
        "fails": fail,
        "fine": lambda: fine("fine", "it is"),
        "two": lambda: [fine("one", ""), None, fine("two", "")],
        "none": lambda: None,
    }
    found = run(probes, limit_s=0.3)
    release.set()
    assert time.monotonic() - begun < LIMIT_S / 2
    assert [(one.name, one.level) for one in found] == [
        ("hangs", Level.UNKNOWN),
        ("fails", Level.UNKNOWN),
        *((name, Level.OK) for name in ("fine", "one", "two")),
    ]
    assert "0.3 seconds" in found[0].text
    assert "of a mistake" in found[1].text
